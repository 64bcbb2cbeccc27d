/**
 * `npm run faults [-- NAME…] [--short] [--write]`: rounds of faults under load. Nothing that was acknowledged may be lost, nothing
 * may come twice or out of order on a stream, nothing may be missed. `--write` puts what was seen into the table of docs/operations/faults.md, whose
 * other rows stay.
 * Closes with `N passed, N failed`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NATS_MISSING, NATS_SERVER, POSTGRES_BIN, POSTGRES_MISSING } from '@conclave/testing/servers';
import { ROUNDS } from './faults/rounds.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGE = join(ROOT, 'docs/operations/faults.md');
const TIMES = { short: 1, whole: 8 };
const ROUND_LIMIT_MS = 10 * 60_000;
/** What must be nought. */
const NOUGHTS = ['lost', 'twice', 'outOfOrder', 'missed', 'gaps', 'unbounded'];

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => ROUNDS[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`No such round: ${unknown.join(', ')}. There are: ${Object.keys(ROUNDS).join(', ')}.\n`);
  process.exit(2);
}

const times = values.short ? TIMES.short : TIMES.whole;
const results = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(ROUNDS)) {
  const { store, what, run } = ROUNDS[name];
  const missing =
    (store === 'PostgreSQL' && POSTGRES_BIN === undefined && POSTGRES_MISSING) ||
    (name.startsWith('nats') && NATS_SERVER === undefined && NATS_MISSING);
  if (missing) {
    process.stdout.write(`${process.env.CI ? 'FAIL' : 'left out'} ${name}: ${missing}\n`);
    if (process.env.CI) results.push({ name, ok: false });
    continue;
  }
  const begun = performance.now();
  let verdict;
  try {
    verdict = await within(run(times));
  } catch (error) {
    process.stdout.write(`FAIL ${name}: ${error.message}\n`);
    results.push({ name, store, what, ok: false });
    continue;
  }
  const ok = NOUGHTS.every((field) => (verdict[field] ?? 0) === 0) && verdict.acknowledged > 0;
  results.push({ name, store, what, ok, ...verdict });
  const seconds = Math.round((performance.now() - begun) / 1000);
  process.stdout.write(`${ok ? 'ok' : 'FAIL'} ${name} on ${store} (${seconds} s): ${JSON.stringify(verdict)}\n`);
}

function within(promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('not done within ten minutes')), ROUND_LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const failed = results.filter(({ ok }) => !ok).length;
if (values.write && failed === 0) writeFileSync(PAGE, page());
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
process.exit(failed > 0 || results.length === 0 ? 1 : 0);

/** The row of a round: what was seen now, else what stands on the page; none for one that was never run. */
function rowsOf({ what, store }, written) {
  const begin = `| ${what} | ${store} |`;
  const row = results.find((result) => result.what === what && result.store === store);
  if (row === undefined) return written.filter((line) => line.startsWith(begin));
  const { acknowledged, lost, twice, outOfOrder, missed, gaps, streams, longestWaitMs, rssMiB } = row;
  const seen = [acknowledged, lost, twice, outOfOrder, missed, gaps, streams, `${longestWaitMs} ms`, `${rssMiB} MiB`];
  return [`${begin} ${seen.join(' | ')} |`];
}

function page() {
  const written = readFileSync(PAGE, 'utf8').split('\n');
  const rows = Object.values(ROUNDS).flatMap((round) => rowsOf(round, written));
  return `# Faults

<!-- Written by: npm run faults -- --write -->

Each round runs writers and readers against real nodes while something breaks, ${times} times over or more. A writer repeats the same
publish until it is acknowledged; a reader opens its stream again from the last id it has. At the end everything is read back and compared.

| fault | store | acknowledged | lost | twice | out of order or back in time | missed by a reader | gaps in the ids | streams opened | longest wait of a writer | memory of a node |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}

*Longest wait* includes the time for which the broken part was away, and starting it again on a machine of ${cpus().length} cores that also ran the
load. *Memory* is the largest of the nodes at the end of the load. The table is what \`npm run faults -- --write\` saw; \`npm run faults -- --short\` runs in CI.
Malformed bytes come from the fuzzer of [fuzz.test.ts](../../packages/node/src/edge/fuzz.test.ts), with a seed that is printed; \`node scripts/fuzz-node.mjs ROUNDS SEED\`
repeats one. A full disk of PostgreSQL is told by a trigger, since a real one needs a disk of its own.
`;
}
