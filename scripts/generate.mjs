/**
 * `npm run generate`: everything in the repository that is made from something else. With `--check` nothing is
 * written and a difference fails.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStep } from './progress.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const flags = process.argv.includes('--check') ? ['--check'] : [];

/** Generators, each taking `--check`; the documentation reads built packages, so it comes last. */
const GENERATORS = [
  { title: 'Code from the .proto files', script: 'packages/proto/scripts/generate.mjs' },
  { title: 'Code from the contracts', script: 'packages/identity/scripts/generate.mjs' },
  { title: 'Documentation from the code', script: 'scripts/generate-docs.mjs' },
  { title: 'Page and pictures of performance', script: 'bench/page.mjs' },
];

for (const { title, script } of GENERATORS) {
  if (!existsSync(join(ROOT, script))) {
    process.stderr.write(`${script} is missing.\n`);
    process.exitCode = 1;
    continue;
  }
  const { ok } = await runStep(title, process.execPath, [join(ROOT, script), ...flags], { cwd: ROOT });
  if (!ok) process.exitCode = 1;
}
