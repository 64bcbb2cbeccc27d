/** The deployed client, opened on a node with a database of its own. Only a Node that loads its binding can import this. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PEER_SDK } from './places.mjs';
import { within } from './waiting.mjs';
import { newWallet } from './wallet.mjs';

/** The SDK of the deployed client, as a module. */
export const sdk = await import(pathToFileURL(PEER_SDK).href);

let databases = 0;

/**
 * A registered client.
 * @param {{ url: string, folder: string, wallet?: ReturnType<typeof newWallet>, options?: object }} where
 *   `folder` takes its database; `options` go to the SDK last
 */
export async function newRealClient({ url, folder, wallet = newWallet(), options = {} }) {
  const clientOptions = {
    env: 'local',
    apiUrl: url,
    disableDeviceSync: true,
    dbPath: join(folder, `real-${++databases}.db3`),
    dbEncryptionKey: Uint8Array.from(randomBytes(32)),
    ...options,
  };
  const client = await within('Client.create of the deployed client', sdk.Client.create(wallet.signer, clientOptions));
  return { client, wallet, options: clientOptions };
}

/** A short wait before a cut stream is opened again; the default of the deployed client is a minute. */
export const EAGER_STREAM = { retryDelay: 200, retryAttempts: 100 };
