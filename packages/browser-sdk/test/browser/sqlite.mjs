/** The compliance suite of packages/sqlite, in a worker of a real Chromium: on memory, on files, on files that are kept elsewhere. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { openPage, openProfile, serveFolder, temporaryFolder } from './ground.mjs';
import { expectEqual, scenario } from './steps.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const CRYPTO = join(HERE, '../../../crypto/test/browser');

const MATCHERS = { expect: '@vitest/expect', chai: 'chai' };

/** What stands in for vitest: its own matchers, and the runner for pages of packages/crypto. */
const VITEST_IN_PAGE = `
  import * as chai from '${MATCHERS.chai}';
  import * as matchers from '${MATCHERS.expect}';
  for (const part of ['JestExtend', 'JestChaiExpect', 'JestAsymmetricMatchers']) chai.use(matchers[part]);
  export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
  Object.assign(expect, globalThis[matchers.ASYMMETRIC_MATCHERS_OBJECT]);
  matchers.setState({}, expect);
  export { describe, it } from ${JSON.stringify(join(CRYPTO, 'collect.ts'))};
`;

const vitestInPage = {
  name: 'vitest-in-page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vitest$/ }, () => ({ path: 'vitest', namespace: 'in-page' }));
    onLoad({ filter: /./, namespace: 'in-page' }, () => ({
      contents: VITEST_IN_PAGE,
      resolveDir: dirname(require.resolve('vitest')),
    }));
  },
};

async function prepare() {
  const folder = temporaryFolder();
  const site = join(folder.path, 'site');
  mkdirSync(site);
  await build({
    entryPoints: [join(HERE, 'sqlite-worker.ts')],
    bundle: true,
    outfile: join(site, 'worker.js'),
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['conclave-source', 'browser'],
    plugins: [vitestInPage],
    logLevel: 'error',
  });
  writeFileSync(join(site, 'sqlite3.wasm'), readFileSync(require.resolve('@evolu/sqlite-wasm/sqlite3.wasm')));
  writeFileSync(
    join(site, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><script>globalThis.isReady = true</script>',
  );
  const server = await serveFolder(site);
  const context = await openProfile(join(folder.path, 'profile'));
  const faults = [];
  const page = await openPage(context, server.url, faults);
  return {
    run: (place) =>
      page.evaluate(
        (wanted) =>
          new Promise((resolve, reject) => {
            const worker = new Worker('/worker.js', { type: 'module' });
            worker.onerror = (event) => reject(new Error(event.message));
            worker.onmessage = ({ data }) => {
              worker.terminate();
              resolve(data);
            };
            worker.postMessage(wanted);
          }),
        place,
      ),
    async close() {
      await context.close();
      await server.close();
      folder.remove();
    },
  };
}

const passes = (place) => async (ground) => {
  const { count, failures } = await ground.run(place);
  expectEqual(failures, [], 'failures');
  if (count < 25) throw new Error(`only ${count} tests ran`);
};

export const run = () =>
  scenario('SQLite in a worker', prepare, {
    'passes the compliance suite in memory': passes('memory'),
    'passes it on files of the origin': passes('files'),
    'passes it on files that are kept elsewhere': passes('kept'),
  });
