export { CLI_ERRORS, CliError, type CliErrorCode, codeOf, exitCodeOf } from './errors.js';
export { buildProgram } from './program.js';
