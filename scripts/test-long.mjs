/**
 * `npm run test:long [-- FILTER…]`: the tests that have a long form, in it: those whose files ask for `CONCLAVE_LONG`. Closes as `npm test` does.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const filters = process.argv.slice(2);

const files = readdirSync(join(ROOT, 'packages'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
  .map((path) => `packages/${path}`)
  .filter((path) => readFileSync(join(ROOT, path), 'utf8').includes('process.env.CONCLAVE_LONG'))
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)));
if (files.length === 0) {
  process.stderr.write(`No test with a long form has ${filters.join(' or ')} in its path.\n`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/test.mjs'), ...files], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, CONCLAVE_LONG: '1' },
});
process.exitCode = status ?? 1;
