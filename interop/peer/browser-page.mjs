/** Pages with an SDK in Chromium: ours as it is bundled, the deployed one built by Vite as an application would. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './places.mjs';

const ground = await import(pathToFileURL(join(ROOT, 'packages/browser-sdk/test/browser/ground.mjs')).href);

/** The folder that `setup-browser-peer.sh` fills. */
export const BROWSER_PEER = process.env.CONCLAVE_BROWSER_PEER || join(homedir(), '.cache/conclave-browser-peer');

/** Whether the deployed browser client is there. */
export const hasBrowserPeer = () => existsSync(join(BROWSER_PEER, 'node_modules/@xmtp/browser-sdk'));

/** A page of ours in a browser of its own. */
export async function ownPage(folder) {
  const site = await ground.serveFolder(ground.BUNDLE);
  return open(folder, site);
}

/** A page of the deployed SDK in a browser of its own. Builds it first. */
export async function deployedPage(folder) {
  const source = join(BROWSER_PEER, 'page');
  const built = join(folder, 'deployed-page');
  mkdirSync(source, { recursive: true });
  writeFileSync(
    join(source, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>',
  );
  writeFileSync(
    join(source, 'main.js'),
    "import * as sdk from '@xmtp/browser-sdk';\nglobalThis.sdk = sdk;\nglobalThis.isReady = true;\n",
  );
  const { build } = await import('vite');
  await build({
    root: source,
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir: built, emptyOutDir: true, target: 'esnext' },
  });
  return open(folder, await ground.serveFolder(built));
}

let profiles = 0;

async function open(folder, site) {
  const context = await ground.openProfile(join(folder, `profile-${++profiles}`));
  const page = await ground.openPage(context, site.url);
  return {
    page,
    async close() {
      await context.close();
      await site.close();
    },
  };
}
