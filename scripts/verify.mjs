/**
 * `npm run verify`: everything that must hold besides the tests. Every step runs even when one before it failed,
 * so that one run shows all there is to mend. `npm run verify -- NAME…` runs only the named steps.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDeploy } from './checks/deploy.mjs';
import { checkDownloads } from './checks/downloads.mjs';
import { packageNames } from './checks/files.mjs';
import { checkLinks } from './checks/links.mjs';
import { checkManifests } from './checks/manifests.mjs';
import { checkPage } from './checks/page.mjs';
import { checkSources } from './checks/sources.mjs';
import { runStep, startProgress } from './progress.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (path) => join(ROOT, 'node_modules', path);
const TSC = bin('typescript/bin/tsc');

const command =
  (script, ...args) =>
  async (title) =>
    (await runStep(title, process.execPath, [script, ...args], { cwd: ROOT })).ok;

const complaints = (check) => async (title) => {
  const progress = startProgress(title);
  const found = await check(ROOT);
  progress.done(found.length === 0);
  for (const complaint of found) process.stderr.write(`    ${complaint}\n`);
  return found.length === 0;
};

const sourceFolders = packageNames(ROOT)
  .flatMap((name) => [`packages/${name}/src`, `packages/${name}/test`])
  .filter((path) => existsSync(join(ROOT, path)));

const STEPS = [
  { name: 'types', title: 'Types of the packages', run: command(TSC, '-b', 'packages/tsconfig.json') },
  { name: 'test-types', title: 'Types of the tests', run: command(TSC, '-p', 'tsconfig.tests.json') },
  { name: 'page-types', title: 'Types of the chat page', run: command(TSC, '-p', 'apps/web/tsconfig.json') },
  {
    name: 'test-types',
    title: 'Types of the browser tests',
    run: command(TSC, '-p', 'packages/browser-sdk/tsconfig.tests.json'),
  },
  {
    name: 'lint',
    title: 'Format and lint',
    run: command(bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'),
  },
  {
    name: 'layers',
    title: 'Layers, cycles, deep imports',
    run: command(
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      ...sourceFolders,
      '--config',
      '.dependency-cruiser.cjs',
    ),
  },
  { name: 'manifests', title: 'Declared dependencies', run: complaints(checkManifests) },
  { name: 'page', title: 'What the chat page stands on', run: complaints(checkPage) },
  { name: 'downloads', title: 'What a browser loads', run: complaints(checkDownloads) },
  { name: 'sources', title: 'File lengths, docstrings, typed errors', run: complaints(checkSources) },
  { name: 'deploy', title: 'Deployment files name what the node has', run: complaints(checkDeploy) },
  { name: 'links', title: 'Links of the documentation', run: complaints(checkLinks) },
  { name: 'generated', title: 'Generated files', run: command(join(ROOT, 'scripts/generate.mjs'), '--check') },
  { name: 'examples', title: "The documentation's examples", run: command(join(ROOT, 'scripts/examples.mjs')) },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `No such step: ${unknown.join(', ')}. There are: ${STEPS.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exit(2);
}

const failed = [];
const chosen = STEPS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
for (const { name, title, run } of chosen) if (!(await run(title))) failed.push(name);

process.stdout.write(
  failed.length === 0
    ? `verify: all ${chosen.length} steps hold\n`
    : `verify: ${failed.length} of ${chosen.length} steps failed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
