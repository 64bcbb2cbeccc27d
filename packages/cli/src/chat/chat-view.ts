/** Shows what happens in a chat on its terminal: lines for people, or one JSON object a line. */
import { colors } from '../colors.js';
import { asConclaveError, sentenceOf } from '../errors.js';
import { toJson } from '../output.js';
import { printable, printableLine, wrap } from '../terminal-text.js';
import type { ChatEvent, ChatView } from './chat-context.js';
import type { ChatTerminal } from './terminal.js';

/** Columns by which what does not fit on a line is set in. */
const HANGING = 2;

/** The view over a terminal. */
export class TerminalView implements ChatView {
  readonly #terminal: ChatTerminal;
  readonly #json: boolean;

  constructor(terminal: ChatTerminal, json: boolean) {
    this.#terminal = terminal;
    this.#json = json;
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  show(event: ChatEvent, render: () => readonly string[]): void {
    if (this.#json) this.#terminal.print(toJson(event));
    else for (const line of render()) this.#terminal.print(this.#fitted(printableLine(line)));
  }

  notice(sentence: string): void {
    this.show({ event: 'notice', text: sentence }, () => [colors.dim(`· ${sentence}`)]);
  }

  error(error: unknown): void {
    const { code, message, retryable, details } = asConclaveError(error);
    this.show({ event: 'error', error: { code, message, retryable, details } }, () => [
      `${colors.red(printable(sentenceOf(error)))} ${colors.dim(`[${code}]`)}`,
    ]);
  }

  /** What has lines of its own has been wrapped by whoever made it. */
  #fitted(line: string): string {
    return line.includes('\n') ? line : wrap(line, this.columns, HANGING);
  }
}
