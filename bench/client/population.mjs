/**
 * A node's data with registered people in it, made once and kept in a folder: every run copies it, so that no run sees what an earlier one
 * left. Only their key packages and identity logs are there; Conclave's SDK registered them, for whichever client invites them.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeProcess } from '../node-process.mjs';

const CHUNK = { single: 250, several: 25 };
/** Installations of a person who has several: as many as an inbox may have. */
export const INSTALLATIONS = 10;
/** Key packages are valid for 84 days. */
const LIFETIME_MS = 60 * 24 * 3600 * 1000;

/**
 * @param folder - where it is kept
 * @param register - `(url, installations[]) => Promise<inboxId[]>`: registers a person for each number
 * @param wanted - `{ single, several }`: how many people with one installation, and how many with `INSTALLATIONS`
 */
export async function preparePopulation(folder, register, wanted) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'people.json');
  let people = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { madeAtMs: Date.now(), single: [], several: [] };
  if (Date.now() - people.madeAtMs > LIFETIME_MS) {
    rmSync(join(folder, 'node'), { recursive: true, force: true });
    people = { madeAtMs: Date.now(), single: [], several: [] };
  }
  const missing = (kind) => wanted[kind] - people[kind].length;
  if (missing('single') <= 0 && missing('several') <= 0) return people;
  const node = await startNodeProcess({ data: join(folder, 'node') });
  try {
    for (const kind of ['single', 'several']) {
      while (missing(kind) > 0) {
        const count = Math.min(CHUNK[kind], missing(kind));
        const installations = new Array(count).fill(kind === 'single' ? 1 : INSTALLATIONS);
        people[kind].push(...(await register(node.url, installations)));
        writeFileSync(file, JSON.stringify(people));
        process.stderr.write(`registered ${people[kind].length} of ${wanted[kind]} people (${kind})\n`);
      }
    }
  } finally {
    await node.stop();
  }
  return people;
}

/** A node on a copy of the prepared data, which goes when it stops. */
export async function startPopulatedNode(folder) {
  const data = mkdtempSync(join(tmpdir(), 'conclave-bench-node-'));
  if (existsSync(join(folder, 'node'))) cpSync(join(folder, 'node'), data, { recursive: true });
  const node = await startNodeProcess({ data });
  return {
    ...node,
    async stop() {
      await node.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
