/**
 * Bundles the commands of people into `bundle/`: one file and the parts that a command loads when it runs, in place of a thousand modules that
 * Node would look up one by one (measured: 0.9 s of CPU without, 0.2 s with). `bin/conclave.js` starts it; the commands of operators, `conclave node …`,
 * run from `dist/`, where the node finds the files of its threads.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(PACKAGE, 'bundle');

rmSync(BUNDLE, { recursive: true, force: true });
await build({
  entryPoints: [join(PACKAGE, 'src/main.ts')],
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  chunkNames: 'part-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['conclave-source', 'node', 'import'],
  // A node is never started from here. Native engines are asked for by `require` when they are wanted, and not bundled.
  external: ['@conclave/node', '@conclave/node/maintenance'],
  // Libraries of the older module system ask for Node's modules by `require`.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'error',
});
