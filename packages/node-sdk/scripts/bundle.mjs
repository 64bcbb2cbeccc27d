/**
 * Bundles the SDK into `bundle/`, which is what is published and what everything in this repository loads as `@conclave/node-sdk`: `index.js`, its
 * parts, and in `types/` the declarations, ours and those of the packages inside. Only the SQLite engines are left to be installed.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyDeclarations } from '../../../scripts/bundling/declarations.mjs';
import { bundleForNode } from '../../../scripts/bundling/node-bundle.mjs';
import { ROOT } from '../../../scripts/bundling/places.mjs';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(PACKAGE, 'bundle');

await bundleForNode({ entryPoints: { index: join(PACKAGE, 'src/index.ts') }, folder: BUNDLE });
copyDeclarations(ROOT, join(PACKAGE, 'dist/index.d.ts'), join(BUNDLE, 'types'));
