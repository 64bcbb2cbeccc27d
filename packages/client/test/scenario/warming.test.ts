/** Large groups warm their trees by themselves, one commit at a time, and nobody's message is lost for it. */
import { type Device, World } from '@conclave/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

const GUESTS = 300;
const world = new World();
let host: Device;
let online: Device[];
let id: string;

/** Ticks everybody who is online, second by second. @returns the commits that came of it */
async function pass(seconds: number): Promise<number> {
  const epoch = on(host, id).debugInfo().epoch;
  for (let second = 0; second < seconds; second += 2) {
    world.time.advance(2000);
    for (const { client } of online) {
      await client.tick();
      await on(client, id).sync();
    }
  }
  return Number(on(host, id).debugInfo().epoch - epoch);
}

function commitBytes(): number[] {
  const messages = world.node.groupMessages.get(id) ?? [];
  return messages.map(({ version }) => version.value?.data.length ?? 0);
}

beforeAll(async () => {
  [host] = await world.people('host');
  const inboxIds: string[] = [];
  const guests: Device[] = [];
  for (let i = 0; i < GUESTS; i++) {
    const guest = world.device(`guest ${i}`);
    await guest.register();
    inboxIds.push(guest.client.inboxId);
    guests.push(guest);
  }
  ({ id } = await host.client.conversations.createGroup(inboxIds));
  online = [host, guests[70], guests[150], guests[151], guests[280]] as Device[];
  for (const device of guests) if (!online.includes(device)) await device.client.close();
  for (const { client } of online) await client.conversations.syncAll(['allowed', 'unknown']);
});

describe('a group of 301 who were added at once', () => {
  it('takes first messages without a commit for each of them', async () => {
    const { epoch } = on(host, id).debugInfo();
    for (const device of online) await on(device, id).send(text(`hello from ${device.name}`));
    for (const device of online) await on(device, id).sync();
    expect(on(host, id).debugInfo().epoch).toBe(epoch);
    for (const device of online) expect(textsOf(on(device, id))).toHaveLength(online.length);
  });

  it('is left alone within a minute of a commit and half a minute of a message', async () => {
    expect(await pass(24)).toBe(0);
    await on(host, id).send(text('still talking'));
    expect(await pass(24)).toBe(0);
    await on(host, id).send(text('and talking'));
    expect(await pass(28)).toBe(0);
  });

  it('is then warmed where somebody is online, at most once a minute, until its commits are short', async () => {
    const before = commitBytes().length;
    let commits = 0;
    for (let minute = 0; minute < 12; minute++) {
      const made = await pass(60);
      expect(made).toBeLessThanOrEqual(1);
      commits += made;
    }
    expect(commits).toBeGreaterThanOrEqual(3);
    const sent = commitBytes();
    // A race that was lost is given up, not repeated.
    expect(sent.length - before).toBeLessThanOrEqual(2 * commits);
    for (const device of online) expect(stateOf(on(device, id))).toEqual(stateOf(on(host, id)));
    const cold = 84 * GUESTS;
    await on(host, id).updateAdmins({ list: 'admin', action: 'add', inboxId: (online[1] as Device).client.inboxId });
    const [last] = commitBytes().slice(-1);
    // The membership map of the deployed way travels with it: 73 bytes for each inbox.
    expect((last as number) - 73 * (GUESTS + 1)).toBeLessThan(cold / 2);
  });

  it('then makes the key updates that are owed for having written, and falls silent', async () => {
    for (let minute = 0; minute < 20; minute++) await pass(60);
    expect(await pass(300)).toBe(0);
    for (const device of online) expect(textsOf(on(device, id))).toHaveLength(online.length + 2);
  });
});
