/**
 * A package as it is loaded on Node: one file, and the parts that it loads when they are wanted, in place of a thousand modules that Node would
 * look up one by one. Everything in plain JavaScript is inside; what is native or WebAssembly is asked for by `require` when it is wanted, and
 * stays a dependency. The licences of what is inside lie beside it. Names stay as they are, for whoever reads a stack; only the blanks between them go, which
 * is a tenth of the time of loading, and lines stay short, since Node shows that of an error that nobody caught.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './places.mjs';
import { noProtoLoader, oneNoble } from './plugins.mjs';

/**
 * Bundles for Node.
 * @param entryPoints - name of each file of the bundle → source
 * @param folder - emptied first
 */
export async function bundleForNode({ entryPoints, folder }) {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints,
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: 'part-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifyWhitespace: true,
    lineLimit: 160,
    conditions: ['conclave-source', 'node', 'import'],
    plugins: [oneNoble, noProtoLoader],
    // Libraries of the older module system ask for Node's modules by `require`.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    // Their comments would stand in the code; the file beside it has the whole texts.
    legalComments: 'none',
    logLevel: 'error',
    absWorkingDir: ROOT,
    metafile: true,
  });
  writeFileSync(join(folder, 'LICENSES.md'), licencesOf(Object.values(metafile.outputs)));
}

/** Libraries that a file of ours holds in another form. */
const HELD = { 'packages/crypto/src/node/gen/sodium-wasm.ts': 'node_modules/libsodium-sumo' };

/** The licences of all that is in a bundle, our own first. */
function licencesOf(outputs) {
  const inputs = new Set(
    outputs.flatMap(({ inputs: parts }) => Object.keys(parts).filter((path) => parts[path].bytesInOutput > 0)),
  );
  const folders = new Set(
    [...inputs].flatMap((path) => HELD[path] ?? /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const sections = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    const text = licenceIn(join(ROOT, folder)) ?? `The text of this licence stands at https://spdx.org/licenses/.`;
    return `## ${name} ${version} (${license})\n\n${text}`;
  });
  const own = readFileSync(join(ROOT, 'LICENSE'), 'utf8').trim();
  return `# Licences\n\n## Conclave\n\n${own}\n\n${[...new Set(sections)].sort().join('\n\n')}\n`;
}

/** The text of a package's licence. */
function licenceIn(folder) {
  const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  return name !== undefined && existsSync(join(folder, name))
    ? readFileSync(join(folder, name), 'utf8').trim()
    : undefined;
}
