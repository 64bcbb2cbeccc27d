/**
 * `npm test [-- FILTER…]`: every test of every package, closed by one line `N passed, N failed`.
 * Arguments go to vitest as they are, so `npm test -- packages/mls` runs one package.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const child = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(ROOT, 'scripts/count-reporter.mjs')}`,
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] },
);

let counts = { passed: 0, failed: 0, skipped: 0 };
child.on('message', (message) => {
  counts = message;
});
const exitCode = await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));

// A run that ends badly without naming a test (it never started, no test matched) still failed.
const failed = exitCode !== 0 && counts.failed === 0 ? 1 : counts.failed;
if (counts.skipped > 0) process.stdout.write(`${counts.skipped} skipped\n`);
process.stdout.write(`${counts.passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0;
