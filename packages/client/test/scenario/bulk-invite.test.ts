/**
 * Many people invited at once: key packages fetched once and in pages, commits below the length that was asked for, progress told, and
 * nobody forgotten or welcomed twice whenever the process ends.
 */
import type { ClientOptions, InviteProgress } from '@conclave/client';
import { type Device, World } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { on, stateOf, text, textsOf } from './talk.testkit.js';

const CROWD = Array.from({ length: 60 }, (_, index) => `guest ${index}`);

const world = new World();
const guests = new Map<string, Device>();

/** A host of its own for each test; the guests are the same people throughout. */
async function crowd(host: string, names: readonly string[] = CROWD, options: Partial<ClientOptions> = {}) {
  const device = world.device(host, options);
  await device.register();
  for (const name of names) {
    if (guests.has(name)) continue;
    const guest = world.device(name);
    await guest.register();
    guests.set(name, guest);
  }
  const invited = names.map((name) => guests.get(name) as Device);
  return { host: device, guests: invited, inboxIds: invited.map(({ client }) => client.inboxId) };
}

/** Calls of a device, and what they carry. */
function recorded(device: Device) {
  const calls: { method: string; request: never }[] = [];
  device.line.onCall = (method, request) => void calls.push({ method, request: request as never });
  const of = <Request>(method: string) =>
    calls.flatMap((call) => (call.method === method ? [call.request as Request] : []));
  return {
    keyPackages: () =>
      of<{ installationKeys: Uint8Array[] }>('fetchKeyPackages').map((each) => each.installationKeys.length),
    welcomes: () => of<{ messages: unknown[] }>('sendWelcomeMessages').map(({ messages }) => messages.length),
    commits: () =>
      of<{ messages: { version: { value: { data: Uint8Array } } }[] }>('sendGroupMessages').flatMap(({ messages }) =>
        messages.map(({ version }) => version.value.data.length),
      ),
  };
}

const welcomesAtNode = (): number => [...world.node.welcomes.values()].reduce((sum, topic) => sum + topic.length, 0);

describe('an invitation of many', () => {
  it('asks for each key package once, makes one commit, and tells how far it is', async () => {
    const { host, guests, inboxIds } = await crowd('alice');
    const calls = recorded(host);
    const told: InviteProgress[] = [];
    const onProgress = (progress: InviteProgress): void => void told.push(progress);
    const { id } = await host.client.conversations.createGroup(inboxIds, { onProgress });
    expect(calls.keyPackages()).toEqual([60]);
    expect(calls.commits()).toHaveLength(1);
    // The pointee, 60 pointers.
    expect(calls.welcomes()).toEqual([50, 11]);
    expect(told).toEqual([
      { stage: 'identities', done: 0, total: 61 },
      { stage: 'identities', done: 61, total: 61 },
      { stage: 'key-packages', done: 60, total: 60 },
      { stage: 'commit', done: 0, total: 1 },
      { stage: 'commit', done: 1, total: 1 },
      { stage: 'welcomes', done: 0, total: 60 },
      { stage: 'welcomes', done: 49, total: 60 },
      { stage: 'welcomes', done: 60, total: 60 },
    ]);
    await on(host, id).send(text('welcome'));
    const last = guests.at(-1) as Device;
    await last.client.conversations.syncAll(['unknown']);
    expect(textsOf(on(last, id))).toEqual(['welcome']);
  });

  it('is divided into commits of the length that was asked for, each of them waited for', async () => {
    const { host, guests, inboxIds } = await crowd('bob', CROWD, { maxCommitBytes: 50_000 });
    const calls = recorded(host);
    const told: InviteProgress[] = [];
    const { id } = await host.client.conversations.createGroup(inboxIds, {
      onProgress: (step) => void told.push(step),
    });
    const commits = calls.commits();
    expect(commits.length).toBeGreaterThan(2);
    expect(Math.max(...commits)).toBeLessThanOrEqual(50_000);
    // Each package is fetched once though the invitation was divided.
    expect(calls.keyPackages().reduce((sum, count) => sum + count, 0)).toBe(60);
    const last = told.findLast(({ stage }) => stage === 'commit');
    expect(last).toEqual({ stage: 'commit', done: commits.length, total: commits.length });
    expect(on(host, id).members()).toHaveLength(61);
    for (const guest of [guests[0], guests[30], guests[59]] as Device[]) {
      await guest.client.conversations.syncAll(['unknown']);
      expect(stateOf(on(guest, id))).toEqual(stateOf(on(host, id)));
    }
  });

  it('lets one inbox in even where no commit is short enough', async () => {
    const { host, guests, inboxIds } = await crowd('carol', CROWD.slice(0, 2), { maxCommitBytes: 1 });
    const calls = recorded(host);
    const { id } = await host.client.conversations.createGroup(inboxIds);
    expect(calls.commits()).toHaveLength(2);
    for (const { client } of guests) await client.conversations.syncAll(['unknown']);
    for (const guest of guests) expect(stateOf(on(guest, id))).toEqual(stateOf(on(host, id)));
  });

  it('goes on from where a crash left it: at every write nobody is forgotten, and no welcome is sent again', async () => {
    const { host, inboxIds } = await crowd('dave', CROWD.slice(0, 55), { maxCommitBytes: 60_000 });
    let crashes = 0;
    for (let commit = 1; ; commit++) {
      const name = `party ${commit}`;
      const before = welcomesAtNode();
      const crashed = host.crashed();
      host.crashAfter(commit, 'after');
      const made = host.client.conversations.createGroup(inboxIds, { name });
      const outcome = await Promise.race([
        made.then(
          () => 'done',
          () => 'failed',
        ),
        crashed.then(() => 'crashed'),
      ]);
      const died = outcome === 'crashed' || !host.isRunning;
      if (died) {
        crashes += 1;
        await host.start();
      } else host.crashAfter(1_000_000, 'after');
      // No call of the application: what is due goes on by itself.
      for (let tick = 0; tick < 3; tick++) {
        await host.client.tick();
        world.time.advance(11_000);
      }
      const [group] = host.client.conversations.list().filter((each) => each.attributes().get('group_name') === name);
      if (group === undefined) continue;
      expect(group.members()).toHaveLength(56);
      // One for each guest and the pointees; what was under way when the process ended may be there twice, at most one call of it.
      const sent = welcomesAtNode() - before;
      expect(sent).toBeGreaterThanOrEqual(55 + 2);
      expect(sent).toBeLessThanOrEqual(55 + 3 + (died ? 51 : 0));
      if (!died) break;
      expect(commit).toBeLessThan(60);
    }
    expect(crashes).toBeGreaterThan(8);
  });
});
