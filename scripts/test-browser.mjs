/**
 * `npm run test:browser [-- NAME…]`: what is proved in a real Chromium, by packages and the chat page (`web`). A name may be narrowed to one
 * scenario of it, `web/groups`. Scenarios (`test/browser/scenarios.mjs`) run side by side, each in a process with a node and a browser of
 * its own; what one has said is printed when it has ended.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { packageNames } from './checks/files.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** A browser and its node keep about one core busy. */
const MAX_SIDE_BY_SIDE = 4;
const LIMIT_MS = 5 * 60_000;

/** Everything there is, the longest first. */
async function allJobs() {
  const jobs = [];
  for (const [folder, suite] of [['apps', 'web'], ...packageNames(ROOT).map((name) => ['packages', name])]) {
    const tests = join(ROOT, folder, suite, 'test/browser');
    const script = join(tests, 'run.mjs');
    if (!existsSync(script)) continue;
    const list = join(tests, 'scenarios.mjs');
    const scenarios = existsSync(list) ? (await import(pathToFileURL(list).href)).SCENARIOS : [];
    if (scenarios.length === 0) jobs.push({ name: suite, suite, args: [script] });
    for (const scenario of scenarios) jobs.push({ name: `${suite}/${scenario}`, suite, args: [script, scenario] });
  }
  return jobs;
}

/** Ends those that run. */
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const end of running) end();
    process.exit(1);
  });
}

/** Runs one to its end. @returns whether all of it passed */
async function run({ name, args }) {
  const begun = performance.now();
  const said = [];
  // A group of its own: nodes and browsers that a failure has left behind go with it.
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(part));
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing is left.
    }
  };
  const limit = setTimeout(() => {
    said.push(Buffer.from(`  FAIL not done within ${LIMIT_MS / 60_000} minutes\n`));
    end();
  }, LIMIT_MS);
  running.add(end);
  child.once('exit', end);
  const code = await new Promise((resolve) => child.once('error', () => resolve(1)).once('close', resolve));
  clearTimeout(limit);
  running.delete(end);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(`\n=== ${name}: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds} s\n${Buffer.concat(said)}`);
  return code === 0;
}

const wanted = process.argv.slice(2);
const jobs = await allJobs();
const unknown = wanted.filter((each) => !jobs.some(({ name, suite }) => each === name || each === suite));
if (unknown.length > 0) {
  process.stderr.write(`There is no ${unknown.join(', ')}; there are ${jobs.map(({ name }) => name).join(', ')}.\n`);
  process.exit(2);
}
const begun = performance.now();
const waiting = jobs.filter(
  ({ name, suite }) => wanted.length === 0 || wanted.includes(suite) || wanted.includes(name),
);
const failed = [];
const workUp = async () => {
  for (let job = waiting.shift(); job !== undefined; job = waiting.shift())
    if (!(await run(job))) failed.push(job.name);
};
const sideBySide = Math.min(MAX_SIDE_BY_SIDE, availableParallelism());
await Promise.all(Array.from({ length: sideBySide }, workUp));
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
process.stdout.write(
  failed.length === 0 ? `\nAll of it passed in ${seconds} s.\n` : `\nFailed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
