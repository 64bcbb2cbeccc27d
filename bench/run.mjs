/**
 * `npm run bench -- NAME [--json FILE]`: runs `suites/NAME.mjs`, prints a table and writes the figures with the machine they
 * were taken on. Figures that stand beside a floor or the deployed client carry the ratio.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { tableOf } from './table.mjs';

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
    openssl: process.versions.openssl,
  };
}

/** Processes that run or want to, over the last minute: well above the number of cores, what was measured had to wait. */
const load = () => Math.round((loadavg()[0] ?? 0) * 10) / 10;

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

function usage(reason) {
  process.stderr.write(
    `${reason}\nUsage: npm run bench -- NAME [--json FILE] [options of the suite]; NAME is one of: ${names.join(', ')}.\n`,
  );
  process.exitCode = 2;
}

async function main() {
  const [name, ...rest] = process.argv.slice(2);
  if (!names.includes(name)) return usage(name === undefined ? 'Which suite?' : `There is no suite ${name}.`);
  const suite = await import(pathToFileURL(join(SUITES, `${name}.mjs`)).href);
  let values;
  try {
    ({ values } = parseArgs({ args: rest, options: { json: { type: 'string' }, ...suite.options } }));
  } catch (error) {
    return usage(error.message);
  }
  const { json, ...given } = values;
  // Folders of this machine say nothing elsewhere.
  const told = Object.fromEntries(Object.entries(given).filter(([option]) => !suite.folders?.includes(option)));
  const loadBefore = load();
  const described = {
    bench: name,
    options: told,
    when: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
  };
  const rows = [];
  await suite.run((row) => rows.push(row), given);
  described.machine.load = { before: loadBefore, after: load() };
  process.stdout.write(`${tableOf(rows)}\n`);
  if (json) writeFileSync(json, `${JSON.stringify({ ...described, rows }, null, 2)}\n`);
}

await main();
