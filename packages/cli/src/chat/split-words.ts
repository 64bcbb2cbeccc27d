/** The words of a `/` command. */

/**
 * Splits at spaces; double quotes, plain or typographic, keep words together. A quote that is not closed goes to the end of the line.
 */
export function splitWords(text: string): string[] {
  return [...text.matchAll(/["“”]([^"“”]*)(?:["“”]|$)|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));
}
