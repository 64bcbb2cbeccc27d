/**
 * Bundles the package for pages: `bundle/index.js` (the page's side), `bundle/encoders.js` and `bundle/private-key-signer.js` (parts of it that
 * are loaded when they are needed), `bundle/worker-code.js` (the worker's code as text, loaded when a
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

/** Files of the bundle: the sources' empty stand-ins, and what is loaded later. */
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/(embedded\/[\w-]+|encoders|private-key-signer)\.js$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: `./${path.split('/').at(-1)}`, external: true } : undefined,
    );
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

/**
 * libsodium carries its WebAssembly as base64; compressed before that it is a quarter smaller to load. Of its wrappers, one for each of 245
 * functions, those stay that `packages/crypto/src/browser/sodium.ts` names.
 */
const smallSodium = {
  name: 'small-sodium',
  setup({ onLoad }) {
    onLoad({ filter: /libsodium\/dist\/modules-esm\/libsodium\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const [literal, base64] = found(/"(AGFzbQ[A-Za-z0-9+/=]+)"/.exec(text), path);
      const small = gzipSync(Buffer.from(base64, 'base64'), { level: 9 }).toString('base64');
      const contents = `import { gunzipSync } from 'fflate';
        const bytesOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
        const base64Of = (bytes) => btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(''));
        ${text.replace(literal, `base64Of(gunzipSync(bytesOf("${small}")))`)}`;
      return { contents, resolveDir: PACKAGE };
    });
    onLoad({ filter: /libsodium-wrappers\/dist\/modules-esm\/libsodium-wrappers\.mjs$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const used = readFileSync(join(PACKAGE, '../crypto/src/browser/sodium.ts'), 'utf8').match(
        /(?<=')crypto_\w+(?=')/g,
      );
      const [whole, names, others, functions] = found(
        /for\(var \w+=\[([\w",]+)\],(\w+)=\[([\w$,]+)\]/.exec(text),
        path,
      );
      const wrappers = functions.split(',');
      const kept = JSON.parse(`[${names}]`).map((name, i) => [name, wrappers[i]]);
      const few = kept.filter(([name]) => used.includes(name));
      if (few.length !== used.length) throw new Error(`${path} lacks a function that is used`);
      const list = `[${few.map(([name]) => `"${name}"`)}],${others}=[${few.map(([, wrapper]) => wrapper)}]`;
      return {
        contents: text.replace(
          whole,
          whole.replace(/\[.*/s, () => list),
        ),
      };
    });
  },
};

/** SQLite's loader sets itself up in steps; those for interfaces and file systems that we do not use are left out. */
const smallSqlite = {
  name: 'small-sqlite',
  setup({ onLoad }) {
    const unused = [
      'sqlite3.oo1 = {',
      'sqlite3.initWorker1API =',
      'sqlite3.vtab =',
      'installOpfsVfs =',
      'sqlite3.installOpfsSAHPoolVfs =',
    ];
    onLoad({ filter: /sqlite3-bundler-friendly\.mjs$/ }, ({ path }) => {
      let left = unused;
      const contents = readFileSync(path, 'utf8').replace(
        /^( +)globalThis\.sqlite3ApiBootstrap\.initializers\.push\(function \(sqlite3\) \{\n[\s\S]*?^\1\}\);$/gm,
        (step) => {
          const mark = left.find((each) => step.includes(each));
          left = left.filter((each) => each !== mark);
          return mark === undefined ? step : '';
        },
      );
      if (left.length > 0) throw new Error(`${path} does not look as it did: no step with ${left}`);
      return { contents };
    });
    // Loaded beside it for those who run SQLite in a worker of its own.
    onLoad({ filter: /sqlite3-worker1-promiser\.mjs$/ }, () => ({ contents: '' }));
  },
};

function found(match, path) {
  if (match === null) throw new Error(`${path} does not look as it did; see bundle.mjs`);
  return match;
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
    plugins: [oneNoble, smallSodium, smallSqlite],
    // SQLite's loader would look for files beside it; it is given what it needs.
    define: { 'import.meta.url': '""' },
  });
  for (const name of ['../index', ...LATER]) {
    await build({
      ...shared,
      entryPoints: [join(PACKAGE, `src/page/${name}.ts`)],
      outdir: BUNDLE,
      plugins: [oneNoble, apart],
    });
  }
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
