/**
 * Takes pictures of the page as it looks: `node apps/web/test/browser/pictures.mjs FOLDER [--docs]`. Three widths, light and dark; empty, full,
 * loading and failing. With `--docs` those that the documentation shows are put into docs/pictures.
 */

import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deflateSync } from 'node:zlib';
import { Client, createEOASigner, encodeText, encryptAttachment } from '@conclave/node-sdk';
import { begin, openWorld, signIn } from './world.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { docs: { type: 'boolean', default: false } },
});
const folder = positionals[0] ?? 'pictures';
const DOCS = fileURLToPath(new URL('../../../../docs/pictures', import.meta.url));
/** Pictures of the documentation by what they are here. */
const SHOWN = {
  'thread-desk-light': 'page-light',
  'thread-desk-dark': 'page-dark',
  'thread-phone-light': 'page-phone',
};
const WIDTHS = { phone: [360, 740], tablet: [768, 900], desk: [1440, 900] };
mkdirSync(folder, { recursive: true });

/** A PNG of a sunset, drawn here. */
function sunset(width, height) {
  const lines = Array.from({ length: height }, (_, y) => {
    const line = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [x - width * 0.62, y - height * 0.52];
      const isSun = dx * dx + dy * dy < (height * 0.14) ** 2 && y < height * 0.62;
      const sky = y / height;
      const wave = y > height * 0.62 ? 24 * Math.sin(x / 17 + y / 3) : 0;
      const colour = isSun
        ? [255, 236, 190]
        : y > height * 0.62
          ? [60 + wave, 84 + wave, 120 + wave]
          : [240 - 40 * sky, 150 + 60 * sky, 110 + 110 * sky];
      line.set(
        colour.map((part) => Math.max(0, Math.min(255, Math.round(part)))),
        1 + x * 3,
      );
    }
    return line;
  });
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    let crc = ~0;
    for (const byte of body) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    out.writeUInt32BE(~crc >>> 0, body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const world = await openWorld();
const opened = [];

async function friend(name) {
  const options = { env: 'local', apiUrl: world.node.grpcUrl, dbPath: null, disableDeviceSync: true };
  const signer = createEOASigner();
  const client = await Client.create(signer, options);
  opened.push(client);
  return { name, client, address: (await signer.getIdentifier()).identifier };
}

async function take(
  page,
  name,
  { widths = Object.keys(WIDTHS), themes = ['light', 'dark'], act = async () => {} } = {},
) {
  for (const width of widths) {
    const [w, h] = WIDTHS[width];
    await page.setViewportSize({ width: w, height: h });
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await act(page);
      const title = `${name}-${width}-${colorScheme}`;
      const path = join(folder, `${title}.png`);
      await page.screenshot({ path });
      if (values.docs && title in SHOWN) copyFileSync(path, join(DOCS, `${SHOWN[title]}.png`));
    }
  }
}

try {
  const alice = await world.person('alice');
  const { page } = alice;
  await page.getByRole('button', { name: 'Try it' }).waitFor();
  await take(page, 'sign-in');
  const address = await signIn(alice);
  await take(page, 'empty');

  const [ines, tomas, yuki, stranger] = await Promise.all(['Ines', 'Tomás', 'Yuki', 'stranger'].map(friend));
  const me = { identifier: address, identifierKind: 0 };
  const crew = await ines.client.conversations.createGroupWithIdentifiers([me], {
    groupName: 'Harbour crew',
    groupDescription: 'Boats, tides and who brings the bread',
  });
  await crew.addMembers([tomas.client.inboxId, yuki.client.inboxId]);
  const of = async ({ client }) => {
    await client.conversations.sync();
    return client.conversations.getConversationById(crew.id);
  };
  const [crewOfTomas, crewOfYuki] = [await of(tomas), await of(yuki)];
  await crew.sendText('Morning all. High water is at 18:40, we leave the quay an hour before.');
  const wind = await crewOfTomas.sendText('Wind turns west in the afternoon, so the short way round works.');
  await crewOfYuki.sendMarkdown(
    'What we still need:\n\n- **bread** and something to put on it\n- the long rope\n- a torch, `AA` cells please',
  );
  await crewOfTomas.sync();
  await crew.sync();
  await crewOfYuki.sync();
  await crewOfYuki.sendReply({
    reference: wind,
    referenceInboxId: tomas.client.inboxId,
    content: encodeText('Then I bring the light sail.'),
  });
  for (const [who, emoji] of [
    [crew, '👍'],
    [crewOfYuki, '👍'],
    [crew, '⛵'],
  ])
    await who.sendReaction({
      reference: wind,
      referenceInboxId: tomas.client.inboxId,
      action: 1,
      content: emoji,
      schema: 1,
    });
  await crew.sendText(`@${address} can you take the tiller until the buoy?`);
  const sealed = encryptAttachment({ filename: 'yesterday.png', mimeType: 'image/png', content: sunset(720, 400) });
  const upload = await fetch(`${world.node.url}upload`, { method: 'POST', body: sealed.payload });
  const url = `${world.node.url}files/${(await upload.text()).trim()}`;
  await crewOfTomas.sendRemoteAttachment({
    ...sealed,
    url,
    scheme: 'http://',
    contentLength: sealed.payload.length,
    filename: 'yesterday.png',
  });
  const dm = await ines.client.conversations.createDmWithIdentifier(me);
  await dm.sendText('See you at the quay?');
  const ask = await stranger.client.conversations.createDmWithIdentifier(me);
  await ask.sendText('Hello, I got your address from the club. Is there room for one more?');

  await page.getByRole('button', { name: /^Requests 3/ }).waitFor();
  const names = Object.fromEntries([ines, tomas, yuki].map(({ name, client }) => [client.inboxId, name]));
  await page.evaluate(
    (entries) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('conclave-page', 1);
        request.onsuccess = () => {
          const transaction = request.result.transaction('values', 'readwrite');
          transaction.objectStore('values').put(new Map(Object.entries(entries)), 'nicknames');
          transaction.oncomplete = resolve;
          transaction.onabort = reject;
        };
        request.onerror = reject;
      }),
    names,
  );
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.reload();
  await page.getByRole('button', { name: /^Requests 3/ }).click();
  await page.locator('.line', { hasText: 'Is there room' }).waitFor();
  await take(page, 'requests');
  for (const title of ['Harbour crew', 'Ines']) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('button', { name: /^Requests/ }).click();
    await page.locator('.line-title', { hasText: title }).click();
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.getByLabel('Write a message').waitFor();
  }
  await page.getByLabel('Write a message').fill('Yes, half past five.');
  await page.keyboard.press('Enter');
  await page.locator('.status[aria-label="Sent"]').waitFor();
  await page.locator('.line-title', { hasText: 'Harbour crew' }).click();
  await page.locator('.picture img').waitFor();
  await page.getByLabel('Write a message').fill('Gladly. I bring bread too.');
  await page.keyboard.press('Enter');
  await page.locator('.status[aria-label="Sent"]').waitFor();
  await page.mouse.move(0, 0);
  await take(page, 'thread');
  await page.evaluate(() => localStorage.setItem('conclave-settings', JSON.stringify({ typingNotices: true })));
  await page.reload();
  await page.locator('.picture img').waitFor();
  await crewOfYuki.sendTyping();
  await page.locator('.typing', { hasText: 'is typing' }).waitFor();
  await page.mouse.move(0, 0);
  await page.setViewportSize({ width: 1440, height: 900 });
  await take(page, 'typing');
  await page.getByLabel('Write a message').fill('thanks @');
  await page.getByRole('option').first().waitFor();
  await take(page, 'mention');
  await page.getByLabel('Write a message').fill('');
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await page.locator('.details select').first().waitFor();
  await take(page, 'details');
  await page.evaluate(() => {
    location.hash = '#/settings';
  });
  await page.locator('.device').first().waitFor();
  await take(page, 'settings');
  await page.evaluate(() => {
    location.hash = '#/';
  });
  await take(page, 'list');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByLabel('Search people and messages').fill('bread');
  await page.locator('.found').first().waitFor();
  await take(page, 'search');
  await page.getByLabel('Search people and messages').fill('');
  await begin(alice, [ines.address], 'Lighthouse');
  await page.getByRole('button', { name: 'Details', exact: true }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  await page.getByRole('dialog').getByText('no way back').waitFor();
  await take(page, 'invite-question');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('dialog').getByRole('button', { name: 'Change the group' }).click();
  const code = page.locator('.qr-code');
  await code.waitFor();
  await take(page, 'invite', { act: () => code.scrollIntoViewIfNeeded() });
  const link = await page.locator('.section:has(.qr-code) .copy-text').textContent();
  const guest = await world.person('guest');
  await guest.page.goto(link);
  await guest.page.getByText('You were invited to a group.').waitFor();
  await take(guest.page, 'invited');
  await guest.page.getByRole('button', { name: 'Try it with a throw-away key' }).click();
  await guest.page.getByText('Join it?').waitFor();
  await take(guest.page, 'join');
  await guest.page.goto(link.slice(0, -20));
  await guest.page.getByRole('button', { name: 'Join', exact: true }).click();
  await guest.page.getByText('You have not joined').waitFor();
  await take(guest.page, 'join-refused');
  await page.evaluate(() => {
    location.hash = '#/';
  });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator('.line-title', { hasText: 'Harbour crew' }).click();
  await page.getByLabel('Write a message').waitFor();
  await world.stopNode();
  await page.getByLabel('Write a message').fill('Still there?');
  await page.keyboard.press('Enter');
  await page.locator('.connection').waitFor();
  await page.getByRole('button', { name: /^Outbox/ }).click();
  await page.locator('.unsent').waitFor();
  await take(page, 'outage');
  await world.startNodeAgain();

  // Opening takes long where the network is slow: what one looks at meanwhile.
  const late = await world.person('late', { serviceWorkers: 'block' });
  let letOn = () => {};
  const held = new Promise((resolve) => {
    letOn = resolve;
  });
  await late.context.route(/\/assets\/sqlite-wasm-/, async (route) => {
    await held;
    await route.continue();
  });
  await late.page.getByRole('button', { name: 'Try it with a throw-away key' }).click();
  await late.page.getByText('Opening your encrypted database…').waitFor();
  await take(late.page, 'loading');
  letOn();
} finally {
  await Promise.all(opened.map((client) => client.close()));
  await world.close().catch((error) => console.log(error.message));
}
process.exit(0);
