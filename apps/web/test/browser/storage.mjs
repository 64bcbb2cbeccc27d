/** A browser that gives the page nothing to keep: it says so, and works for as long as it is open. */
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, begin, openWorld, sees, signIn, write } from './world.mjs';

/** Takes the databases and the files away, as some private windows do. Runs before the page's own scripts, and before the worker's. */
function withoutStorage() {
  const refuse = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: refuse });
  Object.defineProperty(IDBFactory.prototype, 'open', { value: refuse });
  if (typeof Storage !== 'undefined') Object.defineProperty(Storage.prototype, 'getItem', { value: refuse });
  if (typeof Storage !== 'undefined') Object.defineProperty(Storage.prototype, 'setItem', { value: refuse });
}

async function prepare() {
  const world = await openWorld();
  const alice = await world.person('alice', {
    serviceWorkers: 'block',
    async prepare(context) {
      await context.addInitScript(withoutStorage);
      await context.route(/\/assets\/worker-[^/]+\.js$/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `(${withoutStorage})();${await response.text()}` });
      });
    },
  });
  const bob = await world.person('bob');
  return { alice, bob, close: world.close };
}

/** Runs it. */
export const run = () =>
  scenario('The chat page where nothing can be kept', prepare, {
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
