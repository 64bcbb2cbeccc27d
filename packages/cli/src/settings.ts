/** What a command is told by its options, else by the environment, else by default. The one place that reads the environment. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder } from '@conclave/sqlite/node';
import { CliError } from './errors.js';
import type { World } from './world.js';

/** Options that every command of a person takes. */
export interface PersonOptions {
  readonly db?: string;
  readonly node?: string;
  readonly json?: boolean;
  readonly passphraseFile?: string;
  /** False: what is stored here has to do; the node is not asked. */
  readonly sync?: boolean;
}

/** Where the node is that `npm start` starts. */
export const LOCAL_NODE_URL = 'http://127.0.0.1:5556';

/** Path of the database: `--db`, `CONCLAVE_DB`, else one in the home directory. */
export function databasePath(options: PersonOptions, world: World): string {
  return options.db ?? given(world.env.CONCLAVE_DB) ?? join(homedir(), '.conclave', 'conclave.db3');
}

/** URL of the node: `--node`, `CONCLAVE_NODE`, else the local one. @throws CliError `cli/usage` when it is none */
export function nodeUrl(options: PersonOptions, world: World): string {
  return httpUrl(options.node ?? given(world.env.CONCLAVE_NODE) ?? LOCAL_NODE_URL, '--node');
}

/** The text as it is when it is an http or https URL. @throws CliError `cli/usage` */
export function httpUrl(text: string, option: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw new CliError('cli/usage', { option, typed: text, expected: 'a URL such as http://127.0.0.1:5556' });
}

/**
 * The passphrase from `--passphrase-file` (without the line break at its end) or `CONCLAVE_PASSPHRASE`, or undefined when neither is given.
 * @throws CliError `cli/unreadable-file`, `cli/empty-passphrase` when the file is empty
 */
export function givenPassphrase(options: PersonOptions, world: World): string | undefined {
  const path = options.passphraseFile;
  if (path === undefined) return given(world.env.CONCLAVE_PASSPHRASE);
  let passphrase: string;
  try {
    passphrase = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError('cli/unreadable-file', { option: '--passphrase-file', path }, cause);
  }
  if (passphrase === '') throw new CliError('cli/empty-passphrase', { path });
  return passphrase;
}

/** Makes the folder of the database, readable by its owner alone. @throws CliError `cli/key-file-not-written` */
export function makeHome(path: string): void {
  try {
    makeFolder(dirname(path), { mode: 0o700 });
  } catch (cause) {
    throw new CliError('cli/key-file-not-written', { folder: dirname(path) }, cause);
  }
}

/** A variable that is set to nothing is not set. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
