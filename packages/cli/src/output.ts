/**
 * Where the commands write. Results go to stdout, as lines for people or, with `--json`, as one JSON object (streams: one a line);
 * progress, warnings and errors go to stderr.
 */
import { ConclaveError } from '@conclave/crypto';
import colors from 'picocolors';
import { codeOf } from './errors.js';

/** The two streams of a terminal, or of a test. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Prints results in the form that the caller asked for. */
export class Output {
  readonly json: boolean;
  readonly #streams: Streams;

  constructor(json: boolean, streams: Streams) {
    this.json = json;
    this.#streams = streams;
  }

  /** One result: `value` with `--json`, else the lines that `render` makes. */
  result(value: unknown, render: () => readonly string[]): void {
    if (this.json) this.#streams.out(`${JSON.stringify(value, jsonValue)}\n`);
    else for (const line of render()) this.#streams.out(`${line}\n`);
  }

  /** A sentence about the way there; silent with `--json`. */
  note(sentence: string): void {
    if (!this.json) this.#streams.err(`${colors.dim(sentence)}\n`);
  }

  /** A sentence that must be seen in either form. */
  warn(sentence: string): void {
    this.#streams.err(`${colors.yellow(sentence)}\n`);
  }

  /** An error: sentence and code; with `--json` an object `{ error: { code, message, retryable } }`. */
  error(error: unknown): void {
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    const retryable = error instanceof ConclaveError && error.retryable;
    if (this.json) this.#streams.err(`${JSON.stringify({ error: { code, message, retryable } })}\n`);
    else this.#streams.err(`${colors.red(printable(message))} ${colors.dim(`[${code}]`)}\n`);
  }
}

/** bigint as text (they are nanoseconds, beyond what a JSON number carries), bytes as hex, maps as objects. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

/**
 * Text from somebody else made safe for a terminal: control characters (escape sequences among them) and the marks that
 * turn the direction of text become visible replacements; line breaks and tabs stay.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to take out.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** `0x1234…abcd` or `1234abcd…`: enough of an id to recognise it. */
export function short(id: string): string {
  return id.startsWith('0x') ? `${id.slice(0, 6)}…${id.slice(-4)}` : `${id.slice(0, 8)}…`;
}

/** Local time of a message, `21 Nov 10:25`. */
export function clock(date: Date): string {
  const month = date.toLocaleString('en', { month: 'short' });
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getDate())} ${month} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
