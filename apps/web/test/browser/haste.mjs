/**
 * Who is quicker than the page, and what comes in just then: a second click, keys while somebody is looked up, a message while one types. What a
 * person does at once is done here in one turn of the page, so that no machine is too slow for it.
 */
import { Client, createEOASigner } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { installWallet, storedNames } from './sign-in.mjs';
import { accept, act, begin, openWorld, sees, signIn, write } from './world.mjs';

/** How a person's input arrives. Runs in the page. */
function installHands() {
  globalThis.typeInto = (input, text) => {
    input.value = text;
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  globalThis.pressKey = (element, key) =>
    element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}

async function prepare() {
  const world = await openWorld();
  let signatures = 0;
  const countSignature = () => {
    signatures++;
    return false;
  };
  const alice = await world.person('alice', {
    async prepare(context) {
      await context.addInitScript(installHands);
      await installWallet(context, createEOASigner(), { refuses: countSignature });
    },
  });
  const bob = await world.person('bob');
  bob.address = await signIn(bob);
  const options = { env: 'local', apiUrl: world.node.grpcUrl, dbPath: null, disableDeviceSync: true };
  const carol = await Client.create(createEOASigner(), options);
  const dora = await Client.create(createEOASigner(), options);
  return {
    alice,
    bob,
    carol,
    dora,
    signatures: () => signatures,
    async close() {
      await Promise.all([carol.close(), dora.close()]);
      await world.close();
    },
  };
}

const button = ({ page }, name) => page.getByRole('button', { name, exact: true }).first();
const lineOf = ({ page }) => page.getByLabel('Write a message');
const addressOf = (client) => client.accountIdentifier.identifier;
const account = (address) => ({ identifier: address, identifierKind: 0 });
const title = ({ page }, text) => page.locator('.line-title', { hasText: text });

/** Runs it. */
export const run = () =>
  scenario('The chat page and the hasty', prepare, {
    async 'asks a wallet once where somebody clicks twice'({ alice, alice: { page }, signatures }) {
      await page.getByRole('button', { name: 'Continue with Lighthouse' }).evaluate((it) => {
        it.click();
        it.click();
      });
      await page.locator('.empty .copy-text').waitFor();
      alice.address = await page.locator('.empty .copy-text').textContent();
      expectEqual(signatures(), 1, 'signatures asked for');
    },
    async 'shows a switch as off that the browser did not let on'({ alice: { page } }) {
      // Who puts the browser's question away has answered nothing.
      await page.evaluate(() => {
        Object.defineProperty(Notification, 'permission', { get: () => 'default' });
        Notification.requestPermission = async () => 'default';
      });
      await page.getByRole('button', { name: 'Settings' }).first().click();
      const toggle = page.getByLabel('Notify me of new messages');
      await toggle.click();
      expectEqual(await toggle.isChecked(), false, 'notifications');
      await page.getByRole('button', { name: 'Back' }).first().click();
    },
    async 'leaves what is typed while somebody is looked up, and finds all who are asked for'({ alice, bob, carol }) {
      const { page } = alice;
      await button(alice, 'New conversation').click();
      const who = page.getByLabel('Address or inbox id');
      await who.evaluate(
        (input, addresses) => {
          for (const each of addresses) {
            typeInto(input, each);
            pressKey(input, 'Enter');
          }
          typeInto(input, 'half an addr');
        },
        [bob.address, addressOf(carol)],
      );
      await page.locator('dialog .person').nth(1).waitFor();
      expectEqual(await who.inputValue(), 'half an addr', 'what was typed meanwhile');
      await page.getByRole('button', { name: 'Cancel' }).click();
    },
    async 'stays where one has gone while a conversation is made'({ alice, alice: { page }, bob }) {
      await page.evaluate(() => {
        globalThis.places = [];
        const replace = history.replaceState;
        history.replaceState = function (...given) {
          globalThis.places.push(given[2]);
          return replace.apply(this, given);
        };
      });
      await button(alice, 'New conversation').click();
      await page.getByLabel('Address or inbox id').fill(bob.address);
      await button(alice, 'Add').click();
      await page.locator('dialog .person').waitFor();
      await button(alice, 'Start chatting').evaluate((it) => {
        it.click();
        document.querySelector('.list button[aria-label="Settings"]').click();
      });
      await page.locator('.line').waitFor();
      // Another one, made after it: the page goes there, and to no other.
      await begin(alice, [bob.address], 'Quay');
      const places = await page.evaluate(() => globalThis.places.filter((each) => each.startsWith('#/c/')));
      expectEqual(places, [await page.evaluate(() => location.hash)], 'places gone to');
      await page.locator('.line').filter({ hasNotText: 'Quay' }).click();
      await write(alice, 'hello bob');
      // Of two requests this one.
      await bob.page.getByRole('button', { name: /^Requests/ }).click();
      await bob.page.locator('.line', { hasText: 'hello bob' }).click();
      await button(bob, 'Accept').click();
      await sees(bob, 'hello bob');
    },
    async 'keeps what is typed as a nickname while the page learns of others'({ alice, alice: { page }, carol, dora }) {
      const group = await carol.conversations.createGroupWithIdentifiers([account(alice.address)], {
        groupName: 'Harbour',
      });
      await group.sendText('from the harbour');
      await accept(alice);
      await sees(alice, 'from the harbour');
      await page.locator('.line', { hasText: 'hello bob' }).click();
      await sees(alice, 'hello bob');
      await button(alice, 'Details').click();
      const field = page.getByLabel('Your name for them');
      await field.pressSequentially('Cap');
      await group.addMembersByIdentifiers([account(addressOf(dora))]);
      await dora.conversations.sync();
      await (await dora.conversations.getConversationById(group.id)).sendText('ahoy');
      await page.locator('.line-preview', { hasText: `${addressOf(dora).slice(0, 6)}` }).waitFor();
      expectEqual(await field.inputValue(), 'Cap', 'what was typed');
      const tab = await alice.tab();
      await tab.page.locator('.details').waitFor();
      await page.bringToFront();
      await field.pressSequentially('tain');
      await page.keyboard.press('Enter');
      // In the other tab too, which else would undo it with the next that is given there.
      for (const each of [alice, tab]) await title(each, 'Captain').waitFor();
      await tab.page.close();
      await page.locator('.details').getByRole('button', { name: 'Close' }).click();
    },
    async 'goes on behind an emoji that was put between words'({ alice, bob }) {
      const input = lineOf(alice);
      await input.fill('fair , all');
      await input.evaluate((it) => it.setSelectionRange(5, 5));
      await button(alice, 'Emoji').click();
      await alice.page.locator('.emoji-sheet button').first().click();
      const emoji = await alice.page.evaluate(() => document.querySelector('.composer-input').value.slice(5, -5));
      await alice.page.keyboard.type('wind');
      await alice.page.keyboard.press('Enter');
      await sees(bob, `fair ${emoji}wind, all`);
    },
    async 'offers no way back from a deletion that is done'({ alice, alice: { page }, bob }) {
      await write(alice, 'a slip');
      await sees(bob, 'a slip');
      await act(alice, 'a slip', 'Delete');
      await button(alice, 'Undo').waitFor();
      // As when the page is left.
      const left = await page.evaluate(async () => {
        document.dispatchEvent(new Event('visibilitychange'));
        await new Promise((resolve) => setTimeout(resolve, 0));
        return document.querySelectorAll('.notice-action').length;
      });
      expectEqual(left, 0, 'ways back');
      await bob.page.getByText('Message deleted').first().waitFor();
    },
    async 'answers a question that the browser itself has closed'({ alice, alice: { page } }) {
      await button(alice, 'Settings').click();
      await button(alice, 'Sign out').click();
      await page.getByRole('dialog').evaluate((dialog) => dialog.close());
      await page.locator('dialog').waitFor({ state: 'detached' });
      await button(alice, 'Back').click();
    },
    async 'goes to whom one sees in the switcher, whatever comes in'({ alice, alice: { page }, carol }) {
      const [group] = await carol.conversations.listGroups();
      const firstLine = (text) => page.locator('.line-title').first().filter({ hasText: text }).waitFor();
      await group.sendText('first');
      await firstLine('Harbour');
      await title(alice, 'Captain').click();
      await write(alice, 'and second');
      await firstLine('Captain');
      await page.keyboard.press('Control+k');
      await page.locator('.switcher-entry').first().filter({ hasText: 'Captain' }).waitFor();
      await group.sendText('news from the harbour');
      await firstLine('Harbour');
      await page.keyboard.press('Enter');
      await page.locator('dialog').waitFor({ state: 'detached' });
      await page.locator('.thread-who', { hasText: 'Captain' }).waitFor();
    },
    async 'shows no details of another conversation than the one that is open'({ alice, alice: { page } }) {
      await title(alice, 'Captain').click();
      await button(alice, 'Details').click();
      await page.locator('.details-title', { hasText: 'Captain' }).waitFor();
      await title(alice, 'Harbour').click();
      await button(alice, 'Details').click();
      await page.locator('.details-title', { hasText: 'Harbour' }).waitFor();
      const beside = page.evaluate(
        () =>
          new Promise((resolve) => {
            addEventListener('popstate', () => {
              if (location.hash.endsWith('/details')) resolve(document.querySelector('.details-title')?.textContent);
            });
            history.go(-2);
          }),
      );
      expectEqual((await beside) ?? 'none yet', 'none yet', 'details as soon as the page is back');
      await page.locator('.details-title', { hasText: 'Captain' }).waitFor();
    },
    async 'leaves nothing behind when one signs out while a draft is being kept'({ alice: { page } }) {
      await page.evaluate(async () => {
        const rest = () => new Promise((resolve) => queueMicrotask(resolve));
        const click = async (selector) => {
          document.querySelector(selector).click();
          // The page is drawn anew.
          for (let i = 0; i < 5; i++) await rest();
        };
        typeInto(document.querySelector('.composer-input'), 'half a thought');
        Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
        // As when one looks elsewhere: the draft is kept at once.
        dispatchEvent(new Event('visibilitychange'));
        await rest();
        await click('.list button[aria-label="Settings"]');
        await click('.settings .section .button-danger');
        await click('dialog .button-danger');
      });
      await page.getByRole('button', { name: 'Try it with a throw-away key' }).waitFor();
      expectEqual(await page.evaluate(storedNames), [], 'what the browser still holds');
    },
  });
