/** Questions to a person at a terminal. */
import { CliError } from './errors.js';

/** Whoever can be asked. */
export interface Prompter {
  /** False when stdin is not a terminal: nothing may be asked. */
  readonly interactive: boolean;
  /** Asks for something that must not show on the screen. @throws CliError `cli/cancelled` on Control-C */
  secret(question: string): Promise<string>;
}

/** The terminal of this process; questions go to stderr, so that stdout stays clean. */
export const terminalPrompter: Prompter = {
  interactive: process.stdin.isTTY === true,
  async secret(question) {
    // Loaded when somebody is asked: most commands ask nothing.
    const { isCancel, password } = await import('@clack/prompts');
    const answer = await password({ message: question, output: process.stderr, mask: '•' });
    if (isCancel(answer)) throw new CliError('cli/cancelled');
    return answer ?? '';
  },
};
