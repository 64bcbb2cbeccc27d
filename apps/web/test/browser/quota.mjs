/** A browser without room: what comes in, what is written and what is attached is told in sentences, nothing is lost, and it goes on. */
import { Client, createEOASigner, decryptAttachment } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, openWorld, sees, signIn, write } from './world.mjs';

const LETTER = 'a long letter '.repeat(8000);
const FILE = new Uint8Array(700_000);
const CHART = Buffer.from('soundings in fathoms');
/** More than fits into what Chromium sets aside for a file in advance. */
const MANY = 40;
const AT_ONCE = 4;

async function prepare() {
  const world = await openWorld();
  const alice = await world.person('alice', { onDisk: true });
  const address = await signIn(alice);
  const options = { env: 'local', apiUrl: world.node.grpcUrl, dbPath: null, disableDeviceSync: true };
  const bob = await Client.create(createEOASigner(), options);
  const group = await bob.conversations.createGroupWithIdentifiers([{ identifier: address, identifierKind: 0 }], {
    groupName: 'Harbour',
  });
  await group.sendText('before the flood');
  await accept(alice);
  await sees(alice, 'before the flood');
  await write(alice, 'dry land');
  await alice.page.locator('.status[aria-label="Sent"]').waitFor();
  const session = await alice.context.newCDPSession(alice.page);
  const origin = new URL(world.node.url).origin;
  return {
    world,
    alice,
    group,
    setQuota: (quotaSize) => session.send('Storage.overrideQuotaForOrigin', { origin, ...quotaSize }),
    async close() {
      await bob.close();
      await world.close();
    },
  };
}

/** Whether one of these is in sight first. */
const firstOf = ({ page }, ...selectors) => page.locator(selectors.join(', ')).first().waitFor();

/** All at once: one that ends by itself meanwhile is none that can be waited for. */
const closeNotices = (page) =>
  page
    .locator('.notice')
    .getByLabel('Close')
    .evaluateAll((all) => {
      for (const each of all) each.click();
    });

/** Runs it. */
export const run = () =>
  scenario('The chat page without room', prepare, {
    async 'says that what is new has no room, and that it waits'({ world, alice, group, setQuota }) {
      // Chromium writes to the console that there was no room.
      world.isOut = true;
      await setQuota({ quotaSize: 1 });
      const bar = alice.page.getByText('New messages wait at the node');
      for (let i = 1; i <= MANY && (await bar.count()) === 0; i += AT_ONCE) {
        for (let k = 0; k < AT_ONCE; k++) {
          await group.sendAttachment(
            { filename: `number-${i + k}.bin`, mimeType: 'application/zip', content: FILE },
            true,
          );
        }
        await group.publishMessages();
        await firstOf(alice, `.file:has-text("number-${i + AT_ONCE - 1}.bin")`, '.connection');
      }
      await bar.waitFor();
      await group.sendText('sent while there was no room');
    },
    async 'says so to who writes, and keeps the words'({ alice, alice: { page } }) {
      const notice = page.locator('.notice-bad', { hasText: 'storage is full' });
      const input = page.getByLabel('Write a message');
      for (let i = 1; i <= MANY && (await notice.count()) === 0; i++) {
        await write(alice, `letter ${i} ${LETTER}`);
        await firstOf(alice, '.notice-bad', `.message:has-text("letter ${i} ")`);
      }
      await notice.first().waitFor();
      await page.waitForFunction(() => document.querySelector('.composer-input').value.startsWith('letter '));
      await input.fill('');
    },
    async 'leaves alone what one edits when words come back that had no room'({ alice: { page } }) {
      await closeNotices(page);
      const input = page.getByLabel('Write a message');
      // In one turn: the answer of the database comes afterwards.
      await input.evaluate(async (area, letter) => {
        const press = async (key) => {
          area.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
          await Promise.resolve();
        };
        const type = async (text) => {
          area.value = text;
          area.dispatchEvent(new InputEvent('input', { bubbles: true }));
          await Promise.resolve();
        };
        await type(letter);
        await press('Enter');
        await press('ArrowUp');
        await type('what was edited');
      }, LETTER);
      await page.locator('.notice-bad', { hasText: 'storage is full' }).first().waitFor();
      expectEqual((await input.inputValue()).slice(0, 40), 'what was edited', 'what is edited');
      await input.press('Escape');
      await page.waitForFunction(() => document.querySelector('.composer-input').value.startsWith('a long letter'));
      await input.fill('');
    },
    async 'says so to who sends a file, and keeps it at hand'({ alice: { page } }) {
      await closeNotices(page);
      for (let i = 1; i <= MANY && (await page.locator('.upload-failed').count()) === 0; i++) {
        const file = { name: `chart-${i}.txt`, mimeType: 'text/plain', buffer: CHART };
        await page.locator('input[type=file]').setInputFiles(file);
        await firstOf({ page }, '.upload-failed', `.message:has-text("chart-${i}.txt")`);
      }
      await page.locator('.upload-failed', { hasText: 'was not sent' }).waitFor();
      const said = await page.locator('.notices').textContent();
      expectEqual(said.includes('storage is full'), true, `a sentence about the storage: ${said}`);
    },
    async 'takes all in when there is room again, and lets one write on'({ world, alice, group, setQuota }) {
      await setQuota({});
      await sees(alice, 'sent while there was no room');
      await alice.page.locator('.connection').waitFor({ state: 'detached' });
      world.isOut = false;
      await write(alice, 'and on');
      await alice.page.locator('.message', { hasText: 'and on' }).locator('.status[aria-label="Sent"]').waitFor();
      await group.sync();
      expectEqual((await group.messages()).at(-1).content, 'and on', 'what the other side has last');
    },
    async 'sends the file then, which comes out as it went in'({ alice: { page }, group }) {
      const failed = page.locator('.upload-failed');
      const [name] = (await failed.textContent()).match(/chart-\d+[.]txt/);
      await failed.getByRole('button', { name: 'Try again' }).click();
      await failed.waitFor({ state: 'detached' });
      await page.locator('.message', { hasText: name }).locator('.status[aria-label="Sent"]').waitFor();
      await group.sync();
      const { content } = (await group.messages()).at(-1);
      expectEqual(content.filename, name, 'what the other side has last');
      const payload = new Uint8Array(await (await fetch(content.url)).arrayBuffer());
      const { content: chart } = await decryptAttachment(payload, content);
      expectEqual(Buffer.from(chart).equals(CHART), true, 'the file');
    },
    async 'has lost nothing after a reload'({ alice, alice: { page } }) {
      await page.reload();
      await sees(alice, 'and on');
      await page.getByLabel('Search people and messages').fill('before the flood');
      await page.locator('.found').first().waitFor();
    },
  });
