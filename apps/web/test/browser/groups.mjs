/** Three people and a group: what is changed is seen by all, a removal as a removal; mentions, quotes, undo. */
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, act, begin, openWorld, pressInNotice, sees, signIn, write } from './world.mjs';

async function prepare() {
  const world = await openWorld();
  const people = {};
  for (const name of ['alice', 'bob', 'carol']) {
    people[name] = await world.person(name);
    people[name].address = await signIn(people[name]);
  }
  return { ...people, close: world.close };
}

/** More than the page reads at once. */
const LINES = 44;
const UNDO = '00:06';

const update = ({ page }, text) => page.locator('.update', { hasText: text }).first().waitFor();
const openDetails = ({ page }) => page.getByRole('button', { name: 'Details', exact: true }).click();

/** Picks something from a member's menu in the open panel. */
async function withMember({ page }, address, entry) {
  const member = page.locator('.details .person', { hasText: address.slice(0, 6) });
  await member.getByLabel('More actions').click();
  await page.getByRole('menuitem', { name: entry, exact: true }).click();
}

/** Runs it. */
export const run = () =>
  scenario('A group on the chat page', prepare, {
    async 'is made with one, and a third is added, who sees it as a request'({ alice, bob, carol }) {
      await begin(alice, [bob.address], 'Harbour');
      await write(alice, 'welcome aboard');
      await accept(bob);
      await sees(bob, 'welcome aboard');
      await openDetails(alice);
      await alice.page.getByRole('button', { name: 'Add people' }).first().click();
      const dialog = alice.page.getByRole('dialog', { name: 'Add people' });
      await dialog.getByLabel('Address or inbox id').fill(carol.address);
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await dialog.locator('.person').waitFor();
      await dialog.getByRole('button', { name: 'Add people' }).click();
      await alice.page.getByText('3 members').waitFor();
      await accept(carol);
      await write(carol, 'hello from carol');
      await Promise.all([sees(alice, 'hello from carol'), sees(bob, 'hello from carol')]);
      await update(bob, 'added');
    },
    async 'gets another name, which all lists show'({ alice, bob, carol }) {
      await alice.page.getByLabel('Group name').fill('Harbour Lights');
      await alice.page.getByRole('button', { name: 'Save' }).click();
      for (const { page } of [alice, bob, carol])
        await page.locator('.line-title', { hasText: 'Harbour Lights' }).waitFor();
      await update(bob, 'named the group “Harbour Lights”');
    },
    async 'makes somebody an admin, who may then remove'({ alice, bob }) {
      await withMember(alice, bob.address, 'Make admin');
      await update(bob, 'an admin');
      await openDetails(bob);
      await bob.page.locator('.details .role', { hasText: 'Admin' }).first().waitFor();
    },
    async 'completes the name of who is meant, and tells them'({ alice, bob, carol }) {
      const input = alice.page.getByLabel('Write a message');
      await input.click();
      await input.pressSequentially(`look at this @${carol.address.slice(0, 6)}`);
      await alice.page.getByRole('option').first().waitFor();
      await alice.page.keyboard.press('Enter');
      expectEqual((await input.inputValue()).endsWith(' '), true, 'a completed name');
      await alice.page.keyboard.press('Enter');
      await carol.page.locator('.message[data-means-me] .mention[data-me]', { hasText: '@You' }).waitFor();
      await sees(bob, 'look at this');
      expectEqual(await bob.page.locator('.message[data-means-me]').count(), 0, 'mentions of somebody else');
    },
    async 'goes to the message that a reply quotes, however far back'({ alice, bob }) {
      const column = alice.page.locator('.messages');
      for (let i = 1; i <= LINES; i++) await write(bob, `line ${i} of many`);
      await sees(alice, `line ${LINES} of many`);
      await column.evaluate((element) => element.scrollTo(0, 0));
      await act(alice, 'welcome aboard', 'Reply');
      await write(alice, 'an answer after all');
      await sees(bob, 'an answer after all');
      // After a reload only the newest are at hand.
      await bob.page.reload();
      await bob.page.getByRole('button', { name: /welcome aboard/ }).waitFor();
      expectEqual(await bob.page.locator('.message', { hasText: 'line 1 of many' }).count(), 0, 'far lines at hand');
      await bob.page.getByRole('button', { name: /welcome aboard/ }).click();
      await bob.page.locator('.message[data-revealed]', { hasText: 'welcome aboard' }).waitFor();
    },
    async 'is found by words, and opened where they stand'({ carol: { page } }) {
      await page.evaluate(() => {
        globalThis.said = [];
        const note = () => globalThis.said.push(document.querySelector('.list .empty-title')?.textContent);
        new MutationObserver(note).observe(document.querySelector('.list'), { childList: true, subtree: true });
      });
      await page.getByLabel('Search people and messages').fill('hello carol');
      await page.locator('.found').first().waitFor();
      expectEqual(
        await page.evaluate(() => said.filter((each) => each?.startsWith('Nothing found'))),
        [],
        'on the way',
      );
      await page.locator('.found').first().click();
      await page.locator('.message[data-revealed]', { hasText: 'hello from carol' }).waitFor();
      await page.getByLabel('Search people and messages').fill('');
    },
    async 'shows other words where a message was edited, also in the list'({ alice, bob, carol }) {
      for (const { page } of [bob, carol])
        await page.getByRole('button', { name: 'Jump to the latest message' }).click();
      await write(alice, 'we meet at sevn');
      await sees(bob, 'we meet at sevn');
      await act(alice, 'we meet at sevn', 'Edit');
      await write(alice, 'we meet at seven');
      for (const { page } of [alice, bob, carol]) {
        await page.locator('.message', { hasText: 'we meet at seven' }).locator('.edited').waitFor();
        await page.locator('.line-preview', { hasText: 'we meet at seven' }).first().waitFor();
      }
      // The arrow key takes the last of one's own, and whoever types at once, before the page is drawn, types over it.
      await alice.page.getByLabel('Write a message').evaluate(async (area) => {
        const press = (key) =>
          area.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        press('ArrowUp');
        await Promise.resolve();
        area.value = 'we meet at eight';
        area.dispatchEvent(new InputEvent('input', { bubbles: true }));
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
        press('Enter');
      });
      await sees(bob, 'we meet at eight');
      expectEqual(await alice.page.getByText('we meet at seven').count(), 0, 'earlier words');
    },
    async 'takes a deletion back when asked in time, and else deletes for all'({ alice, bob, carol }) {
      await alice.page.clock.install();
      await write(alice, 'a slip of the pen');
      await sees(bob, 'a slip of the pen');
      const undone = pressInNotice(alice, '', 'Undo');
      await act(alice, 'a slip of the pen', 'Delete');
      await undone;
      await sees(alice, 'a slip of the pen');
      await act(alice, 'a slip of the pen', 'Delete');
      await alice.page.clock.fastForward(UNDO);
      for (const { page } of [bob, carol]) await page.getByText('Message deleted').first().waitFor();
    },
    async 'shows a removal as a removal, to the one removed and to the others'({ alice, bob, carol }) {
      await withMember(bob, carol.address, 'Remove');
      await bob.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await carol.page.getByText('You are no longer a member of this group.').waitFor();
      await update(carol, 'removed you');
      await update(alice, 'removed');
      expectEqual(await carol.page.getByLabel('Write a message').count(), 0, 'composers of one who was removed');
      await bob.page.getByText('2 members').waitFor();
    },
    async 'tells the only super admin what to do before leaving, and lets one of two go'({ alice, bob }) {
      const leave = alice.page.locator('.details').getByRole('button', { name: 'Leave group' });
      if ((await leave.count()) === 0) await openDetails(alice);
      await alice.page.getByText('You are the only super admin.').waitFor();
      expectEqual(await leave.isDisabled(), true, 'a way out that the network would refuse');
      await withMember(alice, bob.address, 'Make super admin');
      await alice.page.getByText('You are the only super admin.').waitFor({ state: 'detached' });
      await leave.click();
      await alice.page.getByRole('dialog').getByText('no super admin any more').waitFor();
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Leave group' }).click();
      await alice.page.getByText('You are no longer a member of this group.').waitFor();
      await update(bob, 'left');
    },
  });
