/**
 * `npm run fuzz [-- --rounds N] [FILTER…]`: the property tests again, each round with a seed drawn afresh. Names the
 * seeds that failed, with the command that repeats them, and closes with `N passed, N failed` (rounds).
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '10' } },
  allowPositionals: true,
});

/** Test files that hold a property: they import fast-check. */
const propertyTests = readdirSync(join(ROOT, 'packages'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => `packages/${path}`)
  .filter((path) => readFileSync(join(ROOT, path), 'utf8').includes("'fast-check'"))
  .filter((path) => positionals.length === 0 || positionals.some((part) => path.includes(part)));

function round(seed) {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot', ...propertyTests],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, CONCLAVE_SEED: String(seed) } },
  );
  return new Promise((resolve) => child.on('close', resolve));
}

const failed = [];
const rounds = Number(values.rounds);
for (let count = 1; count <= rounds; count++) {
  const seed = randomInt(1, 2 ** 31);
  process.stdout.write(`round ${count} of ${rounds}, seed ${seed}\n`);
  if ((await round(seed)) !== 0) failed.push(seed);
}
for (const seed of failed) process.stdout.write(`failing: CONCLAVE_SEED=${seed} npm test\n`);
process.stdout.write(`${rounds - failed.length} passed, ${failed.length} failed\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
