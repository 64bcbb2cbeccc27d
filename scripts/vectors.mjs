/**
 * `npm run test:vectors -- FOLDER`: all test vectors of the MLS working group from a given folder (a checkout of
 * github.com/mlswg/mls-implementations has them in `test-vectors`), which carry no licence and are not in this
 * repository. Ends with the number of cases that ran, per file and cipher suite.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = 'working group';

function cell(count) {
  return String(count ?? '').padStart(8);
}

/** @param lines - `{ source, file, suite, count }` as `vectors.testkit.ts` notes them */
function tableOf(lines) {
  const ran = lines.filter(({ source }) => source === SOURCE);
  const files = [...new Set(ran.map(({ file }) => file))].sort();
  const countOf = (file, suite) => ran.find((line) => line.file === file && line.suite === suite)?.count;
  const total = (suite) => ran.filter((line) => line.suite === suite).reduce((sum, { count }) => sum + count, 0);
  const columns = [1, 3, null];
  const row = (name, counts) => `${name.padEnd(32)}${counts.map(cell).join('')}`;
  return [
    row('cases', ['suite 1', 'suite 3', 'any']),
    ...files.map((file) =>
      row(
        file,
        columns.map((suite) => countOf(file, suite)),
      ),
    ),
    row('all', columns.map(total)),
  ].join('\n');
}

const [given] = process.argv.slice(2);
if (given === undefined || !existsSync(given)) {
  process.stderr.write('Which folder? npm run test:vectors -- ../mls-implementations/test-vectors\n');
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'conclave-vectors-'));
const counts = join(scratch, 'counts');
const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/test.mjs'), 'packages/mls/test/vectors'], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, CONCLAVE_MLS_VECTORS: resolve(given), CONCLAVE_MLS_VECTOR_COUNTS: counts },
});
const lines = existsSync(counts) ? readFileSync(counts, 'utf8').trim().split('\n').map(JSON.parse) : [];
rmSync(scratch, { recursive: true });
process.stdout.write(`\n${tableOf(lines)}\n`);
process.exitCode = status ?? 1;
