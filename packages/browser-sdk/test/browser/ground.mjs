/** What the browser tests stand on: a real node, a web server for the pages, Chromium. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startNode } from '@conclave/node';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from '../../../../scripts/chromium.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Root of the pages unless a test names another. */
export const BUNDLE = join(HERE, '../../bundle');

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A folder of its own, gone with `remove`. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'conclave-browser-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) };
}

/** A node on free ports, or on the given ones. */
export function startTestNode(dataDir, { grpc = '127.0.0.1:0', web = '127.0.0.1:0' } = {}) {
  return startNode({ dataDir, grpc, web, storage: 'inline', logLevel: 'silent' });
}

/** A blank page with the SDK in `globalThis.sdk`. */
const BLANK = `<!doctype html><meta charset="utf-8"><title>Conclave</title><link rel="icon" href="data:,">
<script type="module">import * as sdk from './index.js'; globalThis.sdk = sdk; globalThis.isReady = true;</script>`;

/** Serves files of a folder on a free port; `/` is a blank page with the SDK unless the folder has its own. @param headers - of every answer */
export async function serveFolder(folder, { headers = {} } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const path = join(folder, normalize(pathname));
    const isPage = pathname.endsWith('/');
    const file = isPage ? join(path, 'index.html') : path;
    if (!path.startsWith(folder) || (!existsSync(file) && !isPage)) {
      response.writeHead(404).end();
      return;
    }
    const type = isPage ? 'text/html' : (TYPES[extname(file)] ?? 'application/octet-stream');
    response.writeHead(200, { 'content-type': type, ...headers });
    response.end(existsSync(file) ? readFileSync(file) : BLANK);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // `localhost` is a secure context: OPFS, Web Locks and WebCrypto are there.
    url: `http://localhost:${server.address().port}/`,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** A browser with a profile on the disk. @returns the context of playwright */
export function openProfile(folder, options = {}) {
  return chromium.launchPersistentContext(folder, { executablePath: findChromium(), args: CHROMIUM_ARGS, ...options });
}

/** A browser whose contexts are private windows. */
export function openBrowser(options = {}) {
  return chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGS, ...options });
}

/** A page at this address, ready (the SDK loaded, unless said otherwise); what it complains of is collected in `faults`. */
export async function openPage(context, url, faults = [], isReady = () => globalThis.isReady === true) {
  const page = await context.newPage();
  // Machines that do much else at once are slow, not broken.
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => faults.push(`${error.name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url);
  await page.waitForFunction(isReady);
  return page;
}
