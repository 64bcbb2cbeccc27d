/**
 * `npm run test:browser [-- NAME…]`: what is proved in a real Chromium: `test/browser/run.mjs` of each package and of the chat page (`web`),
 * in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageNames } from './checks/files.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);
const failed = [];
const places = [...packageNames(ROOT).map((name) => ['packages', name]), ['apps', 'web']];
for (const [folder, name] of places) {
  const script = join(ROOT, folder, name, 'test/browser/run.mjs');
  if (!existsSync(script) || (wanted.length > 0 && !wanted.includes(name))) continue;
  process.stdout.write(`\n${name} in a browser\n`);
  const { status } = spawnSync(process.execPath, [script], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? '\nAll of it passed.\n' : `\nFailed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
