/** A line-based terminal on which messages may arrive while somebody is typing. */
import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';

/** What the chat needs of a terminal. */
export interface ChatTerminal {
  /** Prints a line above what is being typed. */
  print(line: string): void;
  /** What stands before the cursor. */
  setPrompt(prompt: string): void;
  /** Lines as they are entered; ends on Ctrl-D, Ctrl-C or when the input ends. */
  lines(): AsyncIterable<string>;
  close(): void;
}

/** The terminal over this process's standard streams; works with a pipe as input too. */
export function openTerminal(
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stdout,
): ChatTerminal {
  const isTerminal = (output as { isTTY?: boolean }).isTTY === true;
  const readline: Interface = createInterface({ input, output, terminal: isTerminal, historySize: 200 });
  readline.on('SIGINT', () => readline.close());
  return {
    print(line) {
      if (!isTerminal) {
        output.write(`${line}\n`);
        return;
      }
      // The half-typed line is taken away, the message written, and the line put back with the cursor where it was.
      cursorTo(output, 0);
      clearLine(output, 0);
      output.write(`${line}\n`);
      readline.prompt(true);
    },
    setPrompt(prompt) {
      readline.setPrompt(isTerminal ? prompt : '');
      if (isTerminal) readline.prompt(true);
    },
    lines: () => readline,
    close: () => readline.close(),
  };
}
