/** One command's hold on the world: the keys, the open client, and where to print. */
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, createEOASigner } from '@conclave/node-sdk';
import { CliError } from './errors.js';
import { type Keys, keyFilePath, readKeyFile } from './keys/key-file.js';
import type { Output } from './output.js';
import type { Prompter } from './prompter.js';

/** Options that every command of a person takes. */
export interface PersonOptions {
  readonly db?: string;
  readonly node?: string;
  readonly json?: boolean;
  readonly passphraseFile?: string;
}

/** The surroundings of a command: replaced as a whole by tests. */
export interface World {
  readonly output: Output;
  readonly prompter: Prompter;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An open installation and the address of its wallet. */
export interface Session {
  readonly client: Client;
  readonly address: string;
}

/** Path of the database: `--db`, `CONCLAVE_DB`, else one in the home directory. */
export function databasePath(options: PersonOptions, world: World): string {
  return options.db ?? world.env.CONCLAVE_DB ?? join(homedir(), '.conclave', 'conclave.db3');
}

/** URL of the node: `--node`, `CONCLAVE_NODE`, else the local one. */
export function nodeUrl(options: PersonOptions, world: World): string {
  return options.node ?? world.env.CONCLAVE_NODE ?? 'http://127.0.0.1:5556';
}

/** The passphrase from `--passphrase-file` or `CONCLAVE_PASSPHRASE`, or undefined when neither is given. */
export function givenPassphrase(options: PersonOptions, world: World): string | undefined {
  if (options.passphraseFile === undefined) return world.env.CONCLAVE_PASSPHRASE;
  try {
    return readFileSync(options.passphraseFile, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError('cli/usage', { option: '--passphrase-file', path: options.passphraseFile }, cause);
  }
}

/** Makes the folder of the database, readable by its owner alone. */
export function makeHome(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}

/** Reads the keys of this database, asking for the passphrase when nothing gave it. */
export function readKeys(options: PersonOptions, world: World): Promise<Keys> {
  return readKeyFile(keyFilePath(databasePath(options, world)), async () => {
    const given = givenPassphrase(options, world);
    if (given !== undefined) return given;
    if (!world.prompter.interactive) throw new CliError('cli/passphrase-needed');
    return world.prompter.secret('Passphrase: ');
  });
}

/** Opens the client, registering this installation when it is new. */
export async function openSession(keys: Keys, options: PersonOptions, world: World): Promise<Session> {
  const signer = createEOASigner(keys.walletKey);
  const client = await Client.create(signer, {
    env: 'local',
    apiUrl: nodeUrl(options, world),
    dbPath: databasePath(options, world),
    dbEncryptionKey: keys.databaseKey,
    requireEncryption: false,
    appVersion: 'conclave-cli/0.1.0',
    onNotice: (sentence) => world.output.warn(sentence),
  });
  return { client, address: signer.getIdentifier().identifier };
}

/** Runs `work` with an open session and closes it whatever happens. */
export async function withSession<T>(
  options: PersonOptions,
  world: World,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(await readKeys(options, world), options, world);
  try {
    return await work(session);
  } finally {
    await session.client.close();
  }
}
