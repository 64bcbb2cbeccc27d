/** A browser that gives the page nothing to keep, or files but no databases: it says so, works for as long as it is open, and loses nothing silently. */
import { createEOASigner } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { installWallet } from './sign-in.mjs';
import { accept, begin, openWorld, sees, signIn, write } from './world.mjs';

/** Takes the databases away where a site may keep files. Runs before the page's own scripts, and before the worker's. */
function withoutDatabases() {
  IDBFactory.prototype.open = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
}

/** Takes the files away where a site may keep databases. */
function withoutFiles() {
  if (typeof FileSystemFileHandle !== 'undefined') delete FileSystemFileHandle.prototype.createSyncAccessHandle;
}

/** Takes the databases and the files away, as some private windows do. */
function withoutStorage() {
  const refuse = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: refuse });
  Object.defineProperty(IDBFactory.prototype, 'open', { value: refuse });
  if (typeof Storage !== 'undefined') Object.defineProperty(Storage.prototype, 'getItem', { value: refuse });
  if (typeof Storage !== 'undefined') Object.defineProperty(Storage.prototype, 'setItem', { value: refuse });
}

/** Whether a person's browser keeps things, which may change from one visit to the next: a cookie says so to the pages and to the test. */
const setDeprived = (world, context, isDeprived) =>
  isDeprived
    ? context.addCookies([{ name: 'deprived', value: '1', url: world.node.url }])
    : context.clearCookies({ name: 'deprived' });

/** Somebody whose browser is deprived `by` that script while the cookie is set. */
async function somebody(world, name, by, isDeprived, prepareMore = async () => {}) {
  return world.person(name, {
    serviceWorkers: 'block',
    async prepare(context) {
      await setDeprived(world, context, isDeprived);
      await context.addInitScript(`if (document.cookie.includes('deprived')) (${by})();`);
      await context.route(/\/assets\/worker-[^/]+\.js$/, async (route) => {
        const response = await route.fetch();
        const isOn = (await context.cookies()).some((cookie) => cookie.name === 'deprived');
        await route.fulfill({ response, body: `${isOn ? `(${by})();` : ''}${await response.text()}` });
      });
      await prepareMore(context);
    },
  });
}

async function prepareWithoutStorage() {
  const world = await openWorld();
  const alice = await somebody(world, 'alice', withoutStorage, true);
  const bob = await world.person('bob');
  return { alice, bob, close: world.close };
}

async function prepareWithoutDatabases() {
  const world = await openWorld();
  const carol = await somebody(world, 'carol', withoutDatabases, true);
  const signer = createEOASigner();
  const dora = await somebody(world, 'dora', withoutDatabases, false, (context) => installWallet(context, signer));
  const bob = await world.person('bob');
  return { world, carol, dora, bob, close: world.close };
}

async function prepareWithoutFiles() {
  const world = await openWorld();
  const erin = await somebody(world, 'erin', withoutFiles, true);
  const bob = await world.person('bob');
  return { erin, bob, close: world.close };
}

const withWallet = ({ page }) => page.getByRole('button', { name: 'Continue with Lighthouse' }).click();

/** Names of databases that lie in files. */
const files = ({ page }) =>
  page.evaluate(async () => {
    const names = [];
    const top = await navigator.storage.getDirectory();
    for await (const folder of top.values()) {
      if (folder.kind === 'directory') for await (const name of folder.keys()) names.push(name);
    }
    return names;
  });

/** Runs it. */
export const run = async () => {
  await scenario('The chat page where nothing can be kept', prepareWithoutStorage, {
    async 'says so at once, and lets it be put away'({ alice, alice: { page } }) {
      await signIn(alice);
      const bar = page.getByText('is gone when you close it');
      await bar.waitFor();
      await page.locator('.memory-bar').getByRole('button', { name: 'Close' }).click();
      expectEqual(await bar.count(), 0, 'bars');
    },
    async 'works as anywhere else meanwhile'(ground) {
      const { alice, bob } = ground;
      const address = await signIn(bob);
      await begin(alice, [address]);
      await write(alice, 'for today only');
      await accept(bob);
      await sees(bob, 'for today only');
      await write(bob, 'and heard');
      await sees(alice, 'and heard');
    },
    async 'begins anew after a reload, without a fault'({ alice: { page } }) {
      await page.reload();
      await page.getByRole('button', { name: 'Try it with a throw-away key' }).waitFor();
    },
  });

  await scenario('The chat page where IndexedDB is blocked', prepareWithoutDatabases, {
    async 'says that nothing is kept, and leaves no file that nobody could open again'({ carol }) {
      await signIn(carol);
      await carol.page.getByText('is gone when you close it').waitFor();
      expectEqual(await files(carol), [], 'files');
      await carol.page.reload();
      await carol.page.getByRole('button', { name: 'Try it with a throw-away key' }).waitFor();
    },
    async 'says that messages are there but not their key, and has them again when it is let'({ world, dora, bob }) {
      const { page, context } = dora;
      const address = await signIn(bob);
      await withWallet(dora);
      await begin(dora, [address]);
      await write(dora, 'to be found again');
      await page.locator('.status[aria-label="Sent"]').waitFor();
      await setDeprived(world, context, true);
      await page.reload();
      await withWallet(dora);
      await page.getByText('it does not give the page the key to them').waitFor();
      await setDeprived(world, context, false);
      await page.reload();
      await sees(dora, 'to be found again');
    },
    async 'says that a key is gone, and begins anew only when the person wants it'({ dora, dora: { page } }) {
      await page.evaluate(async () => {
        for (const name of ['conclave', 'conclave-page']) indexedDB.deleteDatabase(name);
      });
      await page.reload();
      await withWallet(dora);
      const dialog = page.getByRole('dialog');
      await dialog.getByText('the key to them is gone').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await page.locator('.notice-bad', { hasText: 'the key to them is gone' }).waitFor();
      expectEqual((await files(dora)).length, 1, 'files');
      await withWallet(dora);
      await dialog.getByRole('button', { name: 'Begin anew' }).click();
      await page.locator('.empty .copy-text').waitFor();
    },
  });
  await scenario('The chat page where there are no files', prepareWithoutFiles, {
    async 'keeps everything in IndexedDB'({ erin, bob }) {
      const address = await signIn(bob);
      await signIn(erin);
      await begin(erin, [address]);
      await write(erin, 'kept in blocks');
      await erin.page.locator('.status[aria-label="Sent"]').waitFor();
      expectEqual(await erin.page.locator('.memory-bar').count(), 0, 'bars');
      await erin.page.reload();
      await sees(erin, 'kept in blocks');
      expectEqual(await files(erin), [], 'files');
    },
  });
};
