/** Runs a part of the bench with one client, in a process of its own. */
import { fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@conclave/sqlite/node';
import { PEER_NODE, PEER_SDK, ROOT } from '../../interop/peer/places.mjs';

const DRIVE = join(dirname(fileURLToPath(import.meta.url)), 'drive.mjs');
const TIME_LIMIT_MS = 10 * 60_000;
const MAX_COMPLAINTS = 4000;

/** Conclave's SDK, as it is published. */
export const OWN = {
  name: 'Conclave',
  module: join(ROOT, 'packages/node-sdk/bundle/index.js'),
  execPath: process.execPath,
};

/** The deployed client (`npm run interop:setup`). */
export const DEPLOYED = { name: 'deployed client', module: PEER_SDK, execPath: PEER_NODE };

/**
 * Runs one driver to its end.
 * @param settings - `part` and what it takes
 * @param relay - with `counted`: what is asked for the counts
 * @returns what it told
 */
export function drive({ name, module, execPath }, settings, { relay, profile } = {}) {
  return new Promise((resolve, reject) => {
    const told = [];
    const child = fork(DRIVE, [module], {
      execPath,
      execArgv: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.send({ ...settings, own: OWN.module });
    // The deployed client's database warns about every file that it opens: shown only when the run fails.
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      complaints = (complaints + text).slice(-MAX_COMPLAINTS);
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), TIME_LIMIT_MS);
    child.on('message', (message) => {
      if (message.type === 'count') child.send(relay.take());
      else if (message.type === 'settle') child.send(settledBytes(message));
      else told.push(message);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      if (code === 0) resolve(told);
      else {
        const after = told.at(-1)?.name ?? 'nothing';
        reject(new Error(`${name} ended with code ${code} in ${settings.part}, after ${after}\n${complaints}`));
      }
    });
  });
}

/** Bytes of a database once its write-ahead log is in the main file. The deployed client may have it open. */
function settledBytes({ path, key }) {
  const db = openDatabase({ path, key: Uint8Array.from(key) });
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const pages = db.prepare('PRAGMA page_count').get().page_count;
    return Number(pages) * Number(db.prepare('PRAGMA page_size').get().page_size);
  } finally {
    db.close();
  }
}
