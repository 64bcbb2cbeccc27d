/**
 * `npm run bench -- NAME [--json FILE]`: runs `suites/NAME.mjs`, prints a table and writes the figures with the machine they
 * were taken on. Figures that stand beside a floor or the deployed client carry the ratio.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = dirname(fileURLToPath(import.meta.url));
const SUITES = join(HERE, 'suites');
const names = readdirSync(SUITES)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.replace(/\.mjs$/, ''));

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: HERE,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** A figure of a suite: `reference` is what it is measured against, named by `against`. */
function tableOf(rows) {
  const cells = rows.map(({ name, value, unit, reference, against }) => [
    name,
    `${format(value)} ${unit}`,
    reference === undefined ? '' : `${format(reference)} ${unit} (${against})`,
    reference === undefined ? '' : format(value / reference),
  ]);
  const all = [['figure', 'Conclave', 'reference', 'ratio'], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  '),
    )
    .join('\n');
}

const format = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(3));

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
  const [name] = positionals;
  if (!names.includes(name)) {
    process.stderr.write(`Usage: npm run bench -- NAME [--json FILE]; NAME is one of: ${names.join(', ')}.\n`);
    process.exitCode = 2;
    return;
  }
  const rows = [];
  const suite = await import(pathToFileURL(join(SUITES, `${name}.mjs`)).href);
  await suite.run((row) => rows.push(row));
  process.stdout.write(`${tableOf(rows)}\n`);
  if (values.json) {
    const result = { bench: name, when: new Date().toISOString(), commit: commit(), machine: machine(), rows };
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  }
}

await main();
