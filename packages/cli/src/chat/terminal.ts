/**
 * A line-based terminal on which messages arrive while somebody is typing.
 *
 * On a screen, the line being typed stays at the bottom: what is printed goes above it, and an entered line is taken away, since what
 * came of it (the message, the answer to a command) is printed. Without a screen, as with pipes, lines go in and out as they are.
 */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import { LineQueue } from './line-queue.js';

/** What the chat needs of a terminal. */
export interface ChatTerminal {
  /** Columns of the screen; infinite where there is none. */
  readonly columns: number;
  /** Prints above what is being typed. */
  print(text: string): void;
  /** Shows an entered command as it was typed; only on a screen, where the line has been taken away. */
  echo(line: string): void;
  /** What stands before the cursor. */
  setPrompt(prompt: string): void;
  /** Lines as they are entered. Ends with Control-D, with Control-C on an empty line (else it clears the line) or with the input. */
  lines(): AsyncIterable<string>;
  close(): void;
}

/** The streams a terminal is made of; those of this process unless told otherwise. */
export interface TerminalStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** How a terminal behaves. */
export interface TerminalOptions {
  /** False treats a screen like a pipe. Default: what the output is; a terminal that calls itself dumb cannot move its cursor. */
  readonly isScreen?: boolean;
  /** Completions of what is typed, for the Tab key. */
  readonly complete?: (line: string) => string[];
}

/** Opens the terminal; `close` gives the streams back. */
export function openTerminal(
  { input, output }: TerminalStreams = { input: process.stdin, output: process.stdout },
  options: TerminalOptions = {},
): ChatTerminal {
  const isScreen = options.isScreen ?? (output.isTTY === true && process.env.TERM !== 'dumb');
  return isScreen ? new Screen(input, output, options.complete) : new Pipe(input, output);
}

class Pipe implements ChatTerminal {
  readonly columns = Number.POSITIVE_INFINITY;
  readonly #output: NodeJS.WritableStream;
  readonly #readline: Interface;
  readonly #lines = new LineQueue();

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream) {
    this.#output = output;
    this.#readline = createInterface({ input, terminal: false });
    this.#readline.on('line', (line) => this.#lines.push(line));
    this.#readline.on('close', () => this.#lines.end());
  }

  print(text: string): void {
    this.#output.write(`${text}\n`);
  }

  echo(): void {}

  setPrompt(): void {}

  lines(): AsyncIterable<string> {
    return this.#lines;
  }

  close(): void {
    this.#readline.close();
  }
}

/** Rows between the beginning of the line and the cursor when readline drew it last; after a paste it is not what is on the screen. */
type DrawnInterface = Interface & { readonly prevRows?: number };

class Screen implements ChatTerminal {
  readonly #output: TerminalStreams['output'];
  readonly #readline: DrawnInterface;
  readonly #lines = new LineQueue();
  #isOpen = true;
  /** Rows of the line that was just entered, below its first one. */
  #enteredRows = 0;

  constructor(input: NodeJS.ReadableStream, output: TerminalStreams['output'], complete?: (line: string) => string[]) {
    this.#output = output;
    this.#readline = createInterface({
      input,
      output,
      terminal: true,
      historySize: 200,
      prompt: '',
      ...(complete === undefined ? {} : { completer: (line: string) => [complete(line), line] }),
    });
    // Before readline's own listener: afterwards nobody knows how many rows the line took.
    input.prependListener('keypress', (_text: string | undefined, key: { readonly name?: string } | undefined) => {
      if (key?.name !== 'return' && key?.name !== 'enter') return;
      this.#readline.write(null, { ctrl: true, name: 'e' });
      this.#enteredRows = this.#readline.getCursorPos().rows;
    });
    this.#readline.on('line', (line) => this.#entered(line));
    this.#readline.on('SIGINT', () => this.#interrupted());
    this.#readline.on('close', () => {
      this.#isOpen = false;
      // The prompt would stay in front of the shell's.
      cursorTo(this.#output, 0);
      clearScreenDown(this.#output);
      this.#lines.end();
    });
  }

  get columns(): number {
    return this.#output.columns ?? 80;
  }

  print(text: string): void {
    if (!this.#isOpen) {
      this.#output.write(`${text}\n`);
      return;
    }
    const { rows } = this.#readline.getCursorPos();
    cursorTo(this.#output, 0);
    moveCursor(this.#output, 0, -rows);
    clearScreenDown(this.#output);
    // readline draws its line again that far above the cursor, where it believes that the line begins: leave it that room.
    this.#output.write(`${text}\n${'\n'.repeat(this.#readline.prevRows ?? rows)}`);
    this.#readline.prompt(true);
  }

  echo(line: string): void {
    this.print(`${this.#readline.getPrompt()}${line}`);
  }

  setPrompt(prompt: string): void {
    this.#readline.setPrompt(prompt);
    if (this.#isOpen) this.#readline.prompt(true);
  }

  lines(): AsyncIterable<string> {
    return this.#lines;
  }

  close(): void {
    this.#readline.close();
  }

  #entered(line: string): void {
    moveCursor(this.#output, 0, -(this.#enteredRows + 1));
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    this.#readline.prompt();
    this.#lines.push(line);
  }

  #interrupted(): void {
    if (this.#readline.line === '') {
      this.close();
      return;
    }
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
  }
}
