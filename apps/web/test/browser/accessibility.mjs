/** axe-core on every view, in light and dark, and what the keyboard can do. */
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, accessibilityFaults, act, begin, openWorld, sees, signIn, write } from './world.mjs';

async function prepare() {
  const world = await openWorld();
  const alice = await world.person('alice');
  const bob = await world.person('bob', { viewport: { width: 360, height: 740 } });
  return { alice, bob, close: world.close };
}

const isSound = async ({ page }, view) => expectEqual(await accessibilityFaults(page), [], view);
const press = ({ page }, name) => page.getByRole('button', { name, exact: true }).first().click();

/** Runs it. */
export const run = () =>
  scenario('The chat page for everybody', prepare, {
    async 'has no serious fault at sign-in and in an empty list'({ alice, bob }) {
      await isSound(alice, 'sign-in');
      alice.address = await signIn(alice);
      bob.address = await signIn(bob);
      await isSound(alice, 'empty');
      await isSound(bob, 'empty, narrow');
    },
    async 'nor with a new conversation'({ alice, bob }) {
      await press(alice, 'New conversation');
      await alice.page.getByLabel('Address or inbox id').fill('nobody');
      await press(alice, 'Add');
      await alice.page.getByText('That is neither').waitFor();
      await isSound(alice, 'new conversation');
      await press(alice, 'Cancel');
      await begin(alice, [bob.address], 'Harbour');
    },
    async 'nor in a thread with all that can be in one'({ alice, bob }) {
      await write(alice, 'plain text with https://example.org');
      await write(alice, '# A heading\n\n- one\n- two\n\n`code` and **bold**\n\n> a quote');
      await write(alice, `hello @${bob.address}`);
      await accept(bob);
      await sees(bob, 'A heading');
      await bob.page.locator('input[type=file]').setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('notes'),
      });
      await sees(alice, 'notes.txt');
      await act(alice, 'plain text', 'Reply');
      await isSound(alice, 'reply');
      await write(alice, 'a reply');
      await sees(bob, 'a reply');
      await isSound(alice, 'thread');
      await isSound(bob, 'thread, narrow');
    },
    async 'nor in menus and sheets'({ alice, alice: { page } }) {
      const message = page.locator('.message', { hasText: 'a reply' }).first();
      await message.hover();
      await message.getByLabel('More actions').click();
      await isSound(alice, 'message menu');
      await page.keyboard.press('Escape');
      await press(alice, 'Emoji');
      await isSound(alice, 'emoji');
      await page.keyboard.press('Escape');
      await page.getByLabel('Write a message').fill('@');
      await page.getByRole('option').first().waitFor();
      await isSound(alice, 'mentions');
      await page.getByLabel('Write a message').fill('');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      await isSound(alice, 'quick switcher');
      await page.keyboard.press('Escape');
    },
    async 'nor in details, settings, requests and a search'({ alice, bob, alice: { page } }) {
      await press(alice, 'Details');
      await page.getByText('2 members').waitFor();
      await page.locator('.details select').first().waitFor();
      await isSound(alice, 'details');
      await press(bob, 'Details');
      await bob.page.getByText('2 members').waitFor();
      await isSound(bob, 'details, narrow');
      await press(alice, 'Settings');
      await page.locator('.device').first().waitFor();
      await isSound(alice, 'settings');
      await press(alice, 'Requests');
      await isSound(alice, 'requests');
      await page.getByLabel('Search people and messages').fill('reply');
      await page.locator('.found').first().waitFor();
      await isSound(alice, 'search');
      await page.getByLabel('Search people and messages').fill('');
    },
    async 'can be gone through by keyboard: list, thread, menu, reaction'({ alice: { page } }) {
      await press({ page }, 'Chats');
      await page.locator('.line').first().focus();
      await page.keyboard.press('Enter');
      const message = page.locator('.message', { hasText: 'a reply' }).first();
      await message.waitFor();
      await message.getByLabel('More actions').focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.locator('.reaction').first().waitFor();
    },
    async 'closes with Escape what is uppermost, one after the other'({ alice: { page } }) {
      await press({ page }, 'Details');
      await page.locator('.details').waitFor();
      await page.keyboard.press('Control+k');
      const switcher = page.getByRole('dialog').getByRole('combobox');
      await switcher.waitFor();
      await page.keyboard.press('Escape');
      await switcher.waitFor({ state: 'detached' });
      expectEqual(await page.locator('.details').count(), 1, 'the details behind it');
      await page.keyboard.press('Escape');
      await page.locator('.details').waitFor({ state: 'detached' });
    },
  });
