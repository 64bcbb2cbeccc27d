/** The layer rules catch what they forbid: each case is a file that must not pass, in a small copy of the house. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CRUISER = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const PACKAGES = [
  'crypto',
  'proto',
  'mls',
  'identity',
  'sqlite',
  'client',
  'content',
  'sdk',
  'node-sdk',
  'node',
  'cli',
  'testing',
];

/** Path, content, and the rule that must fire. Each file name stands once, so that a complaint tells which case it is. */
const FORBIDDEN = [
  ['crypto/src/up-one.ts', "import '@conclave/mls';", 'L0-points-down'],
  ['crypto/src/up-type.ts', "import type { X } from '@conclave/proto'; export type Y = X;", 'L0-points-down'],
  ['mls/src/sideways.ts', "export { x } from '@conclave/identity';", 'L1-points-down'],
  ['client/src/sideways.ts', "export { x } from '@conclave/content';", 'L2-points-down'],
  ['node-sdk/src/sideways.ts', "export { x } from '@conclave/node';", 'L3-points-down'],
  ['sdk/src/up.ts', "export { x } from '@conclave/node-sdk';", 'L3-sdk-points-down'],
  ['node/src/later.ts', "export const x = await import('@conclave/client');", 'client-and-node-are-strangers'],
  ['sqlite/src/deep.ts', "export { x } from '@conclave/crypto/src/index.js';", 'no-unresolvable'],
  ['sqlite/src/path.ts', "export { x } from '../../crypto/src/inner.js';", 'no-deep-import'],
  ['sqlite/src/path-index.ts', "export { x } from '../../crypto/src/index.js';", 'no-relative-path-out-of-a-package'],
  ['identity/src/reads-files.ts', "import 'node:fs';", 'pure-packages-stay-pure'],
  ['content/src/tested.ts', "import '@conclave/testing';", 'no-testing-in-the-product'],
  ['sqlite/src/circle-a.ts', "import './circle-b.js';", 'no-cycle'],
];

const ALLOWED = [
  ['crypto/src/inner.ts', 'export const x = 1;'],
  ['sqlite/src/circle-b.ts', "import './circle-a.js';"],
  ['crypto/src/node/index.ts', "import 'node:crypto';"],
  ['node/src/fine.ts', "import '@conclave/mls'; import '@conclave/crypto/node'; import 'node:fs';"],
  ['cli/src/fine.test.ts', "import '@conclave/testing'; import '@conclave/node';"],
];

let folder;
let complaints;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-layers-'));
  mkdirSync(join(folder, 'node_modules/@conclave'), { recursive: true });
  for (const name of PACKAGES) {
    const target = join(folder, 'packages', name);
    mkdirSync(join(target, 'src/node'), { recursive: true });
    const exported = {
      '.': { 'conclave-source': './src/index.ts' },
      './node': { 'conclave-source': './src/node/index.ts' },
    };
    writeFileSync(
      join(target, 'package.json'),
      JSON.stringify({ name: `@conclave/${name}`, type: 'module', exports: exported }),
    );
    writeFileSync(join(target, 'src/index.ts'), 'export const x = 1;\n');
    symlinkSync(target, join(folder, 'node_modules/@conclave', name));
  }
  for (const [path, content] of [...FORBIDDEN, ...ALLOWED])
    writeFileSync(join(folder, 'packages', path), `${content}\n`);
  complaints = await new Promise((resolve) => {
    const args = [CRUISER, 'packages', '--config', join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json'];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 }, (_, stdout) =>
      resolve(JSON.parse(stdout).summary.violations),
    );
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(FORBIDDEN)('%s with %s breaks %s', (path, _, rule) => {
  expect(
    complaints.filter(({ from }) => from === `packages/${path}`).map((complaint) => complaint.rule.name),
  ).toContain(rule);
});

it.each(ALLOWED.filter(([path]) => !path.includes('circle')))('%s is allowed', (path) => {
  expect(complaints.filter(({ from }) => from === `packages/${path}`)).toEqual([]);
});
