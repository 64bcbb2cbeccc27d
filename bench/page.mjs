/**
 * Writes docs/performance.md from the results in `results/`, which `npm run bench -- NAME --json bench/results/NAME.json` wrote: no
 * number on that page is typed by hand. `--check` writes nothing and fails when the page is not what would be written.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bySection, figure, goalText, ratioText } from './table.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = join(dirname(HERE), 'docs/performance.md');
const DEPLOYED = 'deployed client';

const HEAD = `# Performance

<!-- Generated from bench/results: node bench/page.mjs -->

Figures of one machine on one day. Seconds say little elsewhere; a ratio says more: it stands beside a floor or beside the deployed
client, measured in the same run, and is above 1 where Conclave is the slower or larger of the two. Counts of calls and bytes hold
everywhere. \`npm run bench\` shows them on another machine; [bench/README.md](../bench/README.md) tells how they are taken.
`;

/** What stands above each suite's tables. */
const SUITES = {
  mls: {
    title: 'The MLS engine',
    text: `Beside the *floor*: the signatures, key exchanges, key derivations, hashes and AEADs that an operation cannot do without, straight on
\`node:crypto\` in sizes of the measured group, without parsing, checks or state ([bench/mls/floor.mjs](../bench/mls/floor.mjs)). Groups have
leaves as XMTP's; nothing is shared between members but the machine. *Cold* is a tree that one commit has filled with members, *warm* one
in which every node that a commit seals to is filled. A message costs the same in any group, but for one thing that the wire asks for: it is
signed over the group's context, in which XMTP lists the members.`,
    tables: (rows) => [
      ...sections(
        rows.filter(({ at }) => at === undefined),
        'floor',
        '### ',
      ),
      growthTable(rows.filter(({ at }) => at !== undefined)),
    ],
  },
  'mls-browser': {
    title: 'The MLS engine in a browser',
    text: `The same groups in a page, on the browser's provider (libsodium as WebAssembly and noble). The *floor* are the calls of that provider that an
operation cannot do without, in the same page ([bench/mls-browser/page.mjs](../bench/mls-browser/page.mjs)).`,
    tables: (rows) => sections(rows, 'floor', '### '),
  },
  client: {
    title: 'A client',
    text: `Two installations of the same SDK surface on one Conclave node in a process of its own; encrypted databases on disk, device sync off, texts of 100
characters. Beside the *deployed client* (\`@xmtp/node-sdk\`, native code), which ran the same phases in turn on the same node. Time is of a whole call,
node included; CPU is of the client process alone, all its threads. Calls and bytes (gRPC messages with their prefix) come from a second run
through a relay that counts. The deployed client fetches its own message right after sending it; Conclave's learns its place with the next sync or
stream, so that what a send saves is partly paid there.`,
    tables: clientTables,
  },
  node: {
    title: 'The node',
    text: `Nodes in processes of their own, asked over HTTP/2 by a generator on the same machine; messages of 1 kB, each on the disk before its
answer. The *store's limit* is what the database takes in batches without a node, measured before and after in the same run; the *stub* is
[bench/node/memory-stub.mjs](../bench/node/memory-stub.mjs), which keeps everything in memory and checks nothing. The *smallest call* stores and reads
nothing. CPU is of the node, all its threads.`,
    tables: (rows) => sections(rows, 'beside', '### '),
  },
  size: { title: 'Size', text: 'What an application installs.', tables: (rows) => sections(rows, DEPLOYED, '### ') },
};

const cell = (text) => text.replace(/\|/g, '\\|');
const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(head.length - 1)}`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');

/** One table a section; without the columns of a reference where no row has one. */
function sections(rows, against, level) {
  return [...bySection(rows)].map(([title, entries]) => {
    const compared = entries.some((row) => row.reference !== undefined);
    const hasGoals = entries.some((row) => row.goal !== undefined);
    // A section may stand beside something else than the rest of its suite.
    const references = new Set(entries.flatMap((row) => row.against ?? []));
    const beside = references.size === 1 ? [...references][0] : against;
    const head = ['', 'Conclave', ...(compared ? [beside, 'ratio'] : []), ...(hasGoals ? ['goal'] : [])];
    const lines = entries.map((row) => [
      row.name,
      `${figure(row.value)} ${row.unit}`,
      ...(compared ? [row.reference === undefined ? '' : `${figure(row.reference)} ${row.unit}`, ratioText(row)] : []),
      ...(hasGoals ? [goalText(row)] : []),
    ]);
    return [title === '' ? '' : `${level}${title}\n`, table(head, lines)].filter(Boolean).join('\n');
  });
}

/** Counts by the number of members. */
function growthTable(rows) {
  const sizes = [...new Set(rows.map(({ at }) => at))];
  const names = [...new Set(rows.map(({ name }) => name))];
  const lines = names.map((name) => [
    name,
    ...sizes.map((n) => figure(rows.find((row) => row.name === name && row.at === n).value)),
  ]);
  const head = ['', ...sizes.map((n) => `${n} members`)];
  return `### Growth, counted\n\nThese hold on every machine.\n\n${table(head, lines)}`;
}

/** Phases as lines, what was measured of them as columns. */
function clientTables(rows) {
  const all = bySection(rows);
  const columns = {
    time: 'Time',
    cpu: 'CPU of the client process',
    calls: 'Calls',
    up: 'Bytes up',
    down: 'Bytes down',
  };
  const find = (section, name) => all.get(section)?.find((row) => row.name === name);
  const pair = (row, digits = figure) => {
    if (row === undefined) return '';
    return row.reference === undefined ? digits(row.value) : `${digits(row.value)} (${digits(row.reference)})`;
  };
  const timed = all.get(columns.time).map(({ name }) => {
    const time = find(columns.time, name);
    const cpu = find(columns.cpu, name);
    return [name, pair(time), ratioText(time), pair(cpu), cpu === undefined ? '' : ratioText(cpu)];
  });
  const round = (value) => figure(value < 10 ? Math.round(value * 1000) / 1000 : Math.round(value));
  const counted = all
    .get(columns.calls)
    .filter(({ value, reference = 0 }) => value + reference > 0)
    .map(({ name }) => [name, ...[columns.calls, columns.up, columns.down].map((key) => pair(find(key, name), round))]);
  const rest = [...all].filter(([title]) => !Object.values(columns).includes(title)).flatMap(([, entries]) => entries);
  return [
    ...sections(rest, DEPLOYED, '### '),
    `### Time\n\nMilliseconds for one; the ${DEPLOYED}'s in brackets.\n\n${table(['', 'time', 'ratio', 'CPU', 'ratio'], timed)}`,
    `### Calls and bytes\n\nFor one; the ${DEPLOYED}'s in brackets.\n\n${table(['', 'calls', 'bytes up', 'bytes down'], counted)}`,
  ];
}

function commandOf({ bench, options }) {
  const given = Object.entries(options).flatMap(([name, value]) => {
    if (value === false || value === undefined) return [];
    return value === true ? [`--${name}`] : [`--${name} ${value}`];
  });
  return ['npm run bench --', bench, ...given].join(' ');
}

function suitePart(name, { title, text, tables }) {
  const file = join(HERE, 'results', `${name}.json`);
  if (!existsSync(file)) return [];
  const result = JSON.parse(readFileSync(file, 'utf8'));
  const { cpu, cores, memoryGiB, node, load } = result.machine;
  const where = `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}; load of the machine ${load.before} before, ${load.after} after; ${result.when.slice(0, 10)}, commit ${result.commit}.`;
  return [`## ${title}`, text, `\`${commandOf(result)}\`: ${where}`, ...tables(result.rows)];
}

const parts = [HEAD.trimEnd(), ...Object.entries(SUITES).flatMap(([name, suite]) => suitePart(name, suite))];
const page = `${parts.join('\n\n')}\n`;
if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
  if (process.argv.includes('--check')) {
    process.stderr.write('docs/performance.md is not up to date: node bench/page.mjs\n');
    process.exitCode = 1;
  } else {
    writeFileSync(PAGE, page);
    process.stderr.write('docs/performance.md written\n');
  }
}
