/**
 * People who are only there: registered installations of our own SDK that nobody opens again. They are made in one process of the Node that
 * runs it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OWN_NODE, ROOT } from './places.mjs';

const SELF = fileURLToPath(import.meta.url);
const OWN_SDK = join(ROOT, 'packages/node-sdk/bundle/index.js');

/**
 * @param {{ url: string, folder: string }} where
 * @param {number} count
 * @returns {Promise<string[]>} their inbox ids
 */
export async function populate({ url, folder }, count) {
  const child = spawn(OWN_NODE, [SELF, url, mkdtempSync(join(folder, 'population-')), String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the population ended with code ${code}`);
  return JSON.parse(output);
}

if (process.argv[1] === SELF) {
  const [url, folder, count] = process.argv.slice(2);
  const { Client, createEOASigner } = await import(pathToFileURL(OWN_SDK).href);
  const inboxIds = [];
  let next = 0;
  const lane = async () => {
    while (next < Number(count)) {
      const options = { env: 'local', apiUrl: url, disableDeviceSync: true, dbPath: join(folder, `${next++}.db3`) };
      const key = { dbEncryptionKey: crypto.getRandomValues(new Uint8Array(32)) };
      const client = await Client.create(createEOASigner(), { ...options, ...key });
      inboxIds.push(client.inboxId);
      await client.close();
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  process.stdout.write(JSON.stringify(inboxIds));
}
