/**
 * Runs the compliance suite of the crypto back ends in a real Chromium, on the same sources as the tests in Node.
 *
 *     npm run test:browser [-- --timings]
 *
 * Without a Chromium (`scripts/chromium.mjs`) the script says so; that counts as a failure where $CI is set.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from '../../../../scripts/chromium.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const VECTORS = join(HERE, '../../../../vectors');
/** Never reached: every request is answered here. */
const PAGE_URL = 'https://page.test/';

const executablePath = findChromium();
if (executablePath === undefined) {
  console.log('Browser tests did not run: there is no Chromium. Install one or name it in CONCLAVE_CHROMIUM.');
  process.exit(process.env.CI ? 1 : 0);
}

const MATCHERS = { expect: '@vitest/expect', chai: 'chai' };

/** What stands in for vitest: its own matchers, found where vitest finds them, and a runner that works in a page. */
const VITEST_IN_PAGE = `
  import * as chai from '${MATCHERS.chai}';
  import * as matchers from '${MATCHERS.expect}';
  for (const part of ['JestExtend', 'JestChaiExpect', 'JestAsymmetricMatchers']) chai.use(matchers[part]);
  export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
  Object.assign(expect, globalThis[matchers.ASYMMETRIC_MATCHERS_OBJECT]);
  matchers.setState({}, expect);
  export { describe, it } from ${JSON.stringify(join(HERE, 'collect.ts'))};
`;

/** Puts the runner in the place of vitest, and the vectors in the place of their files. */
const forThePage = {
  name: 'for-the-page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vitest$/ }, () => ({ path: 'vitest', namespace: 'in-page' }));
    onLoad({ filter: /./, namespace: 'in-page' }, () => {
      const resolveDir = dirname(createRequire(import.meta.url).resolve('vitest'));
      return { contents: VITEST_IN_PAGE, resolveDir };
    });
    onLoad({ filter: /[/]vectors[.]testkit[.]ts$/ }, () => {
      const edge = readFileSync(join(VECTORS, 'ed25519/edge.json'), 'utf8');
      return { contents: `export const readVectors = (path) => ({ 'ed25519/edge.json': ${edge} })[path];` };
    });
  },
};

const bundle = await build({
  entryPoints: [join(HERE, 'page.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  conditions: ['conclave-source'],
  define: { 'import.meta.url': JSON.stringify(PAGE_URL) },
  plugins: [forThePage],
  logLevel: 'warning',
});
const script = bundle.outputFiles[0].text;

const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });

/** A page with the bundle in it, under a content security policy. */
async function open(policy) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/script.js') return route.fulfill({ contentType: 'text/javascript', body: script });
    if (pathname !== '/') return route.fulfill({ status: 404 });
    const headers = { 'content-type': 'text/html', 'content-security-policy': policy };
    return route.fulfill({ headers, body: '<!doctype html><script src="/script.js"></script>' });
  });
  await page.goto(PAGE_URL);
  return { call: (name) => page.evaluate((command) => globalThis.conclave[command](), name), errors };
}

const WITH_WASM = "script-src 'self' 'wasm-unsafe-eval'";
const WITHOUT_WASM = "script-src 'self'";
let failed = 0;
function report(name, complaints) {
  console.log(`${complaints.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  for (const complaint of complaints) console.log(`       ${complaint}`);
  failed += complaints.length;
}
const expectEqual = (actual, expected) => (actual === expected ? [] : [`expected ${expected}, got ${actual}`]);

try {
  console.log(`Chromium ${browser.version()}`);
  const page = await open(WITH_WASM);
  report('starts libsodium', expectEqual(await page.call('providerName'), 'browser'));
  const suite = await page.call('compliance');
  report(`passes the compliance suite (${suite.count} tests)`, suite.count < 100 ? ['too few tests'] : suite.failures);
  const gullible = await page.call('complianceOfGullible');
  report('finds fault with a back end that believes every signature', expectEqual(gullible.failures.length > 30, true));
  const strict = await open(WITHOUT_WASM);
  report('runs on noble where the page forbids WebAssembly', expectEqual(await strict.call('providerName'), 'noble'));
  const withoutWasm = await strict.call('compliance');
  report(`passes the compliance suite there (${withoutWasm.count} tests)`, withoutWasm.failures);
  report('leaves no uncaught error', [...page.errors, ...strict.errors]);
  if (process.argv.includes('--timings')) console.table(await page.call('timings'));
} finally {
  await browser.close();
}
process.exitCode = failed === 0 ? 0 : 1;
