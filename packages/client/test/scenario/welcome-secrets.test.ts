/**
 * Private keys of key packages in memory: what a welcome needs of them is read from the database and expanded, and overwritten when the
 * welcome is done with, whether it was followed or refused.
 */
import { nodeCrypto } from '@conclave/crypto/node';
import { type Device, World } from '@conclave/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const SECRET_COLUMNS = ['init_private_key', 'encryption_private_key', 'wrapper_seed'];

/** The private keys that the device reads and expands from now on. */
function privateKeysOf(device: Device): Uint8Array[] {
  const seen: Uint8Array[] = [];
  const note = (row: object | undefined): void => {
    for (const [column, value] of Object.entries(row ?? {})) if (SECRET_COLUMNS.includes(column)) seen.push(value);
  };
  const prepare = device.data.prepare.bind(device.data);
  vi.spyOn(device.data, 'prepare').mockImplementation(((...args: Parameters<typeof prepare>) => {
    const statement = prepare(...args);
    if (!args[0].includes('key_packages')) return statement;
    return {
      run: (...params) => statement.run(...params),
      get: (...params) => {
        const row = statement.get(...params);
        note(row);
        return row;
      },
      all: (...params) => {
        const rows = statement.all(...params);
        rows.forEach(note);
        return rows;
      },
      iterate: (...params) => statement.all(...params)[Symbol.iterator](),
    } satisfies typeof statement;
  }) as typeof prepare);
  const { keyPair } = nodeCrypto.mlKem768;
  vi.spyOn(nodeCrypto.mlKem768, 'keyPair').mockImplementation((seed) => {
    const pair = keyPair(seed);
    seen.push(pair.secretKey);
    return pair;
  });
  return seen;
}

const isOverwritten = (key: Uint8Array): boolean => key.every((byte) => byte === 0);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('private keys of the key package', () => {
  it.each([
    ['a welcome of its own', ['bob']],
    ['a pointer', ['bob', 'carol', 'dave', 'eve']],
  ])('are overwritten after %s', async (_, names) => {
    const world = new World();
    const alice = world.device('alice');
    await alice.register();
    const [bob, ...others] = (await world.people(...names)) as [Device, ...Device[]];
    const ids = [bob, ...others].map(({ client }) => client.inboxId);
    const { id } = await alice.client.conversations.createGroup(ids);
    const seen = privateKeysOf(bob);
    await bob.client.conversations.sync();
    expect(bob.client.conversations.get(id)?.isActive).toBe(true);
    // The row by which the welcome was unwrapped, the one that it names, and the expanded key.
    expect(seen.length).toBeGreaterThanOrEqual(7);
    expect(seen.map(isOverwritten)).toEqual(seen.map(() => true));
  });

  it.each<[string, (data: Uint8Array) => unknown]>([
    ['is damaged', (data) => data.reverse()],
    ['is damaged in its ciphertext', (data) => data.fill(0, 1200)],
    // enc<V>: 1088 bytes of ML-KEM and the key of X25519.
    ['agrees on nothing', (data) => data.fill(0, 2 + 1088, 2 + 1120)],
  ])('are overwritten after a welcome that %s', async (_, damage) => {
    const world = new World();
    const [alice, bob] = (await world.people('alice', 'bob')) as [Device, Device];
    const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const [welcome] = world.node.welcomes.get(bob.client.installationId) ?? [];
    if (welcome?.version.case !== 'v1') throw new TypeError('no welcome of one’s own');
    damage(welcome.version.value.data);
    const seen = privateKeysOf(bob);
    await bob.client.conversations.sync();
    expect(bob.client.conversations.get(id)).toBe(undefined);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(seen.map(isOverwritten)).toEqual(seen.map(() => true));
  });
});
