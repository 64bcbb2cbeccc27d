/**
 * Bundles the command into `bundle/`: one file and the parts that a command loads when it runs, in place of a thousand modules that Node would
 * look up one by one (measured: a person's command 0.9 s of CPU without, 0.2 s with). `bin/conclave.js` starts it. The threads of a node have
 * files of their own, which the node finds beside the part that it is in.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE = join(dirname(PACKAGE), 'node');
const BUNDLE = join(PACKAGE, 'bundle');

rmSync(BUNDLE, { recursive: true, force: true });
await build({
  entryPoints: {
    main: join(PACKAGE, 'src/main.ts'),
    'store-thread': join(NODE, 'src/log/sqlite/store-thread.ts'),
    'snapshot-thread': join(NODE, 'src/maintenance/snapshot-thread.ts'),
  },
  outdir: BUNDLE,
  bundle: true,
  splitting: true,
  chunkNames: 'part-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['conclave-source', 'node', 'import'],
  // Native engines are asked for by `require` when they are wanted, and not bundled.
  // Libraries of the older module system ask for Node's modules by `require`.
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'error',
});
