/** Text of somebody else on its way to a log. */

/** Longest that is told, characters. */
const MAX_LENGTH = 300;

/** The text on one line: control characters, line breaks and marks that turn the direction of text become visible replacements; a long one is cut. */
export function logText(text: string): string {
  const told = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out.
  return told.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}
