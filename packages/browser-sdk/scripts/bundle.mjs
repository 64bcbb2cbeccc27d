/**
 * Bundles the package for pages: `bundle/index.js` (the page's side), `bundle/encoders.js` and `bundle/private-key-signer.js` (parts of it that
 * are loaded when they are needed), `bundle/worker-code.js` (the worker's code as text, loaded when a client is made), `bundle/sqlite-wasm.js`
 * (SQLite, and what a new database begins as, compressed) and `bundle/worker.js` (the worker as a file, for pages that forbid `blob:` workers);
 * the cryptography in plain JavaScript, for where libsodium does not start, beside that file (`bundle/noble.js`) and as text
 * (`bundle/noble-code.js`). They need nothing but each other, so no bundler has to be told anything.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { gzipTightly } from '../../../scripts/bundling/compress.mjs';
import { aesTablesWhenUsed, oneNoble } from '../../../scripts/bundling/plugins.mjs';

const PACKAGE = dirname(dirname(fileURLToPath(import.meta.url)));
const BUNDLE = join(PACKAGE, 'bundle');
const require = createRequire(import.meta.url);
const WASM = readFileSync(require.resolve('@evolu/sqlite-wasm/sqlite3.wasm'));

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

/** Files of the bundle: the sources' empty stand-ins, and what is loaded later. */
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/(embedded\/[\w-]+|encoders|private-key-signer|noble)\.js$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${path.split('/').at(-1)}`, external: true } : undefined,
    );
  },
};

/** The image of a new database: to make its tables in a worker takes longer. Made by the sources that are bundled, which need not be compiled yet. */
async function newDatabaseImage() {
  const contents = "export * from '@conclave/sqlite/browser'; export { openStore } from '@conclave/client';";
  const stdin = { contents, resolveDir: PACKAGE };
  const { outputFiles } = await build({ ...shared, platform: 'node', stdin, write: false });
  const sources = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
  const sqlite = await sources.openBrowserSqlite(WASM);
  // With a key, so that the pages have room for what encrypting adds to them.
  const database = sqlite.openKept(new sources.PagedFile(), () => {}, { key: new Uint8Array(32) });
  sources.openStore(database);
  return sources.imageOf(database);
}

/** Loaded when they are needed, each with all that it stands on: esbuild would put what they share into what is loaded first. */
const LATER = ['encoders', 'private-key-signer'];

/** Bundles everything. @returns the names of the files with their sizes in bytes */
export async function bundle() {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(BUNDLE, { recursive: true });
  await build({
    ...shared,
    entryPoints: [join(PACKAGE, 'src/worker/worker.ts')],
    outfile: join(BUNDLE, 'worker.js'),
    plugins: [oneNoble, aesTablesWhenUsed, apart],
  });
  const noble = { ...shared, entryPoints: [join(PACKAGE, 'src/worker/noble.ts')], plugins: [oneNoble] };
  await build({ ...noble, outfile: join(BUNDLE, 'noble.js') });
  const { outputFiles } = await build({
    ...noble,
    format: 'iife',
    globalName: 'conclaveNoble',
    footer: { js: 'self.conclaveNoble = conclaveNoble;' },
    write: false,
  });
  for (const name of ['../index', ...LATER]) {
    await build({
      ...shared,
      entryPoints: [join(PACKAGE, `src/page/${name}.ts`)],
      outdir: BUNDLE,
      plugins: [oneNoble, apart],
    });
  }
  const worker = readFileSync(join(BUNDLE, 'worker.js'), 'utf8');
  writeFileSync(join(BUNDLE, 'worker-code.js'), exported('workerCode', worker));
  writeFileSync(join(BUNDLE, 'noble-code.js'), exported('nobleCode', outputFiles[0].text));
  const compressed = async (bytes) => (await gzipTightly(bytes)).toString('base64');
  writeFileSync(
    join(BUNDLE, 'sqlite-wasm.js'),
    exported('sqliteWasm', await compressed(WASM)) +
      exported('newDatabase', await compressed(await newDatabaseImage())),
  );
}

const exported = (name, text) => `export const ${name} = ${literal(text)};\n`;

/** A text as a literal: minified code has many double quotes and few single ones, and what is escaped compresses worse. */
function literal(text) {
  const escapes = { '\n': '\\n', '\r': '\\r', '\u2028': '\\u2028', '\u2029': '\\u2029' };
  return `'${text.replace(/['\\]|[\n\r\u2028\u2029]/g, (each) => escapes[each] ?? `\\${each}`)}'`;
}

await bundle();
