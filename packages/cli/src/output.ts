/**
 * Where the commands write. Results go to stdout, as lines for people or, with `--json`, as one JSON object; progress, warnings and
 * errors go to stderr.
 */
import { toHex } from '@conclave/crypto';
import { errorColors } from './colors.js';
import { asConclaveError, sentenceOf } from './errors.js';
import { printable, printableJson, printableLine } from './terminal-text.js';

/** The two streams of a terminal, or of a test. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Work that takes longer says what it is waiting for, ms. */
const PATIENCE_MS = 1000;

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
    if (this.json) this.#streams.out(`${toJson(value)}\n`);
    else for (const line of render()) this.#streams.out(`${printableLine(line)}\n`);
  }

  /** A sentence about the way there; silent with `--json`. */
  note(sentence: string): void {
    if (!this.json) this.#streams.err(`${errorColors.dim(printable(sentence))}\n`);
  }

  /** A sentence that must be seen in either form. */
  warn(sentence: string): void {
    this.#streams.err(`${errorColors.yellow(printable(sentence))}\n`);
  }

  /** Runs `work`; when it takes more than a second, the sentence tells what is waited for. */
  async during<T>(sentence: string, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.note(sentence), PATIENCE_MS);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  /** An error: sentence and code; with `--json` an object `{ error: { code, message, retryable, details } }`. */
  error(error: unknown): void {
    const { code, message, retryable, details } = asConclaveError(error);
    if (this.json) this.#streams.err(`${toJson({ error: { code, message, retryable, details } })}\n`);
    else this.#streams.err(`${errorColors.red(printable(sentenceOf(error)))} ${errorColors.dim(`[${code}]`)}\n`);
  }
}

/** JSON on one line, harmless to print: bigint as text (they are nanoseconds, beyond what a JSON number carries), bytes as hex, maps as objects. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return each.toString();
    if (each instanceof Uint8Array) return toHex(each);
    if (each instanceof Map) return Object.fromEntries(each);
    return each;
  });
  return printableJson(json);
}
