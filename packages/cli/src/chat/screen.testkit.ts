/**
 * A screen that understands what readline and the chat write: text with wrapping, line feeds, cursor movement, erasing. Colours are dropped;
 * anything else is a failure of the test. Source: ECMA-48 (CUU, CUD, CUF, CUB, CHA, ED, EL, SGR).
 */
import { PassThrough, Writable } from 'node:stream';

const ESC = '\u001b[';
/** A control with its arguments, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the one that controls begin with.
const OUTPUT = /\u001b\[([0-9;]*)([A-Za-z])|([\s\S])/gu;

export class TestScreen extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** The last column was written: the next character goes to the next row, as on real terminals. */
  #isFull = false;

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  /** What is to be seen, without empty rows at the end. */
  get text(): string {
    return this.#rows
      .map((row) => row.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Row and column of the cursor, from 0. */
  get cursor(): { row: number; column: number } {
    return { row: this.#row, column: this.#column };
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    const parts = chunk.toString().matchAll(OUTPUT);
    for (const [, args, command, character] of parts) {
      if (command !== undefined) this.#control(command, args ?? '');
      else this.#put(character as string);
    }
    done();
  }

  #put(character: string): void {
    if (character === '\r') this.#moveTo(this.#row, 0);
    else if (character === '\n') this.#moveTo(this.#row + 1, 0);
    else if (character === '\u001b') throw new TypeError('an escape sequence that this screen does not know');
    else {
      if (this.#isFull) this.#moveTo(this.#row + 1, 0);
      const row = this.#rows[this.#row] as string[];
      while (row.length < this.#column) row.push(' ');
      row[this.#column] = character;
      this.#isFull = this.#column === this.columns - 1;
      if (!this.#isFull) this.#column += 1;
    }
  }

  #control(command: string, args: string): void {
    const controls: Readonly<Record<string, (count: number) => void>> = {
      A: (count) => this.#moveTo(Math.max(0, this.#row - count), this.#column),
      B: (count) => this.#moveTo(this.#row + count, this.#column),
      C: (count) => this.#moveTo(this.#row, Math.min(this.columns - 1, this.#column + count)),
      D: (count) => this.#moveTo(this.#row, Math.max(0, this.#column - count)),
      G: (count) => this.#moveTo(this.#row, count - 1),
      J: () => {
        this.#rows.length = this.#row + 1;
        this.#eraseFrom(this.#column);
      },
      K: () => this.#eraseFrom(args === '2' ? 0 : this.#column),
      m: () => {},
    };
    const control = controls[command];
    if (control === undefined) throw new TypeError(`a control that this screen does not know: ${args}${command}`);
    control(args === '' ? 1 : Number(args));
  }

  #eraseFrom(column: number): void {
    (this.#rows[this.#row] as string[]).splice(column);
  }

  #moveTo(row: number, column: number): void {
    while (this.#rows.length <= row) this.#rows.push([]);
    this.#row = row;
    this.#column = column;
    this.#isFull = false;
  }
}

/** A keyboard: what is written arrives as if typed; without delay between keys it arrives as if pasted. */
export class TestKeyboard extends PassThrough {
  readonly isTTY = true;

  /** readline asks for it; there is nothing to switch. */
  setRawMode(): this {
    return this;
  }

  /** One key after the other, each on its own. */
  async type(text: string): Promise<void> {
    for (const key of text) await this.paste(key);
  }

  /** All at once. Resolves when readline has seen it. */
  async paste(text: string): Promise<void> {
    this.write(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Control keys. */
export const KEYS = {
  controlC: '\u0003',
  controlD: '\u0004',
  controlA: '\u0001',
  tab: '\t',
  left: `${ESC}D`,
} as const;
