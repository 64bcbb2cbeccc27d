/**
 * Writes docs/performance.md from the results in `results/`, which `npm run bench -- NAME --json bench/results/NAME.json` wrote: no
 * number on that page is typed by hand. `--check` writes nothing and fails when the page is not what would be written.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as client from './client/page.mjs';
import { bySection, figure, goalText, ratioText } from './table.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const RESULTS = join(HERE, 'results');
const PART = /^(client|mls|mls-browser|node)-([a-z0-9-]+)\.json$/;
const PAGE = join(ROOT, 'docs/performance.md');
const PICTURES = join(ROOT, 'docs/pictures');
/** Files to write: path and content. */
const outputs = [];
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
operation cannot do without: the same list as above, in the same page ([bench/mls-browser/primitives.mjs](../bench/mls-browser/primitives.mjs)).`,
    tables: (rows) => sections(rows, 'floor', '### '),
  },
  client: { title: 'A client', text: client.text, tables: client.tables, pictures: client.pictures },
  node: {
    title: 'The node',
    text: `Nodes in processes of their own, asked over HTTP/2 by a generator on the same machine; messages of 1 kB, each on the disk before its
answer. The *store's limit* is what the database takes in batches without a node, measured before and after in the same run; the *stub* is
[bench/node/memory-stub.mjs](../bench/node/memory-stub.mjs), which keeps everything in memory and checks nothing. The *smallest call* stores and reads
nothing. CPU is of the node, all its threads.`,
    tables: (rows) => sections(rows, 'beside', '### '),
  },
  browser: {
    title: 'The SDK in a browser',
    text: `Two contexts of a headless Chromium with the SDK in a worker, on the web port of one node. Beside the *deployed client* for browsers
(\`@xmtp/browser-sdk\`, WebAssembly) in the same Chromium.`,
    tables: (rows) => sections(rows, DEPLOYED, '### '),
  },
  'chat-page': {
    title: 'The chat page',
    text: `The page in a headless Chromium, from a node on the same machine. A task above 32 ms is one in Chromium's trace of scrolling a conversation
from its end to its beginning, by the wheel.`,
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

function commandOf({ bench, options }) {
  const given = Object.entries(options).flatMap(([name, value]) => {
    if (value === false || value === undefined) return [];
    return value === true ? [`--${name}`] : [`--${name} ${value}`];
  });
  return ['npm run bench --', bench, ...given].join(' ');
}

/** A suite's results: `NAME.json`, and `NAME-PART.json` of a suite that was run in parts; a later file replaces what an earlier one has. */
function resultsOf(name) {
  const isPart = (file) => PART.exec(file)?.[1] === name && SUITES[file.replace('.json', '')] === undefined;
  const files = readdirSync(RESULTS).filter((file) => file === `${name}.json` || isPart(file));
  return files.sort().map((file) => JSON.parse(readFileSync(join(RESULTS, file), 'utf8')));
}

function whereOf(result) {
  const { cpu, cores, memoryGiB, node, load } = result.machine;
  return `\`${commandOf(result)}\`: ${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}; load of the machine ${load.before} before, ${load.after} after; ${result.when.slice(0, 10)}, commit ${result.commit}.`;
}

/** What is to be said of a suite's figures: why a goal is missed, for example. Written by hand, without figures of its own. */
function notesOf(name) {
  const file = join(HERE, 'results', `${name}.notes.md`);
  return existsSync(file) ? [readFileSync(file, 'utf8').trim()] : [];
}

function suitePart(name, { title, text, tables, pictures }) {
  const results = resultsOf(name);
  if (results.length === 0) return [];
  const named = results.flatMap(({ rows }) =>
    rows.map((row) => [JSON.stringify([row.section, row.name, row.at]), row]),
  );
  const rows = [...new Map(named).values()];
  const drawn = Object.entries(pictures?.(rows) ?? {});
  for (const [file, svg] of drawn) outputs.push([join(PICTURES, file), svg]);
  const where = results.length === 1 ? whereOf(results[0]) : results.map((result) => `- ${whereOf(result)}`).join('\n');
  const shown = drawn.map(([file]) => file);
  return [`## ${title}`, text, where, ...tables(rows, shown), ...notesOf(name)];
}

const parts = [HEAD.trimEnd(), ...Object.entries(SUITES).flatMap(([name, suite]) => suitePart(name, suite))];
const page = `${parts.join('\n\n')}\n`;
outputs.push([PAGE, page]);
for (const [file, content] of outputs) {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  const shown = relative(ROOT, file);
  if (process.argv.includes('--check')) {
    process.stderr.write(`${shown} is not up to date: node bench/page.mjs\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, content);
    process.stderr.write(`${shown} written\n`);
  }
}
