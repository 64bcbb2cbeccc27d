/**
 * Bundles the command into `bundle/` (measured: a person's command takes 0.9 s of CPU without, 0.2 s with). `bin/conclave.js` starts it. The
 * threads of a node have files of their own, which the node finds beside the part that it is in.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleForNode } from '../../../scripts/bundling/node-bundle.mjs';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE = join(dirname(PACKAGE), 'node');

await bundleForNode({
  entryPoints: {
    main: join(PACKAGE, 'src/main.ts'),
    'store-thread': join(NODE, 'src/log/sqlite/store-thread.ts'),
    'snapshot-thread': join(NODE, 'src/maintenance/snapshot-thread.ts'),
  },
  folder: join(PACKAGE, 'bundle'),
});
