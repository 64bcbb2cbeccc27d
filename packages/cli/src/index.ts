/**
 * The `conclave` command as a program that can be run inside another one, and the codes that scripts rely on.
 *
 * ```ts
 * import { buildProgram } from '@conclave/cli';
 * buildProgram({ worldOf, json: false }).parseAsync(['node', 'conclave', 'whoami']);
 * ```
 */
export { CLI_ERRORS, CliError, type CliErrorCode } from './errors.js';
export { EXIT, exitCodeOf } from './exit-codes.js';
export { Output, type Streams } from './output.js';
export { buildProgram, type ProgramSetup } from './program.js';
export type { Prompter } from './prompter.js';
export type { World } from './world.js';
