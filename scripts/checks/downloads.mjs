/** What a browser loads, as a web server would send it, and how much it may be: a promise that nobody sees broken while working. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Bytes: 350 KB for all that a client loads but SQLite, 120 KB of script until the page is seen. */
export const LIMITS = { client: 350_000, page: 120_000 };

const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;

/** Bytes of the parts of `packages/browser-sdk/bundle`. What starts SQLite is part of the worker's code. */
export function downloads(root) {
  const sizeOfPart = (name) => gzipped(join(root, 'packages/browser-sdk/bundle', `${name}.js`));
  return {
    first: sizeOfPart('index'),
    worker: sizeOfPart('worker-code'),
    sqlite: sizeOfPart('sqlite-wasm'),
    signer: sizeOfPart('private-key-signer'),
    encoders: sizeOfPart('encoders'),
  };
}

/** Bytes of the scripts that the chat page names itself; what they load later is not among them. */
export function pageScript(root) {
  const folder = join(root, 'apps/web/dist');
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path]) => path);
  return scripts.reduce((sum, path) => sum + gzipped(join(folder, path)), 0);
}

/** Every complaint about what is larger than it may be. */
export function checkDownloads(root, limits = LIMITS) {
  const { first, worker } = downloads(root);
  const found = { client: first + worker, page: pageScript(root) };
  return Object.entries(found)
    .filter(([what, bytes]) => bytes > limits[what])
    .map(([what, bytes]) => `${what}: ${bytes} bytes gzipped, ${bytes - limits[what]} more than it may be`);
}
