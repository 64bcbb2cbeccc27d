/** Two and more installations of one person: decisions, push keys and history travel between them, and nobody else has a say. */
import type { ClientEvent } from '@conclave/client';
import { toHex } from '@conclave/crypto';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, text, textsOf } from './talk.testkit.js';

const SERVER = 'http://history.test';
const EVERYTHING = { elements: ['consent', 'messages'] } as const;

async function device(world: World, owner: string): Promise<Device> {
  const made = world.device(owner, { deviceSync: true });
  await made.register();
  return made;
}

/** Everybody does what is due and takes in what there is, until nothing moves. */
async function settle(world: World, rounds = 4): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const each of world.devices) {
      if (!each.isRunning) continue;
      await each.client.tick();
      await each.client.conversations.syncAll();
    }
    world.time.advance(11_000);
  }
}

async function pair() {
  const world = new World();
  const first = await device(world, 'alice');
  const bob = await device(world, 'bob');
  await settle(world, 2);
  const second = await device(world, 'alice');
  await settle(world);
  return { world, first, second, bob };
}

const pushKeys = ({ client }: Device, id: string) =>
  on(client, id)
    .hmacKeys()
    .map(({ key }) => toHex(key));

describe('the installations of one person', () => {
  it('meet in one sync group, which no list shows', async () => {
    const { first, second, world } = await pair();
    for (const { client } of [first, second]) {
      expect(client.conversations.list()).toEqual([]);
      expect((await client.deviceSync.sync()).eligible).toBeGreaterThan(0);
    }
    // Settled: a further look sends nothing.
    const calls = first.line.network;
    await first.client.tick();
    expect(calls).toBeDefined();
    expect([...world.node.groupMessages.values()].flat().length).toBeLessThan(12);
  });

  it('tell each other what was decided, both ways, the later decision counts', async () => {
    const { world, first, second, bob } = await pair();
    const bobId = bob.client.inboxId;
    const told: ClientEvent[] = [];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const event of second.client.preferences.streamChanges(abort.signal)) told.push(event);
    })();
    first.client.preferences.setConsentStates([{ entityType: 'inbox', entity: bobId, state: 'denied' }]);
    await settle(world, 2);
    expect(second.client.preferences.consentState('inbox', bobId)).toBe('denied');
    expect(told.map(({ type }) => type)).toContain('consent-changed');
    abort.abort();
    await reading;
    second.client.preferences.setConsentStates([{ entityType: 'inbox', entity: bobId, state: 'allowed' }]);
    await settle(world, 2);
    expect(first.client.preferences.consentState('inbox', bobId)).toBe('allowed');
    // Both at once, apart from each other.
    first.client.preferences.setConsentStates([{ entityType: 'inbox', entity: bobId, state: 'denied' }]);
    world.time.advance(1000);
    second.client.preferences.setConsentStates([{ entityType: 'inbox', entity: bobId, state: 'unknown' }]);
    await settle(world);
    for (const { client } of [first, second]) expect(client.preferences.consentState('inbox', bobId)).toBe('unknown');
  });

  it('tell one that has just come, before it has said a word', async () => {
    const world = new World();
    const first = await device(world, 'alice');
    await settle(world);
    const second = await device(world, 'alice');
    const entity = 'ab'.repeat(32);
    first.client.preferences.setConsentStates([{ entityType: 'inbox', entity, state: 'denied' }]);
    await first.client.deviceSync.sync();
    await second.client.deviceSync.sync();
    expect(second.client.preferences.consentState('inbox', entity)).toBe('denied');
  });

  it('are in each other’s conversations, accepted where the other has accepted, with the same push keys', async () => {
    const world = new World();
    const first = await device(world, 'alice');
    const bob = await device(world, 'bob');
    const { id } = await first.client.conversations.createGroup([bob.client.inboxId], { name: 'harbour' });
    await settle(world, 2);
    const second = await device(world, 'alice');
    await settle(world, 5);
    // Nobody wrote into it: the first installation let the second in.
    expect(on(second, id).isActive).toBe(true);
    expect(pushKeys(second, id)).toEqual(pushKeys(first, id));
    await on(second, id).send(text('from the other device'));
    await settle(world, 2);
    expect(textsOf(on(first, id))).toEqual(['from the other device']);
    expect(textsOf(on(bob, id))).toEqual(['from the other device']);
  });

  it('make new push keys when one of them is revoked, which it does not get', async () => {
    const { world, first, second, bob } = await pair();
    const { id } = await first.client.conversations.createGroup([bob.client.inboxId]);
    await settle(world);
    const before = pushKeys(first, id);
    expect(pushKeys(second, id)).toEqual(before);
    const request = await first.client.identity.revokeInstallationsRequest([second.client.installationIdBytes]);
    await first.wallet.approve(request);
    await first.client.identity.apply(request);
    await settle(world);
    expect(pushKeys(first, id)).not.toEqual(before);
    first.client.preferences.setConsentStates([{ entityType: 'inbox', entity: bob.client.inboxId, state: 'denied' }]);
    await settle(world);
    expect(second.client.preferences.consentState('inbox', bob.client.inboxId)).not.toBe('denied');
  });

  it('ask for history, and the one that has it answers', async () => {
    const world = new World();
    const first = await device(world, 'alice');
    const bob = await device(world, 'bob');
    const { id } = await first.client.conversations.createGroup([bob.client.inboxId], { name: 'harbour' });
    await on(first, id).send(text('before'));
    await settle(world, 2);
    const second = await device(world, 'alice');
    await settle(world);
    expect(textsOf(on(second, id))).toEqual([]);
    const pin = await second.client.deviceSync.request(EVERYTHING, SERVER);
    await settle(world);
    expect(textsOf(on(second, id))).toEqual(['before']);
    expect(on(second, id).isActive).toBe(true);
    expect(world.history.files.size).toBe(1);
    const [offered] = second.client.deviceSync.listArchives(1);
    expect(offered).toMatchObject({ pin, sentByInstallationId: first.client.installationId });
    expect(offered?.metadata.elements).toEqual(['consent', 'messages']);
    // By hand, again and under an unknown pin.
    expect(await second.client.deviceSync.takeArchive(pin)).toMatchObject({ messages: 0 });
    await expect(second.client.deviceSync.takeArchive('none')).rejects.toMatchObject({
      code: 'client/archive-not-found',
    });
  });

  it('answer once among three, and wait for a history server that is down', async () => {
    const { world, first } = await pair();
    const third = await device(world, 'alice');
    await settle(world);
    world.history.isDown = true;
    await third.client.deviceSync.request(EVERYTHING, SERVER);
    await settle(world, 2);
    expect(world.history.files.size).toBe(0);
    world.history.isDown = false;
    for (let round = 0; round < 8 && world.history.files.size === 0; round++) {
      world.time.advance(60_000);
      await settle(world, 1);
    }
    world.time.advance(300_000);
    await settle(world);
    expect(world.history.files.size).toBe(1);
    expect(third.client.deviceSync.listArchives(1)).toHaveLength(1);
    expect(first.client.deviceSync.listArchives(1)).toHaveLength(1);
  });

  it('take an archive that nobody asked for only by hand', async () => {
    const { world, first, second, bob } = await pair();
    const { id } = await first.client.conversations.createGroup([bob.client.inboxId]);
    await on(first, id).send(text('kept'));
    await first.client.deviceSync.sendArchive('12345', EVERYTHING, SERVER);
    second.kill();
    await second.start();
    await settle(world);
    expect(second.client.deviceSync.listArchives(1)[0]?.pin).toBe('12345');
    expect(await second.client.deviceSync.takeArchive()).toMatchObject({ skipped: 0 });
    expect(textsOf(on(second, id))).toContain('kept');
  });

  it('are not told by a node that was away, or a process that ended at any commit, twice or never', async () => {
    const { world, first, second } = await pair();
    let count = 0;
    for (const when of ['before', 'after'] as const) {
      for (let commit = 1; commit < 40; commit++) {
        const entity = (count++).toString(16).padStart(64, '0');
        first.crashAfter(commit, when);
        const crashed = first.crashed();
        const work = (async () => {
          first.client.preferences.setConsentStates([{ entityType: 'inbox', entity, state: 'denied' }]);
          await first.client.tick();
          await first.client.deviceSync.sync();
        })().catch(() => undefined);
        await Promise.race([work, crashed]);
        const ended = !first.isRunning;
        if (ended) await first.start();
        else first.crashAfter(1_000_000, when);
        world.time.advance(11_000);
        await settle(world, 2);
        const here = first.client.preferences.consentState('inbox', entity);
        expect(second.client.preferences.consentState('inbox', entity), `${when} commit ${commit}`).toBe(here);
        if (commit > 1 || when === 'after') expect(here).toBe('denied');
        if (!ended) break;
      }
    }
    expect(count).toBeGreaterThan(6);
  });
});

describe('a stranger', () => {
  it('has no say: no sync group with him is joined, and an own one takes no other inbox', async () => {
    const { world, first, bob } = await pair();
    const eve = await device(world, 'eve');
    await settle(world, 2);
    const before = await first.client.deviceSync.sync();
    // Eve's sync group, with Alice put into it by the means of any member.
    const sync = eve.client.conversations.get(syncGroupOf(eve));
    await sync?.addMembers([first.client.inboxId]);
    await settle(world);
    expect(await first.client.deviceSync.sync()).toMatchObject({ eligible: before.eligible });
    eve.client.preferences.setConsentStates([{ entityType: 'inbox', entity: bob.client.inboxId, state: 'denied' }]);
    await settle(world);
    expect(first.client.preferences.consentState('inbox', bob.client.inboxId)).toBe('unknown');
  });
});

function syncGroupOf({ data }: Device): string {
  const row = data.prepare<{ id: Uint8Array }>('SELECT id FROM conversations WHERE kind = 3 LIMIT 1').get();
  return toHex(row?.id as Uint8Array);
}
