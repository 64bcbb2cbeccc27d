/** Joining a group by its link: asked, waited for, withdrawn, and refused where it was tampered with or leads elsewhere. */
import { Client, createEOASigner } from '@conclave/node-sdk';
import decodeQR from 'qr/decode.js';
import { expectEqual, scenario } from '../../../../packages/browser-sdk/test/browser/steps.mjs';
import { accept, accessibilityFaults, begin, openWorld, sees, signIn, write } from './world.mjs';

/** Pixels of a module in the picture that is read back. */
const SCALE = 4;

async function prepare() {
  const world = await openWorld();
  const people = {};
  for (const name of ['alice', 'bob', 'carol', 'dave']) people[name] = await world.person(name);
  for (const name of ['alice', 'bob', 'dave']) people[name].address = await signIn(people[name]);
  return { world, ...people, close: world.close };
}

const press = ({ page }, name) => page.getByRole('button', { name, exact: true }).first().click();
const panel = ({ page }) => page.locator('.details .section', { hasText: 'Invite by link' });
const dialog = ({ page }) => page.getByRole('dialog', { name: 'Invitation to a group' });
/** Where an address differs in the part behind the `#` alone, the page stays and goes there. */
const open = ({ page }, link) => page.goto(link);

/** What a camera would read of the code. */
async function readCode({ page }) {
  const { size, path } = await page.locator('.qr-code').evaluate((svg) => ({
    size: Number(svg.getAttribute('viewBox').split(' ')[2]),
    path: svg.querySelector('path:last-child').getAttribute('d'),
  }));
  const width = size * SCALE;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1/g)) {
    for (let i = 0; i < SCALE * SCALE; i++) {
      const at = ((Number(y) * SCALE + Math.floor(i / SCALE)) * width + Number(x) * SCALE + (i % SCALE)) * 4;
      data.set([0, 0, 0], at);
    }
  }
  return decodeQR({ width, height: width, data });
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** Slots of the node, as an application of one's own uses them. */
const slotsOf = (url) => ({
  async put(slot, blob) {
    await fetch(`${url}invites/${hex(slot)}`, { method: 'POST', body: blob });
  },
  async list(slot) {
    const answer = Buffer.from(await (await fetch(`${url}invites/${hex(slot)}`)).arrayBuffer());
    const blobs = [];
    for (let at = 0; at < answer.length; at += 4 + answer.readUInt32BE(at))
      blobs.push(answer.subarray(at + 4, at + 4 + answer.readUInt32BE(at)));
    return blobs;
  },
});

/** Runs it. */
export const run = () =>
  scenario('An invitation by link', prepare, {
    async 'is made by a super admin, who is told what it takes'(ground) {
      const { alice, bob } = ground;
      await begin(alice, [bob.address], 'Harbour');
      await accept(bob);
      await press(alice, 'Details');
      await panel(alice).getByLabel('Works for').selectOption({ label: '1 day' });
      const { world } = ground;
      const refuse = (route) =>
        route.request().method() === 'POST' ? route.fulfill({ status: 507, body: 'full' }) : route.continue();
      await alice.context.route(`${world.node.url}invites/*`, refuse);
      world.isOut = true;
      await panel(alice).getByRole('button', { name: 'Make a link' }).click();
      await alice.page.getByRole('dialog').getByText('there is no way back').waitFor();
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Change the group' }).click();
      await alice.page.locator('.notice-bad', { hasText: 'status 507' }).getByText('nobody can join').waitFor();
      await panel(alice).getByText('Works until').waitFor();
      // It is tried again when the page is opened again, as was said.
      const kept = alice.page.waitForResponse((answer) => answer.url().includes('/invites/') && answer.ok());
      await alice.context.unroute(`${world.node.url}invites/*`, refuse);
      await alice.page.reload();
      await kept;
      world.isOut = false;
      if ((await panel(alice).count()) === 0) await press(alice, 'Details');
      await panel(alice).getByText('Works until').waitFor();
      await panel(alice).getByRole('button', { name: 'Copy' }).click();
      await panel(alice).getByRole('button', { name: 'Copied' }).waitFor();
      ground.link = await alice.page.evaluate(() => navigator.clipboard.readText());
      expectEqual(ground.link.startsWith(`${ground.world.node.url}#/join/`), true, 'a link to this node');
      expectEqual(await readCode(alice), ground.link, 'what the code says');
      expectEqual(await accessibilityFaults(alice.page), [], 'the panel');
    },
    async 'is for super admins alone, as a member is told'({ bob }) {
      await press(bob, 'Details');
      await panel(bob).getByText('Whoever has the link').waitFor();
      expectEqual(await panel(bob).getByRole('button').count(), 0, 'ways to make, see or withdraw it');
    },
    async 'lets in who signs in first, asked before, and with all that comes after'({
      world,
      alice,
      bob,
      carol,
      link,
    }) {
      await open(carol, link);
      await carol.page.getByText('You were invited to a group.').waitFor();
      await signIn(carol);
      await dialog(carol).getByText('Join it?').waitFor();
      expectEqual(await accessibilityFaults(carol.page), [], 'the question');
      const fail = (route) => route.fulfill({ status: 500, body: 'broken' });
      await carol.context.route(`${world.node.url}invites/*`, fail);
      world.isOut = true;
      await dialog(carol).getByRole('button', { name: 'Join' }).click();
      await dialog(carol).getByText('You have not joined').waitFor();
      await dialog(carol).getByText('did not give what the link leads to (status 500)').waitFor();
      await carol.context.unroute(`${world.node.url}invites/*`, fail);
      world.isOut = false;
      await dialog(carol).getByRole('button', { name: 'Try again' }).click();
      await carol.page.locator('.notice', { hasText: 'You joined Harbour.' }).waitFor();
      await carol.page.locator('.thread-who', { hasText: 'Harbour' }).waitFor();
      await write(carol, 'came by the link');
      await Promise.all([sees(alice, 'came by the link'), sees(bob, 'came by the link')]);
      await alice.page.getByText('3 members').waitFor();
      await write(bob, 'welcome aboard');
      await sees(carol, 'welcome aboard');
    },
    async 'leads who is in already to the group'({ carol, link }) {
      await press(carol, 'Settings');
      await open(carol, link);
      await dialog(carol).getByRole('button', { name: 'Join' }).click();
      await carol.page.locator('.notice', { hasText: 'You are in this group already.' }).waitFor();
      await sees(carol, 'welcome aboard');
    },
    async 'waits where the group has changed since, until who made it is back'({ world, alice, bob, dave, link }) {
      await alice.page.goto('about:blank');
      await bob.page.getByLabel('Group name').fill('Quay');
      await press(bob, 'Save');
      await bob.page.locator('.thread-who', { hasText: 'Quay' }).waitFor();
      await open(dave, link);
      await dialog(dave).getByRole('button', { name: 'Join' }).click();
      await dialog(dave).getByText('Waiting for the group').waitFor();
      await alice.page.goto(world.node.url);
      await dave.page.locator('.notice', { hasText: 'You joined Quay.' }).waitFor();
      await write(dave, 'waited for it');
      await sees(bob, 'waited for it');
    },
    async 'is refused when it is not whole, or was changed'(ground) {
      const { world, link } = ground;
      ground.erin = await world.person('erin');
      await signIn(ground.erin);
      const { erin } = ground;
      const refused = async (to, sentence) => {
        await open(erin, to);
        await dialog(erin).getByRole('button', { name: 'Join' }).click();
        await dialog(erin).getByText('You have not joined').waitFor();
        await dialog(erin).getByText(sentence).waitFor();
        await dialog(erin).getByRole('contentinfo').getByRole('button', { name: 'Close' }).click();
        expectEqual(await erin.page.locator('.line').count(), 0, 'conversations');
      };
      ground.refused = refused;
      await refused(link.slice(0, -60), 'The link is not whole');
      await refused(link.replace(/#.*/, '#/join/'), 'The link is not whole');
      // In the middle of the key, behind the slot.
      const at = link.indexOf('/join/') + 50;
      await refused(
        `${link.slice(0, at)}${link[at] === 'A' ? 'B' : 'A'}${link.slice(at + 1)}`,
        'Somebody has changed what the link leads to',
      );
    },
    async 'is refused when a member leads it elsewhere'({ world, alice, link, refused }) {
      const slots = slotsOf(world.node.url);
      const options = { env: 'local', apiUrl: world.node.grpcUrl, dbPath: null, disableDeviceSync: true };
      const mallory = await Client.create(createEOASigner(), options);
      const secret = link.split('/join/')[1];
      let group;
      // Once Alice has renewed the state after the one who came before.
      while (group === undefined) {
        group = await mallory.conversations.joinByInvite(secret, slots).catch((error) => {
          if (error.code !== 'client/invite-stale') throw error;
        });
      }
      // Alice is away: a state of hers that came last would let everybody in.
      await alice.page.goto('about:blank');
      const theirs = [];
      const own = {
        list: slots.list,
        put(slot, blob) {
          theirs.push({ slot, blob: hex(blob) });
          return slots.put(slot, blob);
        },
      };
      const isAllTheirs = async () => {
        const blobs = await slots.list(theirs[0].slot);
        return blobs.every((blob) => theirs.some((put) => put.blob === hex(blob)));
      };
      do await group.refreshInvite(own);
      while (!(await isAllTheirs()));
      await refused(link, 'whoever made it has not signed');
      await mallory.close();
      await alice.page.goto(world.node.url);
    },
    async 'is over when it is withdrawn, which those who try are told'({ alice, bob, link, refused }) {
      await alice.page.locator('.line', { hasText: 'Quay' }).click();
      await press(alice, 'Details');
      await panel(alice).getByRole('button', { name: 'Withdraw the link' }).click();
      await alice.page.getByRole('dialog').getByRole('button', { name: 'Withdraw the link' }).click();
      await panel(alice).getByRole('button', { name: 'Make a link' }).waitFor();
      await panel(bob).waitFor({ state: 'detached' });
      await refused(link, 'The link was withdrawn');
    },
  });
