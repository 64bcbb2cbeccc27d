/** Notifications of the system: from a message that comes in to what the browser shows, and of what there is none. */
import { Client, createEOASigner } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, openWorld, sees, signIn, write } from './world.mjs';

/** Playwright says of every page that it has the focus; here that is for the browser to say. */
async function realFocus({ context, page }) {
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
}

async function prepare() {
  const world = await openWorld();
  const permissions = ['notifications', 'clipboard-read', 'clipboard-write'];
  const alice = await world.person('alice', { permissions });
  const address = await signIn(alice);
  alice.elsewhere = await alice.context.newPage();
  const bob = await Client.create(createEOASigner(), {
    env: 'local',
    apiUrl: world.node.grpcUrl,
    dbPath: null,
    disableDeviceSync: true,
  });
  const group = await bob.conversations.createGroupWithIdentifiers([{ identifier: address, identifierKind: 0 }], {
    groupName: 'Harbour',
  });
  await group.sendText('hello');
  await realFocus(alice);
  return {
    ...{ world, alice, bob, group, address },
    async close() {
      await bob.close();
      await world.close();
    },
  };
}

/** What is shown, once what the page has asked the browser for before is answered. */
const shown = ({ page }) =>
  page.evaluate(async () => {
    await navigator.locks.query();
    await navigator.serviceWorker.getRegistration();
    const registration = await navigator.serviceWorker.ready;
    const all = await registration.getNotifications();
    return all.map(({ title, body, tag, data }) => ({ title, body, tag, hash: data.hash }));
  });
const clear = ({ page }) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    for (const each of await registration.getNotifications()) each.close();
  });
/** Waits for one. */
const notified = ({ page }) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    while ((await registration.getNotifications()).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
/** Looks at another tab, of another site: every click into a page brings it back. */
async function lookAway({ page, elsewhere }) {
  await page.bringToFront();
  await elsewhere.bringToFront();
  await page.waitForFunction(() => !document.hasFocus());
}

/** Runs it. */
export const run = () =>
  scenario('The chat page and notifications', prepare, {
    async 'shows none of a request'({ alice, group }) {
      const { page } = alice;
      await page.getByRole('button', { name: 'Settings' }).first().click();
      await page.getByLabel('Notify me of new messages').check();
      await page.getByRole('button', { name: 'Back' }).first().click();
      await lookAway(alice);
      await group.sendText('let me in');
      await page.locator('.shelf-count', { hasText: '1' }).waitFor();
      await page.getByRole('button', { name: /^Requests/ }).click();
      await page.locator('.line-preview', { hasText: 'let me in' }).waitFor();
      expectEqual(await shown(alice), [], 'notifications of a request');
      await accept(alice);
    },
    async 'tells who wrote where, and not what, while one looks elsewhere'({ alice, bob, group }) {
      await lookAway(alice);
      await group.sendText('a secret');
      await notified(alice);
      const [notice, ...more] = await shown(alice);
      expectEqual(more, [], 'further ones');
      expectEqual(notice.title, 'Harbour', 'title');
      expectEqual(JSON.stringify(notice).includes('secret'), false, 'what was written');
      expectEqual(notice.hash, `#/c/${group.id}`, 'where it leads');
      expectEqual(bob.accountIdentifier.identifier.startsWith(notice.body.slice(0, 6)), true, 'who wrote');
    },
    async 'is one for a conversation, however much is written'({ alice, group }) {
      await group.sendText('another');
      await group.sendText('and another');
      await sees(alice, 'and another');
      await alice.page.waitForFunction(() => document.title.startsWith('('));
      expectEqual((await shown(alice)).length, 1, 'notifications');
    },
    async 'leads to the conversation, in the page as it is'({ alice, group }) {
      await alice.page.evaluate(() => {
        globalThis.isTheSamePage = true;
      });
      await alice.page.getByRole('button', { name: 'Settings' }).first().click();
      const [worker] = alice.context.serviceWorkers();
      await worker.evaluate(async () => {
        const [notification] = await self.registration.getNotifications();
        self.dispatchEvent(new NotificationEvent('notificationclick', { notification }));
      });
      await alice.page.waitForURL((url) => url.hash === `#/c/${group.id}`);
      await sees(alice, 'and another');
      expectEqual(await alice.page.evaluate(() => globalThis.isTheSamePage), true, 'whether it is the same page');
      expectEqual(await shown(alice), [], 'notifications after a click');
    },
    async 'shows none to who looks, in whichever tab'({ alice, group }) {
      // The focus of this one is as Playwright says.
      const tab = await alice.tab();
      await tab.page.getByRole('button', { name: 'Settings' }).first().click();
      await lookAway(alice);
      expectEqual(await tab.page.evaluate(() => document.hasFocus()), true, 'whether the other tab is looked at');
      await group.sendText('to who looks elsewhere on the page');
      await sees(alice, 'to who looks elsewhere');
      await tab.page.locator('.badge').waitFor();
      expectEqual(await shown(alice), [], 'notifications');
      await tab.page.close();
    },
    async 'shows none of what one wrote oneself, on another device or here'({ alice }) {
      await write(alice, 'my own words');
      await sees(alice, 'my own words');
      await alice.page.locator('.message', { hasText: 'my own words' }).getByLabel('Sent').waitFor();
      expectEqual(await shown(alice), [], 'notifications');
    },
    async 'shows none of a change of the group'({ alice, group }) {
      await lookAway(alice);
      await group.updateName('Quay');
      await alice.page.locator('.update', { hasText: 'Quay' }).waitFor();
      expectEqual(await shown(alice), [], 'notifications');
    },
    async 'shows none of what is muted, and again when it is not'({ alice, group }) {
      const { page } = alice;
      await page.getByRole('button', { name: 'Details', exact: true }).click();
      await page.getByLabel(/^Mute/).check();
      await page.locator('.line', { hasText: 'muted' }).waitFor();
      await lookAway(alice);
      await group.sendText('into the quiet');
      await sees(alice, 'into the quiet');
      expectEqual(await shown(alice), [], 'notifications of what is muted');
      await page.getByLabel(/^Mute/).uncheck();
      await lookAway(alice);
      await group.sendText('aloud');
      await notified(alice);
      await clear(alice);
      await page.getByLabel(/^Mute/).check();
      await page.reload();
      await page.getByLabel(/^Mute/).and(page.locator(':checked')).waitFor();
      await page.getByLabel(/^Mute/).uncheck();
      await realFocus(alice);
    },
    async 'shows none of what is blocked'({ alice, bob, group, address }) {
      const { page } = alice;
      await page.locator('.details').getByRole('button', { name: 'Block' }).click();
      await page.getByText('You blocked this conversation.').waitFor();
      await lookAway(alice);
      await group.sendText('hear me');
      // What another conversation brings afterwards has been through the same stream.
      const other = await bob.conversations.createGroupWithIdentifiers([{ identifier: address, identifierKind: 0 }]);
      await other.sendText('another matter');
      await page.getByRole('button', { name: /^Requests/ }).click();
      await page.locator('.line-preview', { hasText: 'another matter' }).waitFor();
      expectEqual(await shown(alice), [], 'notifications of what is blocked');
    },
  });
