/**
 * Joining by a link (XIP-82): with policy checks by everybody, and refused by name where the link was tampered with, leads elsewhere, or is
 * over.
 */
import type { InviteSlots } from '@conclave/client';
import { type Device, World } from '@conclave/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

/** A place for wrapped states, as an application has it. */
class Slots implements InviteSlots {
  readonly blobs = new Map<string, Uint8Array[]>();
  async put(slot: Uint8Array, blob: Uint8Array): Promise<void> {
    const key = Buffer.from(slot).toString('hex');
    this.blobs.set(key, [...(this.blobs.get(key) ?? []), blob].slice(-8));
  }
  async list(slot: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.blobs.get(Buffer.from(slot).toString('hex')) ?? [];
  }
  /** Changes every blob. */
  spoil(change: (blob: Uint8Array) => Uint8Array): void {
    for (const [key, blobs] of this.blobs) this.blobs.set(key, blobs.map(change));
  }
}

let world: World;
let alice: Device;
let bob: Device;
let slots: Slots;
let id: string;

beforeEach(async () => {
  world = new World();
  [alice, bob] = await world.people('alice', 'bob');
  ({ id } = await alice.client.conversations.createGroup([bob.client.inboxId], { name: 'club' }));
  await on(alice, id).enableAppData();
  await world.settle();
  slots = new Slots();
});

async function newcomer(name: string): Promise<Device> {
  const [device] = await world.people(name);
  return device;
}
const follow = (device: Device, link: string) => device.client.conversations.joinByInvite(link, slots);
const invalid = (rule: string) =>
  expect.objectContaining({ code: 'client/invite-invalid', details: expect.objectContaining({ rule }) });
/** Takes in what there is, and looks that nobody refused anything and all agree. */
async function agree(...devices: Device[]) {
  await world.settle(2);
  for (const device of devices) {
    expect(on(device, id).debugInfo().rejected).toEqual([]);
    expect(stateOf(on(device, id))).toEqual(stateOf(on(alice, id)));
  }
}

describe('a link', () => {
  it('lets somebody in whom nobody knows, with nobody online', async () => {
    const link = await on(alice, id).openInvite(slots, { baseUrl: 'https://example.org/join' });
    expect(link).toMatch(/^https:\/\/example\.org\/join#[\w-]{60,240}$/);
    const carol = await newcomer('carol');
    const joined = await follow(carol, link);
    expect(joined.id).toBe(id);
    expect(joined.attributes().get('group_name')).toBe('club');
    await joined.send(text('came by a link'));
    await agree(bob, carol);
    for (const device of [alice, bob]) expect(textsOf(on(device, id))).toEqual(['came by a link']);
    await on(bob, id).send(text('welcome'));
    await agree(bob, carol);
    expect(textsOf(on(carol, id))).toEqual(['came by a link', 'welcome']);
    await on(alice, id).removeMembers([carol.client.inboxId]);
    await world.settle();
    expect(on(carol, id).isActive).toBe(false);
  });

  it('lets in all installations of who follows it', async () => {
    const link = await on(alice, id).openInvite(slots);
    const carol = await newcomer('carol');
    const second = world.device('carol');
    await second.register();
    await follow(second, link);
    await agree(bob, second);
    await carol.client.conversations.syncAll(['unknown', 'allowed']);
    await agree(bob, carol, second);
    expect(on(alice, id).members()).toHaveLength(3);
  });

  it('brings in whoever has begun to follow it, at whatever write its process ends', async () => {
    const outcomes = { joined: 0, 'not begun': 0 };
    for (let commit = 1; ; commit++) {
      const link = await on(alice, id).openInvite(slots);
      const carol = await newcomer(`carol ${commit}`);
      const second = world.device(`carol ${commit}`);
      await second.register();
      const crashed = carol.crashed();
      carol.crashAfter(commit, 'after');
      const done = follow(carol, link).then(
        () => 'done',
        () => 'failed',
      );
      if ((await Promise.race([done, crashed.then(() => 'crashed')])) === 'done') break;
      await carol.start();
      world.time.advance(11_000);
      await carol.client.tick();
      const begun = carol.client.conversations.get(id) !== undefined;
      if (!begun) await follow(carol, link);
      outcomes[begun ? 'joined' : 'not begun'] += 1;
      await agree(bob, carol, second);
      expect(commit).toBeLessThan(20);
    }
    // Before and after the join was stored: the identity log and key packages come first, welcomes are written last.
    expect(outcomes.joined).toBeGreaterThan(1);
    expect(outcomes['not begun']).toBeGreaterThan(0);
  });

  it('is of use again once somebody who vouches has renewed the state', async () => {
    const link = await on(alice, id).openInvite(slots);
    await on(bob, id).sync();
    await on(bob, id).updateAttribute('group_name', 'another');
    const carol = await newcomer('carol');
    await expect(follow(carol, link)).rejects.toMatchObject({ code: 'client/invite-stale', retryable: true });
    expect(carol.client.conversations.get(id)).toBe(undefined);
    await world.settle();
    await on(alice, id).refreshInvite(slots);
    await follow(carol, link);
    await world.settle(2);
    expect(stateOf(on(carol, id))).toEqual(stateOf(on(alice, id)));
    expect(stateOf(on(bob, id))).toEqual(stateOf(on(alice, id)));
  });

  it('is over when its time is, when it is used up, and when it is closed or replaced', async () => {
    const soon = BigInt(world.time.nowNs()) + 60_000_000_000n;
    const short = await on(alice, id).openInvite(slots, { expiresAtNs: soon });
    world.time.advance(61_000);
    const [carol, dave] = [await newcomer('carol'), await newcomer('dave')];
    await expect(follow(carol, short)).rejects.toEqual(invalid('blob-expired'));
    const once = await on(alice, id).openInvite(slots, { maxUses: 1 });
    await expect(follow(carol, short)).rejects.toEqual(invalid('blob-expired'));
    await follow(carol, once);
    await agree(bob, carol);
    await on(alice, id).refreshInvite(slots);
    await expect(follow(dave, once)).rejects.toEqual(invalid('policy-used-up'));
    await on(alice, id).removeMembers([carol.client.inboxId]);
    await on(alice, id).refreshInvite(slots);
    await follow(dave, once);
    await agree(bob, dave);
    const last = await on(alice, id).openInvite(slots);
    await on(alice, id).closeInvite();
    expect(await on(alice, id).refreshInvite(slots)).toBe(false);
    await expect(follow(carol, last)).rejects.toMatchObject({ code: 'client/invite-stale' });
    await agree(bob, dave);
  });

  it('is told to be over, and not only late, where the closed state was left for it', async () => {
    const link = await on(alice, id).openInvite(slots);
    await on(alice, id).closeInvite(slots);
    const carol = await newcomer('carol');
    await expect(follow(carol, link)).rejects.toEqual(invalid('policy-open'));
    expect(on(alice, id).currentInvite()).toBe(undefined);
    await agree(bob);
  });

  it('can be had again while it is open, and from another who vouches then', async () => {
    const link = await on(alice, id).openInvite(slots, { maxUses: 3, baseUrl: 'https://example.org/join' });
    expect(on(alice, id).currentInvite('https://example.org/join')).toEqual({ link, maxUses: 3, expiresAtNs: 0n });
    await on(alice, id).updateAdmins({ list: 'super-admin', action: 'add', inboxId: bob.client.inboxId });
    await world.settle();
    const other = on(bob, id).currentInvite();
    expect(other?.link).not.toBe(link.split('#')[1]);
    const carol = await newcomer('carol');
    await expect(follow(carol, other?.link ?? '')).rejects.toEqual(invalid('anchor-voucher'));
    await on(bob, id).refreshInvite(slots);
    await follow(carol, other?.link ?? '');
    await agree(bob, carol);
  });

  it('is refused by name when it, or what it leads to, was tampered with', async () => {
    const link = await on(alice, id).openInvite(slots);
    const carol = await newcomer('carol');
    for (const bad of ['', '#', 'https://example.org/join#%%%', link.slice(0, 40), 'x'.repeat(5000)]) {
      await expect(follow(carol, bad)).rejects.toEqual(invalid('link-malformed'));
    }
    const genuine = new Map(slots.blobs);
    const restore = () => {
      for (const [key, blobs] of genuine) slots.blobs.set(key, blobs);
    };
    slots.spoil((blob) => blob.with(200, (blob[200] as number) ^ 1));
    await expect(follow(carol, link)).rejects.toEqual(invalid('blob-key'));
    restore();
    slots.spoil((blob) => blob.with(blob.length - 3, (blob.at(-3) as number) ^ 1));
    await expect(follow(carol, link)).rejects.toEqual(invalid('blob-key'));
    slots.spoil(() => Uint8Array.of(1, 2, 3));
    await expect(follow(carol, link)).rejects.toEqual(invalid('blob-malformed'));
    slots.blobs.clear();
    await expect(follow(carol, link)).rejects.toEqual(invalid('slot-empty'));
    restore();
    await follow(carol, link);
    await agree(bob, carol);
    await expect(follow(carol, link)).rejects.toEqual(invalid('not-a-member'));
  });

  it('cannot be led to another group by those who have it', async () => {
    const link = await on(alice, id).openInvite(slots);
    const [carol, mallory] = [await newcomer('carol'), await newcomer('mallory')];
    // A member, who has the key of the slot as everybody with the link has, leaves a state that he signed.
    await world.settle();
    await on(bob, id).refreshInvite({ put: (slot, blob) => slots.put(slot, blob), list: async () => [] });
    const [key, blobs] = [...slots.blobs][0] as [string, Uint8Array[]];
    slots.blobs.set(key, blobs.slice(-1));
    await expect(follow(carol, link)).rejects.toEqual(invalid('anchor-voucher'));
    // The same in a group of his own, under the slot's name.
    const { id: trap } = await mallory.client.conversations.createGroup([], { name: 'club' });
    await on(mallory, trap).enableAppData();
    const foreign = new Slots();
    const lure = await on(mallory, trap).openInvite(foreign);
    slots.blobs.set(key, [...foreign.blobs.values()][0] as Uint8Array[]);
    await expect(follow(carol, link)).rejects.toEqual(invalid('blob-key'));
    expect(lure).not.toBe(link);
    slots.blobs.set(key, blobs);
    await follow(carol, link);
    await world.settle(2);
    expect(on(carol, id).attributes().get('group_name')).toBe('club');
  });

  it('is for super admins to make, in groups with app data', async () => {
    await expect(on(bob, id).openInvite(slots)).rejects.toMatchObject({ code: 'client/commit-invalid' });
    const { id: plain } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await expect(on(alice, plain).openInvite(slots)).rejects.toMatchObject({ code: 'client/app-data-unsupported' });
    await agree(bob);
  });
});
