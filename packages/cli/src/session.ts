/** One command's hold on the world: the keys, the open client, and whether the node answers. */
import { wipe } from '@conclave/crypto';
import { Client, createEOASigner } from '@conclave/node-sdk';
import { CliError } from './errors.js';
import { isNodeTrouble } from './exit-codes.js';
import { type Keys, keyFilePath, readKeyFile } from './keys/key-file.js';
import { NameBook, type Names } from './names.js';
import { requireReachable } from './reachable.js';
import { databasePath, givenPassphrase, nodeUrl, type PersonOptions } from './settings.js';
import { CLI_VERSION } from './version.js';
import type { World } from './world.js';

/** An open installation. */
export interface Session {
  readonly client: Client;
  /** Address of the wallet. */
  readonly address: string;
  readonly names: Names;
  /** False when the node did not answer the sync before the work. */
  readonly isOnline: boolean;
}

/**
 * What happens before a command's work. `first`: everything new is fetched and what waits goes out; a node that does not
 * answer ends the command. `try`: the same, but the work runs anyway. `none`: the node is not asked.
 */
export type SyncMode = 'first' | 'try' | 'none';

/**
 * Reads the keys of this database, asking for the passphrase when nothing gave it.
 * @throws CliError as readKeyFile; `cli/passphrase-needed`, `cli/cancelled`
 */
export function readKeys(options: PersonOptions, world: World): Promise<Keys> {
  return readKeyFile(keyFilePath(databasePath(options, world)), async () => {
    const given = givenPassphrase(options, world);
    if (given !== undefined) return given;
    if (!world.prompter.interactive) throw new CliError('cli/passphrase-needed');
    return world.prompter.secret('Passphrase of the wallet key');
  });
}

/**
 * Opens the client, registering this installation when it is new.
 * @param onNotice - hears that the database cannot be encrypted here; said by `init` and `doctor` alone, not by every command
 */
export async function openClient(
  keys: Keys,
  options: PersonOptions,
  world: World,
  onNotice: (sentence: string) => void = () => {},
): Promise<{ client: Client; address: string }> {
  const signer = createEOASigner(keys.walletKey);
  const apiUrl = nodeUrl(options, world);
  const client = await world.output.during(`Waiting for the node at ${apiUrl} …`, () =>
    Client.create(signer, {
      env: 'local',
      apiUrl,
      dbPath: databasePath(options, world),
      dbEncryptionKey: keys.databaseKey,
      requireEncryption: false,
      appVersion: `conclave-cli/${CLI_VERSION}`,
      onNotice,
    }),
  );
  return { client, address: signer.getIdentifier().identifier };
}

/** Runs `work` with an open session and closes it whatever happens. `--no-sync` overrules `sync`. */
export async function withSession<T>(
  options: PersonOptions,
  world: World,
  sync: SyncMode,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const keys = await readKeys(options, world);
  try {
    const { client, address } = await openClient(keys, options, world);
    try {
      const isOnline = await syncAll(client, options.sync === false ? 'none' : sync, options, world);
      return await work({ client, address, names: new NameBook(client), isOnline });
    } finally {
      await client.close();
    }
  } finally {
    wipe(keys.walletKey, keys.databaseKey);
  }
}

/** New conversations and messages come in, what an earlier command left waiting goes out. @returns whether the node answered */
async function syncAll(client: Client, sync: SyncMode, options: PersonOptions, world: World): Promise<boolean> {
  if (sync === 'none') return true;
  const url = nodeUrl(options, world);
  try {
    await world.output.during(`Waiting for the node at ${url} …`, async () => {
      await requireReachable(url, world.env);
      await client.conversations.syncAll();
    });
    return true;
  } catch (error) {
    if (sync === 'try' && isNodeTrouble(error)) return false;
    throw error;
  }
}
