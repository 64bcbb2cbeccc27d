/** Two people on the page: from the first visit to reload, second tab, attachment and hostile content. */
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { keepAsBefore, untilKept } from './kept-drafts.mjs';
import { act, begin, openWorld, sees, signIn, write } from './world.mjs';

const HOSTILE = '<img src=x onerror="globalThis.owned=1"> [x](javascript:owned=1) **<script>owned=1</script>**';

/** Some, that fit on the screen. */
const MANY = 3;

/** The worker of the page, which all tabs share. */
const WORKER = /\/assets\/worker-[^/]+\.js$/;

/** Gives another text in place of a file. */
async function ahead(route, change) {
  const response = await route.fetch();
  await route.fulfill({ response, body: change(await response.text()) });
}

async function prepare() {
  const world = await openWorld();
  return {
    world,
    node: world.node,
    alice: await world.person('alice'),
    bob: await world.person('bob'),
    close: world.close,
  };
}

/** Runs it. */
export const run = () =>
  scenario('The chat page', prepare, {
    async 'is served with a policy that lets nothing run but the page'({ node }) {
      const policy = (await fetch(node.url)).headers.get('content-security-policy');
      expectEqual(policy?.includes("default-src 'none'"), true, 'policy');
      expectEqual(policy?.includes('unsafe-inline'), false, 'inline scripts or styles');
    },
    async 'lets two people in'(ground) {
      ground.aliceAddress = await signIn(ground.alice);
      ground.bobAddress = await signIn(ground.bob);
    },
    async 'finds somebody by address, and says so when there is nobody'({ alice: { page }, bobAddress }) {
      await page.getByRole('button', { name: 'New conversation' }).click();
      const who = page.getByLabel('Address or inbox id');
      await who.fill(`0x${'1'.repeat(40)}`);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('Nobody on this network has that address yet.').waitFor();
      await who.fill(bobAddress);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.locator('.person').waitFor();
      await page.getByRole('button', { name: 'Start chatting' }).click();
      await page.getByLabel('Write a message').waitFor();
    },
    async 'shows a first message as a request, which can be accepted and answered'({ alice, bob }) {
      await write(alice, 'Hello Bob');
      await sees(alice, 'Hello Bob');
      await bob.page.getByRole('button', { name: /^Requests/ }).click();
      await bob.page.locator('.line').first().click();
      await sees(bob, 'Hello Bob');
      await bob.page.getByRole('button', { name: 'Accept' }).click();
      await write(bob, 'Hello Alice');
      await sees(alice, 'Hello Alice');
    },
    async 'executes nothing that a message says'({ alice, bob }) {
      await write(bob, HOSTILE);
      await sees(alice, 'onerror=');
      expectEqual(await alice.page.evaluate(() => [globalThis.owned, document.querySelector('.message img')]), [
        null,
        null,
      ]);
      expectEqual(await alice.page.locator('.message a[href^="javascript"]').count(), 0, 'script links');
    },
    async 'carries an encrypted file, which comes out as it went in'({ alice, bob }) {
      const content = Buffer.from('the quick brown fox');
      await alice.page
        .locator('input[type=file]')
        .setInputFiles({ name: 'fox.txt', mimeType: 'text/plain', buffer: content });
      const file = bob.page.locator('.file', { hasText: 'fox.txt' });
      await file.waitFor();
      const [download] = await Promise.all([bob.page.waitForEvent('download'), file.click()]);
      const parts = [];
      for await (const part of await download.createReadStream()) parts.push(part);
      expectEqual(Buffer.concat(parts).toString(), content.toString(), 'file');
    },
    async 'counts reactions'({ alice, bob }) {
      const message = bob.page.locator('.message', { hasText: 'Hello Bob' }).first();
      await message.hover();
      await message.getByLabel('More actions').click();
      await bob.page.getByLabel('React 👍').click();
      await alice.page.locator('.reaction', { hasText: '👍' }).waitFor();
    },
    async 'says that somebody is typing to who asked for it, and not to who did not'({ alice, bob }) {
      const line = alice.page.locator('.typing');
      const input = bob.page.getByLabel('Write a message');
      expectEqual(await line.count(), 0, 'lines before anybody asked');
      for (const { page } of [alice, bob]) {
        await page.getByRole('button', { name: 'Settings' }).first().click();
        await page.getByLabel(/^Tell others when I am typing/).check();
        await page.getByRole('button', { name: 'Back' }).first().click();
        await page.locator('.line').first().click();
      }
      // Watched from the first letter on: it stands for some seconds.
      await Promise.all([line.filter({ hasText: /is typing…$/ }).waitFor(), input.pressSequentially('I was about to')]);
      await input.fill('');
      await line.filter({ hasText: /^$/ }).waitFor();
      await write(bob, 'I was about to say');
      await sees(alice, 'about to say');
      expectEqual(
        await alice.page.locator('.message', { hasText: /shown|kind of message/i }).count(),
        0,
        'messages of it',
      );
      const preview = await alice.page.locator('.line-preview').first().textContent();
      expectEqual(preview?.includes('about to say'), true, 'the list shows what was said');
    },
    async 'lets one look back from what one has just written'({ alice }) {
      for (const each of ['one', 'two', 'three']) await write(alice, `${`line of ${each}\n`.repeat(50)}end of ${each}`);
      await sees(alice, 'end of three');
      const column = alice.page.locator('.messages');
      await column.hover();
      for (let i = 0; i < 12; i++) {
        await alice.page.mouse.wheel(0, -400);
        await alice.page.evaluate(
          () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
        );
      }
      await alice.page.getByRole('button', { name: 'Jump to the latest message' }).waitFor();
      // The wheel is followed when there is time for it; who is there is left there.
      const left = await column.evaluate(async (it) => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const now = () => it.scrollHeight - it.scrollTop - it.clientHeight;
        while (now() < 3000) await frame();
        for (let i = 0; i < 5; i++) await frame();
        return now();
      });
      if (left < 3000) throw new Error(`pulled back to ${left} pixels from the end`);
      await alice.page.getByRole('button', { name: 'Jump to the latest message' }).click();
    },
    async 'is where it was after a reload, as the same installation'({ alice }) {
      const installation = () => alice.page.evaluate(() => location.hash);
      const before = await installation();
      await alice.page.reload();
      await sees(alice, 'Hello Alice');
      expectEqual(await installation(), before, 'place');
    },
    async 'keeps what was begun over a reload, and in no place in clear'({ alice: { page } }) {
      const line = page.getByLabel('Write a message');
      await line.fill('half a thought');
      const { isClear, isNamed } = await untilKept(page, 1, 'half a thought');
      expectEqual(isClear, false, 'whether it can be read in the browser’s files');
      expectEqual(isNamed, false, 'whether they tell in which conversation something was begun');
      // What is being edited is no draft, and takes the place of none.
      await act({ page }, 'Hello Bob', 'Edit');
      await line.fill('Hello, Bob, again');
      await page.reload();
      await page.waitForFunction(() => document.querySelector('.composer-input')?.value === 'half a thought');
      await page.getByRole('button', { name: 'Settings' }).first().click();
      await page.locator('.line', { hasText: 'Draft: half a thought' }).click();
      await line.fill('');
      await untilKept(page, 0);
    },
    async 'still has what was begun when the names of drafts told their conversations'({ alice: { page } }) {
      const line = page.getByLabel('Write a message');
      const holds = (text) =>
        page.waitForFunction((wanted) => document.querySelector('.composer-input')?.value === wanted, text);
      await keepAsBefore(page, [{ text: 'begun long ago' }, { id: 'ab'.repeat(16), text: 'of another' }]);
      await page.reload();
      await holds('begun long ago');
      const { names, isNamed } = await untilKept(page, 2);
      expectEqual([isNamed, names.some((name) => name.includes('ab'.repeat(16)))].join(), 'false,false', 'in clear');
      await page.reload();
      await holds('begun long ago');
      // A tab of before writes on: what this version keeps stays.
      await keepAsBefore(page, [{ text: 'begun elsewhere' }]);
      await page.reload();
      await holds('begun long ago');
      await untilKept(page, 2);
      await line.fill('');
      await untilKept(page, 1);
      await page.reload();
      await sees({ page }, 'Hello Alice');
      await holds('');
    },
    async 'says so when another tab has a version that does not know what this one asks for'({ world, bobAddress }) {
      const old = (route) => ahead(route, (text) => text.replaceAll('updateName', 'renameOfOld'));
      const carol = await world.person('carol', {
        serviceWorkers: 'block',
        prepare: (context) => context.route(WORKER, old),
      });
      await signIn(carol);
      await begin(carol, [bobAddress], 'Pier');
      const later = await carol.tab();
      await carol.context.unroute(WORKER, old);
      await later.page.getByRole('button', { name: 'Details' }).first().click();
      const save = async () => {
        await later.page.getByLabel('Group name').fill('Mole');
        await later.page.getByRole('button', { name: 'Save', exact: true }).click();
      };
      await save();
      await later.page.locator('.notice-bad', { hasText: 'Load the older tab again' }).waitFor();
      await carol.page.reload();
      // What is asked for before this tab has taken over is not answered, and one is told to try again.
      const renamed = later.page.locator('.thread-who', { hasText: 'Mole' });
      const lost = later.page.locator('.notice-bad', { hasText: 'closed before it answered' });
      do {
        await save();
        await renamed.or(lost).first().waitFor();
        if (await lost.count()) await lost.first().getByLabel('Close').click();
      } while ((await renamed.count()) === 0);
    },
    async 'shows what came while it was closed where it was, marked as new'({ alice, bob }) {
      const { page } = alice;
      const address = page.url();
      await page.goto('about:blank');
      for (let i = 0; i < MANY; i++) await write(bob, `while you were away ${i}`);
      await bob.page
        .locator('.message', { hasText: `away ${MANY - 1}` })
        .getByLabel('Sent')
        .waitFor();
      await page.goto(address);
      await sees(alice, `while you were away ${MANY - 1}`);
      await page.locator('.new-line').waitFor();
    },
    async 'is in step in a second tab'({ alice, bob }) {
      const tab = await alice.tab();
      await sees(tab, 'Hello Alice');
      await write(bob, 'to both tabs');
      await Promise.all([sees(alice, 'to both tabs'), sees(tab, 'to both tabs')]);
      await tab.page.close();
    },
    async 'saves an encrypted backup, which no other passphrase opens and its own does'({ alice: { page } }) {
      await page.getByRole('button', { name: 'Settings' }).first().click();
      const passphrase = page.getByLabel('Passphrase');
      await passphrase.fill('correct horse battery');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save a backup…' }).click(),
      ]);
      const file = await download.path();
      const restore = async () => {
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          page.getByRole('button', { name: 'Restore a backup…' }).click(),
        ]);
        await chooser.setFiles(file);
      };
      await passphrase.fill('wrong horse battery');
      await restore();
      await page.locator('.notice-bad').waitFor();
      await passphrase.fill('correct horse battery');
      await restore();
      await page.getByText('Restored.').waitFor();
      await page.getByRole('button', { name: 'Back' }).first().click();
    },
    async 'goes to a conversation by Ctrl-K and a few letters'({ alice: { page }, bobAddress }) {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill(bobAddress.slice(0, 5));
      await page.keyboard.press('Enter');
      await page.getByLabel('Write a message').waitFor();
    },
  });
