/** Entry of the `conclave` command: builds the program, runs it, turns errors into a sentence and an exit code. */
import { CommanderError } from 'commander';
import { exitCodeOf } from './exit-codes.js';
import { Output } from './output.js';
import { asUsageError, buildProgram, isPlainExit } from './program.js';
import { terminalPrompter } from './prompter.js';

const streams = {
  out: (text: string): void => void process.stdout.write(text),
  err: (text: string): void => void process.stderr.write(text),
};
// A reader that has seen enough (`conclave messages … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const json = process.argv.includes('--json');
const output = new Output(json, streams);
const program = buildProgram({
  worldOf: (asJson) => ({ output: new Output(asJson, streams), prompter: terminalPrompter, env: process.env }),
  json,
});

try {
  await program.parseAsync();
} catch (error) {
  if (!isPlainExit(error)) {
    const shown = asUsageError(error);
    // commander has printed its own reason already; with --json the object is still owed.
    if (!(error instanceof CommanderError) || json) output.error(shown);
    process.exitCode = exitCodeOf(shown);
  }
}
