/** What the page's tests stand on: a node as an operator starts it, and people, each in a browser context of their own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openProfile, temporaryFolder } from '../../../../packages/browser-sdk/test/browser/ground.mjs';
import { CHROMIUM_ARGS, findChromium } from '../../../../scripts/chromium.mjs';

const CLI = fileURLToPath(new URL('../../../../packages/cli/bin/conclave.js', import.meta.url));
const PAGE = fileURLToPath(new URL('../../dist', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** For what hangs, not for what is slow; less than a step may take, so that it says what it waited for. */
const WAIT_MS = 100_000;
/** What Chromium writes when a server is away: no fault of the page. */
const CUT = /net::ERR_(CONNECTION|INTERNET|INCOMPLETE|NETWORK|EMPTY|ABORTED|FAILED)/;
/** What it writes when a server is away, or refuses. */
const OUTAGE = new RegExp(`${CUT.source}|responded with a status of \\d+`);

/** Starts a node. @param ports - where it listens; 0 for any free port */
export async function startNode(folder, { grpc = 0, web = 0 } = {}) {
  const addresses = ['--grpc', `127.0.0.1:${grpc}`, '--web', `127.0.0.1:${web}`];
  const args = ['node', 'start', '--data', folder, ...addresses, '--page', PAGE, '--log-level', 'error'];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, grpcPort, webPort] = line.match(/^ready .*?:(\d+)\b.*web http:\/\/\S+:(\d+)/) ?? [];
    if (webPort === undefined) continue;
    return {
      // `localhost` counts as a secure context in every browser.
      url: `http://localhost:${webPort}/`,
      grpcUrl: `http://127.0.0.1:${grpcPort}`,
      ports: { grpc: Number(grpcPort), web: Number(webPort) },
      stop() {
        child.kill('SIGTERM');
        return ended;
      },
    };
  }
  throw new Error('the node ended before it was ready');
}

/** A world: its node, its people, and what their pages complained of. */
export async function openWorld() {
  const folder = temporaryFolder();
  const data = `${folder.path}/node`;
  const node = await startNode(data);
  const browser = await chromium.launch({ executablePath: findChromium(), args: CHROMIUM_ARGS });
  const faults = [];
  const contexts = [];
  const world = {
    node,
    faults,
    isOut: false,
    /** Whether the node has ever been away: what was asked then may be told when it is back. */
    wasOut: false,
    /**
     * Somebody with a fresh browser.
     * @param prepare - before the page is opened
     * @param onDisk - with a profile on the disk, where quotas count, and not a private window
     */
    async person(name, { prepare, onDisk = false, ...options } = {}) {
      const settings = { permissions: ['clipboard-read', 'clipboard-write'], ...options };
      const context = onDisk
        ? await openProfile(`${folder.path}/${name}`, settings)
        : await browser.newContext(settings);
      contexts.push(context);
      const watch = (page) => {
        page.setDefaultTimeout(WAIT_MS);
        page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
        page.on('console', (message) => {
          if (message.type() !== 'error') return;
          if ((world.isOut && OUTAGE.test(message.text())) || (world.wasOut && CUT.test(message.text()))) return;
          faults.push(`${name}: ${message.text()} ${message.location().url}`);
        });
        // The page asks nobody but its node.
        page.on('request', (request) => {
          const { protocol, origin } = new URL(request.url());
          if (/^https?:/.test(protocol) && `${origin}/` !== world.node.url) faults.push(`${name}: asked ${origin}`);
        });
        return page;
      };
      await prepare?.(context);
      const page = watch(await context.newPage());
      await page.goto(world.node.url);
      return {
        name,
        context,
        page,
        /** Another tab of the same browser, where this one is. */
        async tab() {
          const tab = watch(await context.newPage());
          await tab.goto(`${world.node.url}${await page.evaluate(() => location.hash)}`);
          return { name, context, page: tab };
        },
      };
    },
    async stopNode() {
      world.isOut = true;
      world.wasOut = true;
      await world.node.stop();
    },
    async startNodeAgain() {
      world.node = await startNode(data, world.node.ports);
      world.isOut = false;
    },
    async close() {
      for (const context of contexts) {
        await context.unrouteAll({ behavior: 'ignoreErrors' });
        await context.close();
      }
      await browser.close();
      await world.node.stop();
      folder.remove();
      if (faults.length > 0) throw new Error(`the pages complained: ${faults.join('; ')}`);
    },
  };
  return world;
}

/** Signs in with a throw-away key. @returns the address */
export async function signIn({ page }) {
  await page.getByRole('button', { name: 'Try it with a throw-away key' }).click();
  await page.locator('.empty .copy-text').waitFor();
  return page.locator('.empty .copy-text').textContent();
}

/** Begins a conversation with these addresses: one makes a DM, more or a name a group. */
export async function begin({ page }, addresses, groupName) {
  await page.getByRole('button', { name: 'New conversation' }).click();
  for (const [i, address] of addresses.entries()) {
    await page.getByLabel('Address or inbox id').fill(address);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('dialog .person').nth(i).waitFor();
  }
  if (groupName !== undefined) await page.getByLabel(/^Group name/).fill(groupName);
  await page.getByRole('button', { name: groupName === undefined ? 'Start chatting' : 'Create group' }).click();
  await page.getByLabel('Write a message').waitFor();
}

/** Accepts the first request. */
export async function accept({ page }) {
  await page.getByRole('button', { name: /^Requests/ }).click();
  await page.locator('.line').first().click();
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByLabel('Write a message').waitFor();
}

/** Writes into the open conversation. */
export async function write({ page }, text) {
  await page.getByLabel('Write a message').fill(text);
  await page.keyboard.press('Enter');
}

/** Waits for a message. */
export const sees = ({ page }, text) => page.locator('.message', { hasText: text }).first().waitFor();

/** Opens the menu of a message and picks an entry. */
export async function act({ page }, text, entry) {
  const message = page.locator('.message', { hasText: text }).first();
  await message.hover();
  await message.getByLabel('More actions').click();
  await page.getByRole('menuitem', { name: entry }).click();
}

/**
 * Presses a button of the next notice with these words, as soon as it is there: a notice stays for some seconds, which a busy machine may take
 * longer than. To be asked for before what brings the notice.
 */
export function pressInNotice({ page }, words, label) {
  return page.evaluate(
    ([text, name]) =>
      new Promise((resolve) => {
        const press = () => {
          const notice = [...document.querySelectorAll('.notice')].find((each) => each.textContent.includes(text));
          const buttons = [...(notice?.querySelectorAll('button') ?? [])];
          const button = buttons.find((each) => (each.getAttribute('aria-label') ?? each.textContent) === name);
          if (button === undefined) return;
          observer.disconnect();
          button.click();
          resolve();
        };
        const observer = new MutationObserver(press);
        observer.observe(document.querySelector('.notices'), { childList: true, subtree: true });
        press();
      }),
    [words, label],
  );
}

/** Waits until the page has kept all of its own files that it has loaded, and opens without its node. */
export const hasKeptItsFiles = ({ page }) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    const own = performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.startsWith(`${location.origin}/assets/`));
    const areKept = async () => (await Promise.all(own.map(({ name }) => caches.match(name)))).every(Boolean);
    while (!(await areKept()) || !(await caches.match('/')));
  });

/** What axe-core finds that is serious or worse, in light and in dark. */
export async function accessibilityFaults(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const violations = await page.evaluate(async () => {
      const { violations: all } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return all
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`));
    });
    found.push(...violations.map((each) => `${colorScheme}: ${each}`));
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  return found;
}
