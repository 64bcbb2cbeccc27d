/**
 * Bundles the package for pages: `bundle/index.js` (the page's side), `bundle/worker-code.js` (the worker's code as text, loaded when a
 * client is made), `bundle/sqlite-wasm.js` (SQLite, compressed) and `bundle/worker.js` (the worker as a file, for pages that forbid `blob:`
 * workers). They need nothing but each other, so no bundler has to be told anything.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(PACKAGE, 'bundle');
const require = createRequire(import.meta.url);

const shared = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['conclave-source', 'browser', 'import'],
  minify: true,
  legalComments: 'none',
  logLevel: 'error',
};

/** The sources' empty stand-ins become files of the bundle. */
const embedded = {
  name: 'embedded',
  setup({ onResolve }) {
    onResolve({ filter: /\/embedded\/[\w-]+\.js$/ }, ({ path }) => ({
      path: `./${path.split('/').at(-1)}`,
      external: true,
    }));
  },
};

/** One copy of each library, whichever workspace it was installed under. */
const oneNoble = {
  name: 'one-noble',
  setup(pluginBuild) {
    const resolveDir = join(PACKAGE, '../crypto');
    pluginBuild.onResolve({ filter: /^@noble\// }, ({ path, kind, pluginData }) =>
      pluginData === 'resolved' ? undefined : pluginBuild.resolve(path, { kind, resolveDir, pluginData: 'resolved' }),
    );
  },
};

/** libsodium carries its WebAssembly as base64; compressed before that it is a quarter smaller to load. */
const smallSodium = {
  name: 'small-sodium',
  setup({ onLoad }) {
    onLoad({ filter: /libsodium\/dist\/modules-esm\/libsodium\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const [literal, base64] = /"(AGFzbQ[A-Za-z0-9+/=]+)"/.exec(text) ?? [];
      if (literal === undefined) throw new Error('libsodium does not look as it did; see smallSodium in bundle.mjs');
      const small = gzipSync(Buffer.from(base64, 'base64'), { level: 9 }).toString('base64');
      const contents = `import { gunzipSync } from 'fflate';
        const bytesOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
        const base64Of = (bytes) => btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(''));
        ${text.replace(literal, `base64Of(gunzipSync(bytesOf("${small}")))`)}`;
      return { contents, resolveDir: PACKAGE };
    });
  },
};

/** Bundles everything. @returns the names of the files with their sizes in bytes */
export async function bundle() {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(BUNDLE, { recursive: true });
  await build({
    ...shared,
    entryPoints: [join(PACKAGE, 'src/worker/worker.ts')],
    outfile: join(BUNDLE, 'worker.js'),
    plugins: [oneNoble, smallSodium],
    // SQLite's loader would look for files beside it; it is given what it needs.
    define: { 'import.meta.url': '""' },
  });
  await build({
    ...shared,
    entryPoints: [join(PACKAGE, 'src/index.ts')],
    outdir: BUNDLE,
    splitting: true,
    chunkNames: 'part-[hash]',
    plugins: [oneNoble, embedded],
  });
  const exported = (name, text) => `export const ${name} = ${JSON.stringify(text)};\n`;
  const worker = readFileSync(join(BUNDLE, 'worker.js'), 'utf8');
  writeFileSync(join(BUNDLE, 'worker-code.js'), exported('workerCode', worker));
  const wasm = readFileSync(require.resolve('@evolu/sqlite-wasm/sqlite3.wasm'));
  writeFileSync(
    join(BUNDLE, 'sqlite-wasm.js'),
    exported('sqliteWasm', gzipSync(wasm, { level: 9 }).toString('base64')),
  );
}

await bundle();
