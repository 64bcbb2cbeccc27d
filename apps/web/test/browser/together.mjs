/** What one does, the other sees while both look on: receipts, what expires, roles and rights, who leaves; and how one reads it all. */
import { Client, createEOASigner, PermissionLevel } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, begin, openWorld, pressInNotice, sees, signIn, write } from './world.mjs';

/** Long enough to be seen; on a machine that is too busy for it, the next is longer. */
const EXPIRY_MS = 4000;
/** More than the page reads at once. */
const MUCH = 45;
/** A grey square of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
);

async function prepare() {
  const world = await openWorld();
  const alice = await world.person('alice');
  const bob = await world.person('bob', { viewport: { width: 360, height: 740 } });
  alice.address = await signIn(alice);
  bob.address = await signIn(bob);
  const options = { env: 'local', apiUrl: world.node.grpcUrl, dbPath: null, disableDeviceSync: true };
  const carol = await Client.create(createEOASigner(), options);
  return {
    world,
    alice,
    bob,
    carol,
    async close() {
      await carol.close();
      await world.close();
    },
  };
}

const button = ({ page }, name) => page.getByRole('button', { name, exact: true }).first();
const statusOf = ({ page }, text) => page.locator('.message', { hasText: text }).locator('.status').first();

/** Does something, waits for the notice that it was saved, and takes that away. */
async function saves(person, change) {
  const closed = pressInNotice(person, 'Saved', 'Close');
  await change();
  await closed;
}

/** Waits for what is chosen in a field of the details. */
const chosen = ({ page }, label, choice) =>
  page
    .locator('.details .field', { hasText: label })
    .locator('option:checked', { hasText: choice })
    .waitFor({ state: 'attached' });

async function toggle({ page }, label) {
  await page.getByRole('button', { name: 'Settings' }).first().click();
  await page.getByLabel(label).check();
  await page.getByRole('button', { name: 'Back' }).first().click();
}

/** Runs it. */
export const run = () =>
  scenario('The chat page and somebody who looks on', prepare, {
    async 'shows one column at a time where there is no room for more'({ alice, bob, bob: { page } }) {
      await begin(alice, [bob.address], 'Harbour');
      await write(alice, 'hello on the small screen');
      await accept(bob);
      await sees(bob, 'hello on the small screen');
      const [list, thread, details] = ['.list', '.thread', '.details'].map((each) => page.locator(each));
      const inSight = async () => [await list.isVisible(), await thread.isVisible(), await details.isVisible()];
      expectEqual(await inSight(), [false, true, false], 'list, thread, details while one reads');
      await page.locator('.thread-who').click();
      await details.waitFor();
      expectEqual(await inSight(), [false, false, true], 'list, thread, details while one looks at details');
      await details.getByRole('button', { name: 'Close' }).click();
      await page.locator('.thread-head').getByRole('button', { name: 'Back' }).click();
      await list.waitFor();
      expectEqual(await inSight(), [true, false, false], 'list, thread, details while one picks');
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expectEqual(overflow, 0, 'pixels beyond the screen');
    },
    async 'counts what was not read, and no longer once it is'({ alice, bob: { page } }) {
      for (const each of ['one', 'two', 'three']) await write(alice, `unread ${each}`);
      const badge = page.locator('.badge');
      await badge.filter({ hasText: '3 unread' }).waitFor();
      expectEqual(await page.title(), '(3) Conclave', 'title');
      await page.reload();
      await badge.filter({ hasText: '3 unread' }).waitFor();
      await page.locator('.line').first().click();
      await sees({ page }, 'unread three');
      await badge.waitFor({ state: 'detached' });
      expectEqual(await page.title(), 'Conclave', 'title');
      await page.locator('.new-line').waitFor();
    },
    async 'begins where reading ended, when much has come since'({ alice, bob: { page } }) {
      await page.locator('.thread-head').getByRole('button', { name: 'Back' }).click();
      for (let i = 0; i < MUCH; i++) await write(alice, `line ${i} of much`);
      await statusOf(alice, `line ${MUCH - 1} of`)
        .and(alice.page.getByLabel('Sent'))
        .waitFor();
      await page.locator('.badge', { hasText: `${MUCH} unread` }).waitFor();
      await page.locator('.line').first().click();
      await page.locator('.message', { hasText: 'line 0 of much' }).waitFor();
      // The way there is measured out over some frames.
      await page.waitForFunction(() => {
        const { top, bottom } = document.querySelector('.new-line')?.getBoundingClientRect() ?? { top: -1 };
        return top >= 0 && bottom <= innerHeight;
      });
      await page.getByRole('button', { name: 'Jump to the latest message' }).click();
      await sees({ page }, `line ${MUCH - 1} of much`);
      await page.getByRole('button', { name: 'Jump to the latest message' }).waitFor({ state: 'detached' });
    },
    async 'tells that a message was read to who asked both, also while both look on'({ alice, bob }) {
      await bob.page.locator('.thread-head').getByRole('button', { name: 'Back' }).click();
      await toggle(bob, 'Send read receipts');
      await bob.page.locator('.line').first().click();
      await bob.page.bringToFront();
      await write(alice, 'can you read this?');
      await statusOf(alice, 'can you read this?')
        .and(alice.page.getByLabel('Read', { exact: true }))
        .waitFor();
      await write(alice, 'and this?');
      await statusOf(alice, 'and this?')
        .and(alice.page.getByLabel('Read', { exact: true }))
        .waitFor();
    },
    async 'takes a picture that is dropped, with progress and as a thumbnail'({ world, alice, bob }) {
      const { page } = alice;
      let letOn = () => {};
      const held = new Promise((resolve) => {
        letOn = resolve;
      });
      await alice.context.route(`${world.node.url}upload`, async (route) => {
        await held;
        await route.continue();
      });
      const transfer = await page.evaluateHandle(
        (bytes) => {
          const given = new DataTransfer();
          given.items.add(new File([new Uint8Array(bytes)], 'quay.png', { type: 'image/png' }));
          return given;
        },
        [...PIXEL],
      );
      await page.locator('.composer').dispatchEvent('dragover', { dataTransfer: transfer });
      await page.locator('.composer[data-over]').waitFor();
      await page.locator('.composer').dispatchEvent('drop', { dataTransfer: transfer });
      const upload = page.locator('.upload', { hasText: 'quay.png' });
      await upload.locator('progress').waitFor();
      letOn();
      await upload.waitFor({ state: 'detached' });
      for (const each of [alice, bob])
        await each.page.waitForFunction(() => document.querySelector('.picture img')?.naturalWidth === 1);
    },
    async 'takes a picture that is pasted, and leaves pasted words to the line'({ alice, bob }) {
      const { page } = alice;
      const paste = (picture) =>
        page.getByLabel('Write a message').evaluate((line, bytes) => {
          const clipboardData = new DataTransfer();
          if (bytes === undefined) clipboardData.setData('text/plain', 'words');
          else clipboardData.items.add(new File([new Uint8Array(bytes)], 'tide.png', { type: 'image/png' }));
          const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
          line.dispatchEvent(event);
          return event.defaultPrevented;
        }, picture);
      expectEqual(await paste(undefined), false, 'whether the page keeps words from the line');
      expectEqual(await paste([...PIXEL]), true, 'whether it takes the picture');
      for (const each of [alice, bob])
        await each.page.waitForFunction(() => document.querySelectorAll('.picture img').length === 2);
    },
    async 'keeps a file that the node did not take, and sends it when tried again'({ world, alice, bob }) {
      const { page } = alice;
      const refuse = (route) => route.fulfill({ status: 507, body: 'full' });
      await alice.context.unroute(`${world.node.url}upload`);
      await alice.context.route(`${world.node.url}upload`, refuse);
      world.isOut = true;
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'log.txt', mimeType: 'text/plain', buffer: Buffer.from('logbook') });
      const failed = page.locator('.upload-failed', { hasText: 'log.txt' });
      await failed.waitFor();
      await page.locator('.notice-bad', { hasText: 'status 507' }).getByLabel('Close').click();
      await alice.context.unroute(`${world.node.url}upload`, refuse);
      // Twice, before the page shows that it is on its way.
      await failed.getByRole('button', { name: 'Try again' }).evaluate((it) => {
        it.click();
        it.click();
      });
      await failed.waitFor({ state: 'detached' });
      await write(alice, 'that was the log');
      await sees(bob, 'that was the log');
      expectEqual(await bob.page.locator('.file', { hasText: 'log.txt' }).count(), 1, 'files sent');
      world.isOut = false;
    },
    async 'says that a file cannot be had, and gets it when tried again'({ world, bob }) {
      const { page } = bob;
      const file = page.locator('.file', { hasText: 'log.txt' });
      const gone = (route) => route.fulfill({ status: 404, body: 'gone' });
      await bob.context.route(`${world.node.url}files/*`, gone);
      world.isOut = true;
      await file.click();
      await page.locator('.notice-bad', { hasText: 'The file could not be fetched.' }).getByLabel('Close').click();
      await bob.context.unroute(`${world.node.url}files/*`, gone);
      const [download] = await Promise.all([page.waitForEvent('download'), file.click()]);
      expectEqual(download.suggestedFilename(), 'log.txt', 'name');
      world.isOut = false;
    },
    async 'shows a changed name, description and picture at once where the details are open'({ alice, bob }) {
      await button(alice, 'Details').click();
      await bob.page.locator('.thread-who').click();
      const panel = bob.page.locator('.details');
      expectEqual(await panel.getByLabel('Group name').inputValue(), 'Harbour', 'name before');
      await alice.page.getByLabel('Group name').fill('Quay');
      await alice.page.getByLabel('Description', { exact: true }).fill('boats and bread');
      await alice.page.getByLabel('Picture (https address)').fill('https://example.org/quay.png');
      await saves(alice, () => alice.page.getByRole('button', { name: 'Save', exact: true }).click());
      await panel.locator('p', { hasText: 'boats and bread' }).waitFor();
      await bob.page.waitForFunction(() =>
        [...document.querySelectorAll('.details input')].some(({ value }) => value === 'https://example.org/quay.png'),
      );
      expectEqual(await panel.getByLabel('Group name').inputValue(), 'Quay', 'name in the field');
      // Nobody asked for pictures from elsewhere.
      expectEqual(await bob.page.locator('.avatar img').count(), 0, 'pictures from the web');
    },
    async 'lets a super admin change who may, and a new one at once'({ alice, bob, bob: { page } }) {
      const mayDisappear = page.getByLabel('set disappearing messages');
      expectEqual(await mayDisappear.isDisabled(), true, 'rights of a member');
      const disappear = page.getByLabel('Remove messages after');
      await disappear.and(page.locator(':disabled')).waitFor();
      await saves(alice, () => alice.page.getByLabel('set disappearing messages').selectOption({ label: 'Everyone' }));
      // No message tells of it.
      await chosen(bob, 'set disappearing messages', 'Everyone');
      await disappear.and(page.locator(':enabled')).waitFor();
      const member = alice.page.locator('.details .person', { hasText: bob.address.slice(0, 6) });
      await member.getByLabel('More actions').click();
      await alice.page.getByRole('menuitem', { name: 'Make super admin', exact: true }).click();
      await page.waitForFunction(() => !document.querySelector('.details select:disabled'));
      await saves(bob, () => page.getByLabel('change the name').selectOption({ label: 'Admins' }));
      await member.locator('.role', { hasText: 'Super admin' }).waitFor();
      await member.getByLabel('More actions').click();
      await alice.page.getByRole('menuitem', { name: 'Remove as super admin', exact: true }).click();
      await page.waitForFunction(() => document.querySelector('.details select:disabled'));
      await page.getByLabel('Group name').and(page.locator(':disabled')).waitFor();
      expectEqual(
        await page.getByLabel('Description', { exact: true }).isDisabled(),
        false,
        'what everyone may change',
      );
      await chosen(alice, 'change the name', 'Admins');
      await page.locator('.details').getByRole('button', { name: 'Close' }).click();
    },
    async 'takes away what expires, from the column and from the list'({ alice, carol }) {
      const { page } = alice;
      const group = await carol.conversations.createGroupWithIdentifiers(
        [{ identifier: alice.address, identifierKind: 0 }],
        { groupName: 'Tide table' },
      );
      await group.sendText('this stays');
      await button(alice, 'Close').click();
      await accept(alice);
      await sees(alice, 'this stays');
      const seesOneGo = async (afterMs) => {
        await group.updateMessageDisappearingSettings(1n, BigInt(afterMs) * 1_000_000n);
        const isSeen = page.locator('.message', { hasText: `tide of ${afterMs}` }).waitFor({ timeout: afterMs });
        await group.sendText(`this goes with the tide of ${afterMs}`);
        return isSeen.then(
          () => true,
          () => false,
        );
      };
      for (let afterMs = EXPIRY_MS; !(await seesOneGo(afterMs)); ) afterMs *= 2;
      await page.locator('.message', { hasText: 'goes with the tide' }).first().waitFor({ state: 'detached' });
      await page.locator('.line-preview', { hasText: 'goes with the tide' }).first().waitFor({ state: 'detached' });
      await sees(alice, 'this stays');
    },
    async 'keeps away what was blocked, and has it back'({ alice, alice: { page } }) {
      await button(alice, 'Details').click();
      const undone = pressInNotice(alice, '', 'Undo');
      await button(alice, 'Block').click();
      await undone;
      await page.getByLabel('Write a message').fill('a thought');
      await button(alice, 'Block').click();
      await page.getByText('You blocked this conversation.').waitFor();
      expectEqual(await page.getByLabel('Write a message').count(), 0, 'composers of what is blocked');
      await page.getByRole('button', { name: 'Chats', exact: true }).click();
      expectEqual(await page.locator('.line', { hasText: 'Tide table' }).count(), 0, 'lines of what is blocked');
      await page.getByRole('button', { name: 'Blocked', exact: true }).click();
      await page.locator('.line', { hasText: 'Tide table' }).click();
      await page.locator('.thread').getByRole('button', { name: 'Unblock' }).click();
      expectEqual(await page.getByLabel('Write a message').inputValue(), 'a thought', 'what was begun');
      await page.getByRole('button', { name: 'Chats', exact: true }).click();
      await page.locator('.line', { hasText: 'Draft: a thought' }).click();
      await page.getByLabel('Write a message').fill('');
    },
    async 'says that one has asked to leave, until it is done'({ alice, carol }) {
      const { page } = alice;
      const group = await carol.conversations.getConversationById(
        await page.evaluate(() => location.hash.split('/')[2]),
      );
      const mine = (await group.members()).find(({ inboxId }) => inboxId === carol.inboxId);
      expectEqual(mine.permissionLevel, PermissionLevel.SuperAdmin, 'who completes it');
      const stream = await group.stream();
      if ((await page.locator('.details').count()) === 0) await button(alice, 'Details').click();
      await page.locator('.details').getByRole('button', { name: 'Leave group' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Leave group' }).click();
      await page.locator('.bar', { hasText: 'You asked to leave' }).waitFor();
      expectEqual(
        await page.locator('.details').getByRole('button', { name: 'Leave group' }).count(),
        0,
        'ways to ask again',
      );
      await page.getByText('You are no longer a member of this group.').waitFor();
      await stream.end();
    },
    async 'is light or dark as one chose, from the first paint on'({ alice: { page } }) {
      const isDark = () =>
        page.evaluate(() => {
          const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
          return red < 128;
        });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.getByRole('button', { name: 'Settings' }).first().click();
      await page.getByLabel('Theme').selectOption('dark');
      expectEqual(await isDark(), true, 'dark on a light system');
      await page.reload();
      expectEqual(await isDark(), true, 'dark after a reload');
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.getByLabel('Theme').selectOption('light');
      expectEqual(await isDark(), false, 'light on a dark system');
      await page.getByLabel('Theme').selectOption('system');
      expectEqual(await isDark(), true, 'as the system has it');
    },
  });
