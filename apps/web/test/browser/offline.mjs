/** The node goes away and comes back: nothing is lost, and the page says how things stand. */
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, begin, hasKeptItsFiles, openWorld, sees, signIn, write } from './world.mjs';

async function prepare() {
  const world = await openWorld();
  const alice = await world.person('alice');
  const bob = await world.person('bob');
  await signIn(alice);
  bob.address = await signIn(bob);
  await begin(alice, [bob.address]);
  await write(alice, 'before the storm');
  await accept(bob);
  await sees(bob, 'before the storm');
  await hasKeptItsFiles(alice);
  return { world, alice, bob, close: world.close };
}

const status = ({ page }, text) => page.locator('.message', { hasText: text }).locator('.status').first();

/** Runs it. */
export const run = () =>
  scenario('The chat page without its node', prepare, {
    async 'says that the node cannot be reached, and keeps what is written'({ world, alice }) {
      await world.stopNode();
      await write(alice, 'into the wind');
      await sees(alice, 'into the wind');
      await alice.page.locator('.connection').waitFor();
      await alice.page.getByRole('button', { name: /^Outbox/ }).click();
      await alice.page.locator('.unsent', { hasText: 'into the wind' }).waitFor();
    },
    async 'says of somebody to add that nobody can be asked, not that there is nobody'({ alice: { page } }) {
      await page.getByRole('button', { name: 'New conversation' }).click();
      await page.getByLabel('Address or inbox id').fill('ab'.repeat(32));
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.locator('.field-fault', { hasText: 'The node cannot be reached.' }).waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
    },
    async 'keeps a file at hand that could not go, and asks before the page is left with it'({ alice: { page } }) {
      await page.getByRole('button', { name: 'Chats', exact: true }).click();
      await page.locator('.line').first().click();
      const file = { name: 'chart.txt', mimeType: 'text/plain', buffer: Buffer.from('soundings') };
      await page.locator('input[type=file]').setInputFiles(file);
      const failed = page.locator('.upload-failed', { hasText: 'chart.txt' });
      await failed.waitFor();
      const asked = page.waitForEvent('dialog');
      await page.close({ runBeforeUnload: true });
      const dialog = await asked;
      expectEqual(dialog.type(), 'beforeunload', 'what is asked');
      await dialog.dismiss();
      await failed.getByRole('button', { name: 'Discard' }).click();
      await failed.waitFor({ state: 'detached' });
    },
    async 'opens without it, with everything that was there'({ alice }) {
      await alice.page.reload();
      await alice.page.getByRole('button', { name: 'Chats', exact: true }).click();
      await alice.page.locator('.line').first().click();
      await sees(alice, 'before the storm');
      await sees(alice, 'into the wind');
      await status(alice, 'into the wind').and(alice.page.getByLabel('Waiting for a connection')).waitFor();
    },
    async 'sends by itself what waited, when the node is back'({ world, alice, bob }) {
      await world.startNodeAgain();
      await sees(bob, 'into the wind');
      await alice.page.locator('.connection').waitFor({ state: 'detached' });
      await alice.page.locator('.status[aria-label="Sent"]').nth(1).waitFor();
      await write(bob, 'after the storm');
      await sees(alice, 'after the storm');
    },
    async 'says that it is offline when the browser knows, and is back with the network'({ world, alice, bob }) {
      world.isOut = true;
      await world.stopNode();
      await alice.context.setOffline(true);
      await alice.page.getByText('Offline. You can read and write; messages wait here.').waitFor();
      await write(alice, 'from a tunnel');
      await sees(alice, 'from a tunnel');
      await world.startNodeAgain();
      world.isOut = true;
      await alice.context.setOffline(false);
      await sees(bob, 'from a tunnel');
      await alice.page.locator('.connection').waitFor({ state: 'detached' });
      world.isOut = false;
    },
  });
