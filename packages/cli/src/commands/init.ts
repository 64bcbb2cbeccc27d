/** `init`: makes or imports the wallet key and registers this installation. Run again, it goes on where it was stopped. */
import { existsSync } from 'node:fs';
import { equalSecretBytes, wipe } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { isNodeTrouble } from '../exit-codes.js';
import { importWalletKey } from '../keys/import-key.js';
import { type Keys, keyFilePath, writeKeyFile } from '../keys/key-file.js';
import { newPassphrase } from '../keys/new-passphrase.js';
import { requireReachable } from '../reachable.js';
import { openClient, readKeys } from '../session.js';
import { databasePath, makeHome, nodeUrl, type PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/** Options of `init`. */
export interface InitOptions extends PersonOptions {
  /** File with a private key, `-` for stdin. */
  readonly import?: string;
  /** Keep the key in the clear. */
  readonly throwAway?: boolean;
}

/** Makes or imports the wallet key and registers this installation; with a key already there it only registers. */
export async function init(options: InitOptions, world: World): Promise<void> {
  nodeUrl(options, world);
  const path = databasePath(options, world);
  const keyFile = keyFilePath(path);
  const wasThere = existsSync(keyFile);
  const keys = wasThere ? await existingKeys(options, world, keyFile) : await newKeys(options, world, keyFile);
  try {
    const { client, address } = await register(keys, options, world, keyFile);
    const { inboxId, installationId } = client;
    await client.close();
    world.output.result({ address, inboxId, installationId, db: path, keyFile, isNewKey: !wasThere }, () => [
      `${colors.bold('You are')} ${address}`,
      `  inbox         ${inboxId}`,
      `  installation  ${installationId}`,
      colors.dim(`  database      ${path}`),
      colors.dim(`  wallet key    ${keyFile}`),
      wasThere ? 'This key was here already.' : `Give your address to somebody, then: conclave chat THEIR-ADDRESS`,
    ]);
  } finally {
    wipe(keys.walletKey, keys.databaseKey);
  }
}

/** The keys that are here. @throws CliError `cli/key-exists` when another one is to be imported */
async function existingKeys(options: InitOptions, world: World, path: string): Promise<Keys> {
  const wanted = options.import === undefined ? undefined : importWalletKey(options.import);
  const keys = await readKeys(options, world);
  if (wanted !== undefined && !equalSecretBytes(wanted, keys.walletKey)) {
    throw new CliError('cli/key-exists', { path });
  }
  return keys;
}

async function newKeys(options: InitOptions, world: World, path: string): Promise<Keys> {
  const walletKey = options.import === undefined ? nodeCrypto.random(32) : importWalletKey(options.import);
  const keys = { walletKey, databaseKey: nodeCrypto.random(32) };
  const passphrase = await newPassphrase(options, world);
  makeHome(path);
  writeKeyFile(path, keys, passphrase);
  return keys;
}

async function register(keys: Keys, options: InitOptions, world: World, keyFile: string) {
  try {
    // Only a database that has been registered opens without the node.
    if (!existsSync(databasePath(options, world))) await requireReachable(nodeUrl(options, world), world.env);
    return await openClient(keys, options, world, (sentence) => world.output.warn(sentence));
  } catch (error) {
    if (isNodeTrouble(error))
      world.output.warn(`The wallet key is kept in ${keyFile}. Run "conclave init" again to register it.`);
    throw error;
  }
}
