/** Entry of the `conclave` command: builds the program, runs it, turns errors into a sentence and an exit code. */
import { CommanderError } from 'commander';
import { exitCodeOf } from './errors.js';
import { Output } from './output.js';
import { asUsageError, buildProgram, isPlainExit } from './program.js';
import { terminalPrompter } from './prompter.js';
import type { World } from './session.js';

const streams = {
  out: (text: string): void => void process.stdout.write(text),
  err: (text: string): void => void process.stderr.write(text),
};
let output = new Output(process.argv.includes('--json'), streams);

const program = buildProgram((json): World => {
  output = new Output(json, streams);
  return { output, prompter: terminalPrompter, env: process.env };
});

try {
  await program.parseAsync();
} catch (error) {
  if (!isPlainExit(error)) {
    const shown = asUsageError(error);
    // commander has printed its own reason already; with --json the object is still owed.
    if (!(error instanceof CommanderError) || output.json) output.error(shown);
    process.exitCode = exitCodeOf(shown);
  }
}
