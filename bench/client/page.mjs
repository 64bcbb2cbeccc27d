/** The client's part of docs/performance.md: goals first, pictures, then everything that was measured. */
import { drawChart, pointsOf } from '../charts.mjs';
import { bySection, figure, goalText, isReached, ratioText } from '../table.mjs';
import { limitOf } from './limits.mjs';

const DEPLOYED = 'deployed client';
const COLUMNS = {
  cpu: 'CPU of the client process',
  time: 'Time',
  calls: 'Calls',
  up: 'Bytes up',
  down: 'Bytes down',
};

export const text = `Two installations of the same SDK surface on one Conclave node in a process of its own; encrypted databases on disk, device sync off, texts of 100
characters, one installation a member. Beside the *deployed client* (\`@xmtp/node-sdk\`, native code), which ran the same phases in turn on the same
node; its figures stand in brackets. CPU is of the client process alone, all its threads, and moves less than time when the machine does other things;
time is of a whole call, node included. Calls and bytes (gRPC messages with their prefix) come from a second run through a relay that counts. The
deployed client fetches its own message right after sending it; Conclave's learns its place with the next sync or stream, so what a send saves is partly
paid there.`;

/** Pictures by file name, as far as there is something to draw. */
export function pictures(rows) {
  const line = (section, name, shown) => {
    const { own, reference } = pointsOf(rows, section, name);
    return [
      { name: shown, own: true, points: own },
      { name: `${shown}, deployed`, own: false, points: reference },
    ].filter(({ points }) => points.length > 1);
  };
  const all = {
    'client-message.svg': {
      title: 'One message: CPU of the client',
      unit: 'ms',
      series: [
        ...line(COLUMNS.cpu, 'receive a message, catching up', 'receive'),
        ...line(COLUMNS.cpu, 'send a message', 'send'),
      ],
    },
    'client-commit.svg': {
      title: 'A change of the group: bytes that the client sends',
      unit: 'B',
      series: [...line(COLUMNS.up, 'rename', 'rename'), ...line(COLUMNS.up, 'add one member', 'add a member')],
    },
    'client-join.svg': {
      title: 'Joining a group from its welcome: CPU of the client',
      unit: 'ms',
      series: line(COLUMNS.cpu, 'join from the welcome', 'join'),
    },
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([file, chart]) => (chart.series.length === 0 ? [] : [[file, drawChart(chart)]])),
  );
}

/** Blocks of Markdown. */
export function tables(rows, drawn) {
  const sized = rows.filter(({ at }) => at !== undefined);
  const others = rows.filter(({ at }) => at === undefined);
  return [goals(rows), ...drawn.map(picture), ...bySize(sized), ...phases(others), ...values(others)].filter(Boolean);
}

const ALT = {
  'client-message.svg': 'CPU of a message against the number of members, received and sent, for both clients',
  'client-commit.svg': 'Bytes of a commit against the number of members, for both clients',
  'client-join.svg': 'CPU of joining against the number of members, for both clients',
};

const picture = (file) => `![${ALT[file]}](pictures/${file})`;

const cell = (value) => value.replace(/\|/g, '\\|');
const table = (head, lines) =>
  [
    `| ${head.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(head.length - 1)}`,
    ...lines.map((line) => `| ${line.map(cell).join(' | ')} |`),
  ].join('\n');

function nameOf({ section, name, at }) {
  const what = section === COLUMNS.cpu ? `${name}, CPU` : section === COLUMNS.time ? `${name}, time` : name;
  const counted = [COLUMNS.calls, COLUMNS.up, COLUMNS.down].includes(section)
    ? `${what}, ${section.toLowerCase()}`
    : what;
  return at === undefined ? counted : `${counted}, ${at} members`;
}

function goals(rows) {
  const aimed = rows.filter((row) => isReached(row) !== undefined);
  const head = ['', 'Conclave', DEPLOYED, 'ratio', 'goal'];
  const lines = aimed.map((row) => [
    nameOf(row),
    `${figure(row.value)} ${row.unit}`,
    row.reference === undefined ? '' : `${figure(row.reference)} ${row.unit}`,
    ratioText(row),
    goalText(row),
  ]);
  const missed = aimed.filter((row) => !isReached(row));
  const reasons = new Map();
  for (const row of missed) {
    const reason = limitOf(row) ?? 'Not explained yet.';
    if (!reasons.has(reason)) reasons.set(reason, []);
    reasons.get(reason).push(nameOf(row));
  }
  const why = [...reasons].map(([reason, names]) => `- *${names.join('; ')}*: ${reason}`);
  const what = `A goal without a unit is a ratio to the deployed client in the same run; ✗ marks those that were missed. Milliseconds that are aimed at
above 1000 members, where it is not measured, are those of a machine on which it read a message of a group of two in 0.52 ms.`;
  return [
    `### Goals\n\n${what}\n\n${table(head, lines)}`,
    ...(why.length === 0 ? [] : [`### What limits the figures that were missed\n\n${why.join('\n')}`]),
  ].join('\n\n');
}

const pair = (row, round = figure) => {
  if (row === undefined) return '';
  return row.reference === undefined ? round(row.value) : `${round(row.value)} (${round(row.reference)})`;
};
const count = (value) => figure(value < 10 ? Math.round(value * 1000) / 1000 : Math.round(value));

/** Groups: phases as lines, sizes as columns. */
function bySize(rows) {
  const sizes = [...new Set(rows.map(({ at }) => at))].sort((a, b) => a - b);
  const head = ['', ...sizes.map((size) => `${size} members`)];
  return [...bySection(rows)].map(([section, entries]) => {
    const isCount = [COLUMNS.calls, COLUMNS.up, COLUMNS.down].includes(section);
    const names = [...new Set(entries.map(({ name }) => name))];
    const lines = names.flatMap((name) => {
      const cells = sizes.map((size) => entries.find((row) => row.name === name && row.at === size));
      if (isCount && cells.every((row) => row === undefined || row.value + (row.reference ?? 0) === 0)) return [];
      return [[name, ...cells.map((row) => pair(row, isCount ? count : figure))]];
    });
    const unit = section === COLUMNS.calls ? '' : `, ${entries[0].unit}`;
    return `### Groups by size: ${section.toLowerCase().replace(/^cpu/, 'CPU')}${unit}\n\n${table(head, lines)}`;
  });
}

/** What does not depend on a size: phases as lines, what was measured of them as columns. */
function phases(rows) {
  const find = (section, name) => rows.find((row) => row.section === section && row.name === name);
  const timed = rows.filter(({ section }) => section === COLUMNS.cpu);
  if (timed.length === 0) return [];
  const lines = timed.map((cpu) => {
    const time = find(COLUMNS.time, cpu.name);
    return [
      cpu.name,
      pair(cpu),
      ratioText(cpu),
      pair(time),
      ...[COLUMNS.calls, COLUMNS.up, COLUMNS.down].map((section) => pair(find(section, cpu.name), count)),
    ];
  });
  const head = ['', 'CPU, ms', 'ratio', 'time, ms', 'calls', 'bytes up', 'bytes down'];
  return [`### Everything else\n\nFor one.\n\n${table(head, lines)}`];
}

function values(rows) {
  const rest = rows.filter(({ section }) => !Object.values(COLUMNS).includes(section));
  return [...bySection(rest)].map(([title, entries]) => {
    const lines = entries.map((row) => [
      row.name,
      `${figure(row.value)} ${row.unit}`,
      row.reference === undefined ? '' : `${figure(row.reference)} ${row.unit}`,
      ratioText(row),
    ]);
    return `### ${title}\n\n${table(['', 'Conclave', DEPLOYED, 'ratio'], lines)}`;
  });
}
