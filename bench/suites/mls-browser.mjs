/**
 * The MLS engine in a real Chromium, on the browser's provider of primitives, beside the least that its operations ask of that
 * provider in the same page (`mls-browser/page.mjs`).
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from '../../scripts/chromium.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Never reached: every request is answered here. */
const PAGE_URL = 'https://page.test/';
/** A page that shares nothing with others has a clock of 5 µs, others one of 100. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Options of this suite. */
export const options = { sizes: { type: 'string' } };

/** The measured groups are those of the suite `mls`, on the browser's provider. */
const onTheBrowsersProvider = {
  name: 'on-the-browsers-provider',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@conclave\/crypto\/node$/ }, () => ({ path: 'provider', namespace: 'in-page' }));
    onLoad({ filter: /./, namespace: 'in-page' }, () => ({
      contents: `
        import { openBrowserCrypto } from '@conclave/crypto/browser';
        export const nodeCrypto = await openBrowserCrypto();
      `,
      resolveDir: HERE,
    }));
  },
};

/** Runs the suite. */
export async function run(report, { sizes }) {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('There is no Chromium: node scripts/chromium.mjs --install');
  const bundle = await build({
    entryPoints: [join(HERE, '../mls-browser/page.mjs')],
    ...{ bundle: true, write: false, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
    define: { 'import.meta.url': JSON.stringify(PAGE_URL) },
    plugins: [onTheBrowsersProvider],
    logLevel: 'warning',
  });
  const script = bundle.outputFiles[0].text;
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const page = await browser.newPage();
    await page.route('**/*', (route) =>
      new URL(route.request().url()).pathname === '/script.js'
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({
            headers: ISOLATED,
            contentType: 'text/html',
            body: '<!doctype html><script type="module" src="/script.js"></script>',
          }),
    );
    await page.goto(PAGE_URL);
    await page.waitForFunction(() => globalThis.conclave !== undefined);
    const name = await page.evaluate(() => globalThis.conclave.providerName());
    for (const n of sizes?.split(',').map(Number) ?? [10, 100, 1000]) {
      const section = `Group of ${n}, Chromium ${browser.version().split('.')[0]}, provider \`${name}\``;
      const samples = n <= 100 ? 25 : 3;
      const rows = await page.evaluate(([size, taken]) => globalThis.conclave.measureGroup(size, taken), [n, samples]);
      for (const row of rows) report({ section, ...row });
    }
  } finally {
    await browser.close();
  }
}
