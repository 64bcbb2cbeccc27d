/**
 * `npm run soak [-- --minutes N] [--store sqlite|postgres] [--write]`: a node under steady traffic for half an hour, with people who come
 * and go. At the end memory and open handles must be where they were after the warm-up, and everything acknowledged must be there, once.
 * `--write` puts what was seen into docs/operations/soak.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PostgresServer } from '@conclave/testing/servers';
import { FaultNode } from './faults/nodes.mjs';
import { Traffic } from './faults/traffic.mjs';

/** Growth that is no leak: caches that fill, a heap that has not been collected. */
const GROWTH = { rss: 1.25, rssMiB: 48, handles: 12 };
const SAMPLE_MS = 2_000;
/** Streams that are opened and left per sample. */
const VISITORS = 10;

const PAGE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs/operations/soak.md');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    store: { type: 'string', default: 'sqlite' },
    write: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const server = values.store === 'postgres' ? await PostgresServer.start() : undefined;
// Steps of retention are part of the steady state.
const limits = { pruneEveryMs: 5_000 };
const node = await FaultNode.start({ limits, ...(server && { postgres: await server.createDatabase() }) });
const traffic = new Traffic([node.address], { writers: 8 });
const samples = [{ rss: node.rssMiB(), handles: node.handles(), acknowledged: 0 }];
const end = performance.now() + minutes * 60_000;
while (performance.now() < end) {
  await traffic.visit(node.address, VISITORS);
  await pause(SAMPLE_MS);
  samples.push({ rss: node.rssMiB(), handles: node.handles(), acknowledged: traffic.acknowledged.size });
  if (samples.length % 15 === 0) {
    const { rss, handles } = samples.at(-1);
    process.stdout.write(
      `${Math.round(minutes * 60 - (end - performance.now()) / 1000)} s: ${Math.round(rss)} MiB, ${handles} handles, ${traffic.acknowledged.size} acknowledged\n`,
    );
  }
}
const third = Math.max(1, Math.floor(samples.length / 3));
const of = (part, field) => median(part.map((sample) => sample[field]));
const [early, late] = [samples.slice(third, 2 * third), samples.slice(-third)];
const verdict = await traffic.judge(node.address);
await node.remove();
await server?.stop();

const growth = {
  rssMiB: { early: of(early, 'rss'), late: of(late, 'rss') },
  handles: { early: of(early, 'handles'), late: of(late, 'handles') },
};
const failures = [];
if (growth.rssMiB.late > Math.max(growth.rssMiB.early * GROWTH.rss, growth.rssMiB.early + GROWTH.rssMiB))
  failures.push('memory grows');
if (growth.handles.late > growth.handles.early + GROWTH.handles) failures.push('handles leak');
for (const field of ['lost', 'twice', 'outOfOrder', 'missed', 'gaps']) if (verdict[field] > 0) failures.push(field);
process.stdout.write(`${JSON.stringify({ minutes, store: values.store, ...growth, ...verdict })}\n`);
if (values.write && failures.length === 0) writeFileSync(PAGE, page());
process.stdout.write(failures.length === 0 ? '1 passed, 0 failed\n' : `0 passed, 1 failed: ${failures.join(', ')}\n`);
process.exit(failures.length === 0 ? 0 : 1);

function page() {
  const at = (share) => samples[Math.round((samples.length - 1) * share)];
  const rows = [0, 0.1, 0.25, 0.5, 0.75, 1].map((share) => {
    const { rss, handles, acknowledged } = at(share);
    return `| ${Math.round(share * 100)} % | ${Math.round(rss)} MiB | ${handles} | ${acknowledged} |`;
  });
  const { rssMiB, handles } = growth;
  return `# A node under steady load

<!-- Written by: npm run soak -- --write -->

A node on ${values.store === 'postgres' ? 'PostgreSQL' : 'SQLite'} with eight writers, each of whom publishes as soon as the last message was acknowledged, their readers, and
${VISITORS} people every two seconds who open a stream and leave it; retention takes a step every five seconds. ${minutes} minutes, on a machine of
${cpus().length} cores that also ran the load.

| of the samples | resident memory | open handles | acknowledged |
| --- | ---: | ---: | ---: |
${rows.join('\n')}

Median of the second third: ${Math.round(rssMiB.early)} MiB, ${handles.early} handles; of the last: ${Math.round(rssMiB.late)} MiB, ${handles.late}. More than a quarter and
${GROWTH.rssMiB} MiB above, or ${GROWTH.handles} handles, would have been a failure. Of ${verdict.acknowledged} acknowledged messages ${verdict.lost} were lost, ${verdict.twice} came twice,
${verdict.outOfOrder} out of order, and readers missed ${verdict.missed}. CI runs two minutes of it.
`;
}
