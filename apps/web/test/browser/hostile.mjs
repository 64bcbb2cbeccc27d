/** Somebody with a client of their own sends what no page would: in every field, and nothing is executed, hidden or lost. */
import { deflateSync } from 'node:zlib';
import { Client, createEOASigner, encryptAttachment } from '@conclave/node-sdk';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { openWorld, sees, signIn } from './world.mjs';

const SCRIPT = '<img src=x onerror="globalThis.owned=1"><script>globalThis.owned=1</script>';
/** Turns the direction of writing round, and hides. */
const TURNED = 'invoice\u202efdp.exe\u0000\u2066';

/** A PNG of a few hundred bytes that says it is 30,000 by 30,000. */
function pictureBomb() {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(30_000, 0);
  head.writeUInt32BE(30_000, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const line = Buffer.alloc(1 + 30_000 / 8);
  const data = deflateSync(Buffer.concat(Array.from({ length: 30_000 }, () => line)), { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

async function prepare() {
  const world = await openWorld();
  const alice = await world.person('alice');
  const address = await signIn(alice);
  const mallory = await Client.create(createEOASigner(), {
    env: 'local',
    apiUrl: world.node.grpcUrl,
    dbPath: null,
    disableDeviceSync: true,
  });
  const identifier = { identifier: address, identifierKind: 0 };
  const group = await mallory.conversations.createGroupWithIdentifiers([identifier], {
    groupName: `${SCRIPT} ${TURNED}`,
    groupDescription: SCRIPT,
    groupImageUrlSquare: 'javascript:globalThis.owned=1',
  });
  return {
    world,
    alice,
    mallory,
    group,
    async close() {
      await mallory.close();
      await world.close();
    },
  };
}

const isUntouched = async ({ page }) => {
  expectEqual(await page.evaluate(() => globalThis.owned ?? null), null, 'what ran');
  expectEqual(await page.locator('.message img[src="x"], .line img[src="x"], .details img[src="x"]').count(), 0);
  expectEqual(await page.locator('a[href^="javascript"], a[href^="data"]').count(), 0, 'script links');
};

const hasHiddenMarks = (text) => /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text);

const upload = async (world, payload) => {
  const response = await fetch(`${world.node.url}upload`, { method: 'POST', body: payload });
  return `${world.node.url}files/${(await response.text()).trim()}`;
};

/** Runs it. */
export const run = () =>
  scenario('The chat page and somebody hostile', prepare, {
    async 'shows a name as the text it is, in one line, without what turns or hides'({ alice, group }) {
      await group.sendText(SCRIPT);
      await alice.page.getByRole('button', { name: /^Requests/ }).click();
      const title = alice.page.locator('.line-title').first();
      await title.waitFor();
      const text = await title.textContent();
      expectEqual(text.includes('<script>'), true, 'the name as text');
      expectEqual(hasHiddenMarks(text), false, 'control characters');
      await alice.page.locator('.line').first().click();
      await sees(alice, 'onerror=');
      await isUntouched(alice);
      await alice.page.getByRole('button', { name: 'Accept' }).click();
    },
    async 'shows Markdown as elements of its own, and no link but web and mail'({ alice, group }) {
      await group.sendMarkdown(
        `${SCRIPT}\n\n[a](javascript:owned=1) [b](data:text/html,<script>owned=1</script>) ![c](https://example.org/x.png)\n\nend of it`,
      );
      await sees(alice, 'end of it');
      await isUntouched(alice);
      expectEqual(await alice.page.locator('.message img').count(), 0, 'pictures from elsewhere');
    },
    async 'bears replies to nothing, reactions of any text, and kinds that nobody knows'({ alice, group }) {
      const type = { authorityId: 'evil.example', typeId: '__proto__', versionMajor: 1, versionMinor: 0 };
      await group.send({
        type,
        parameters: { toString: 'x' },
        fallback: `${SCRIPT}${TURNED}`,
        content: new Uint8Array(9),
      });
      await group.sendReaction({
        reference: 'ff'.repeat(32),
        referenceInboxId: '',
        action: 1,
        content: SCRIPT,
        schema: 1,
      });
      await group.sendText(`last of these ${'@'.repeat(5000)} ${'*_['.repeat(2000)}`);
      await sees(alice, 'last of these');
      await isUntouched(alice);
    },
    async 'shows a file by its name alone, and saves it under a type that opens nothing'({ world, alice, group }) {
      const content = Buffer.from(`<!doctype html>${SCRIPT}`);
      const page = encryptAttachment({ filename: `../../${TURNED}.html`, mimeType: 'text/html', content });
      await group.sendRemoteAttachment({
        ...page,
        url: await upload(world, page.payload),
        scheme: 'http://',
        filename: `../../${TURNED}.html`,
      });
      const file = alice.page.locator('.file').last();
      await file.waitFor();
      const [download] = await Promise.all([alice.page.waitForEvent('download'), file.click()]);
      const name = download.suggestedFilename();
      expectEqual(hasHiddenMarks(name) || /[/\\]/.test(name), false, `a harmless file name, not ${name}`);
      await isUntouched(alice);
    },
    async 'does not decode a picture that is far larger than it seems'({ world, alice, group }) {
      const bomb = encryptAttachment({ filename: 'kitten.png', mimeType: 'image/png', content: pictureBomb() });
      await group.sendRemoteAttachment({
        ...bomb,
        url: await upload(world, bomb.payload),
        scheme: 'http://',
        filename: 'kitten.png',
      });
      await group.sendText('after the kitten');
      await sees(alice, 'after the kitten');
      await alice.page.locator('.file', { hasText: 'kitten.png' }).waitFor();
      expectEqual(await alice.page.locator('.picture').count(), 0, 'pictures shown');
    },
    async 'says what a file is worth that is not what was promised'({ world, alice, group }) {
      const sealed = encryptAttachment({ filename: 'a.txt', mimeType: 'text/plain', content: Buffer.from('a') });
      const url = await upload(world, Buffer.concat([Buffer.from(sealed.payload).subarray(1), Buffer.from('!')]));
      await group.sendRemoteAttachment({ ...sealed, url, scheme: 'http://', filename: 'broken.txt' });
      const file = alice.page.locator('.file', { hasText: 'broken.txt' });
      await file.click();
      await alice.page.locator('.notice-bad').waitFor();
    },
    async 'tells of another name in one line that is not turned round'({ alice, group }) {
      await group.updateName(`Harbour ${TURNED}`);
      const sentence = alice.page.locator('.update', { hasText: 'named the group “Harbour' });
      await sentence.waitFor();
      expectEqual(hasHiddenMarks(await sentence.textContent()), false, 'control characters in a change');
    },
    async 'keeps details sane, whatever the description and the picture are'({ alice, group }) {
      await group.updateDescription(`${SCRIPT} ${TURNED}`);
      await alice.page.getByRole('button', { name: 'Details', exact: true }).click();
      await alice.page.getByText('2 members').waitFor();
      const panel = alice.page.locator('.details');
      await panel.locator('p.soft', { hasText: 'invoice' }).waitFor();
      expectEqual(hasHiddenMarks(await panel.textContent()), false, 'control characters in details');
      const written = await panel.locator('input').evaluateAll((inputs) => inputs.map(({ value }) => value).join(' '));
      expectEqual(written.includes('invoice'), true, 'the description to be changed');
      expectEqual(hasHiddenMarks(written), false, 'control characters in fields');
      await isUntouched(alice);
    },
  });
