/** Text on its way to a terminal: made harmless, shortened, measured, wrapped. */
import { stripVTControlCharacters } from 'node:util';

/**
 * Text from somebody else made safe for a terminal: control characters (escape sequences among them), line separators and
 * the marks that turn the direction of text become visible replacements; line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(HARMFUL, '\ufffd');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out.
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u2028-\u202e\u2066-\u2069]/g;

/** JSON with the same characters as escapes: the value is the same, and a terminal does nothing with it. */
export function printableJson(json: string): string {
  return json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As `printable`, for a line that has our own colours already; text of others in it was made harmless before it was coloured. */
export function printableLine(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what colours are made of.
  return line.replace(/(\u001b\[\d{1,2}m)|[^\u001b]+|\u001b/g, (part, color) => color ?? printable(part));
}

/** As `printable`, on one line: white space runs, line breaks among them, become one space. */
export function oneLine(text: string): string {
  return printable(text.replace(/[\s\u0085]+/g, ' ')).trim();
}

/** `0x1234…abcd` or `1234abcd…`: enough of an id to recognise it, and harmless where somebody made it up. */
export function short(given: string): string {
  const id = oneLine(given);
  return id.startsWith('0x') ? `${id.slice(0, 6)}…${id.slice(-4)}` : `${id.slice(0, 8)}…`;
}

/** Local time, `10:25` on the day of `now`, else `21 Nov 10:25`, with the year when it is another one. */
export function clock(date: Date, now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === now.toDateString()) return time;
  const day = `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })}`;
  return date.getFullYear() === now.getFullYear() ? `${day} ${time}` : `${day} ${date.getFullYear()} ${time}`;
}

const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NO_COLUMN = /\p{Mark}|\p{Cf}|\p{Variation_Selector}/u;

/** Columns that a text without escape sequences takes; close enough to cut lines by. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += NO_COLUMN.test(character) ? 0 : TWO_COLUMNS.test(character) ? 2 : 1;
  return columns;
}

/** The text cut to at most `columns`, an ellipsis at its end when something is missing. Cost: linear in `columns`. */
export function fit(text: string, columns: number): string {
  let used = 0;
  let kept = '';
  let atEllipsis = '';
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) return columns < 1 ? '' : `${atEllipsis}…`;
    kept += character;
    if (used < columns) atEllipsis = kept;
  }
  return kept;
}

/**
 * Breaks a text, colours and all, between words into lines of at most `columns`. Every line but the first, also after a line break of the
 * text itself, is set in by `indent`: a text with line breaks cannot look like a message of somebody else. Longer words are left whole.
 */
export function wrap(text: string, columns: number, indent: number): string {
  const margin = ' '.repeat(indent);
  return text
    .split('\n')
    .map((line, index) => wrapLine(index === 0 ? line : margin + line, columns, margin))
    .join('\n');
}

function wrapLine(line: string, columns: number, margin: string): string {
  let wrapped = '';
  let used = 0;
  let hasWord = false;
  // A word and the spaces before it; the spaces at which a line is broken, or ends, are dropped.
  for (const [, spaces = '', word = ''] of line.matchAll(/(\s*)(\S+)/g)) {
    const width = columnsOf(stripVTControlCharacters(word));
    if (hasWord && used + spaces.length + width > columns) {
      wrapped += `\n${margin}${word}`;
      used = margin.length + width;
    } else {
      wrapped += spaces + word;
      used += spaces.length + width;
    }
    hasWord = true;
  }
  return wrapped;
}
