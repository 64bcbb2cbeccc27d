/** What applications hear of where they take no notices. */

/** Where notices go that nobody takes: the original's channel. */
export function warnOnConsole(sentence: string): void {
  // biome-ignore lint/suspicious/noConsole: applications watch console.warn for these
  console.warn(sentence);
}
