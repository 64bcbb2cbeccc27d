import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { inboxIdOf } from '@conclave/identity';
import { openDatabase } from '@conclave/sqlite/node';
import { memoryNetwork, testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CLIENT_OPTIONS, openContext, openDirectory, resolveInboxId } from './context.js';
import { registeredInstallation, testInstallation, testWorld } from './context.testkit.js';
import { NS_PER_SECOND } from './host.js';
import { addAccountRequest, applySignatureRequest } from './identity/account-requests.js';
import { GRPC_STATUS, NetworkError } from './network/errors.js';

const refusal = (code: string) => expect.objectContaining({ code });

function offline(): never {
  throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
}

describe('openContext', () => {
  it('needs the network only to find the inbox of a new database', async () => {
    const world = testWorld();
    const alice = testWallet('alice');
    await expect(testInstallation(world, alice, { hooks: { before: offline } })).rejects.toThrow(
      refusal('client/network-unreachable'),
    );
    const inboxId = inboxIdOf(alice.identifier);
    const given = await testInstallation(world, alice, { who: { inboxId }, hooks: { before: offline } });
    expect(given.ctx.identity.inboxId).toBe(inboxId);
    const again = await testInstallation(world, alice, { db: given.db, hooks: { before: offline } });
    expect(again.ctx.identity.installationId).toBe(given.ctx.identity.installationId);
    expect(again.ctx.options).toEqual(DEFAULT_CLIENT_OPTIONS);
  });

  it('uses the nonce for a new inbox, up to its largest, and keeps it', async () => {
    const world = testWorld();
    const nonce = 2n ** 64n - 1n;
    const { ctx, db, wallet } = await testInstallation(world, testWallet('alice'), { who: { nonce } });
    expect(ctx.identity.inboxId).toBe(inboxIdOf(wallet.identifier, nonce));
    const again = await testInstallation(world, wallet, { db });
    expect(again.ctx.identity.nonce).toBe(nonce);
  });

  it('lets a second account of the inbox open the database, stored log or not', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const laptop = await registeredInstallation(world, testWallet('alice'));
    const cold = testWallet('cold');
    world.host.advance(NS_PER_SECOND);
    const addition = await addAccountRequest(alice.ctx, cold.identifier);
    cold.approve(addition);
    await applySignatureRequest(alice.ctx, addition);
    // Known from the stored log.
    const here = await testInstallation(world, cold, { db: alice.db });
    expect(here.network.calls).toEqual([]);
    // Added on another device: looked up.
    const there = await testInstallation(world, cold, { db: laptop.db });
    expect(there.network.calls).toContain('getInboxIds');
    expect(there.ctx.identity.installationId).toBe(laptop.ctx.identity.installationId);
  });

  it('keeps the key of the installation secret from what it shows', async () => {
    const { ctx, db } = await testInstallation(testWorld());
    const row = db.prepare<{ signature_seed: Uint8Array }>('SELECT signature_seed FROM installation').get();
    const seed = toHex(row?.signature_seed as Uint8Array);
    const shown = JSON.stringify(ctx.identity, (_key, value) =>
      value instanceof Uint8Array ? toHex(value) : typeof value === 'bigint' ? value.toString() : value,
    );
    expect(seed).toHaveLength(64);
    expect(shown).not.toContain(seed);
  });

  it('takes options over the defaults', async () => {
    const world = testWorld();
    const deps = {
      db: openDatabase({ path: null }),
      network: memoryNetwork(world.node),
      crypto: nodeCrypto,
      host: world.host,
    };
    const ctx = await openContext(
      { ...deps, options: { syncConcurrency: 3 } },
      { identifier: testWallet('a').identifier },
    );
    expect(ctx.options).toEqual({ ...DEFAULT_CLIENT_OPTIONS, syncConcurrency: 3 });
  });
});

describe('a Directory', () => {
  it('answers about inboxes without an installation', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const directory = openDirectory({
      db: openDatabase({ path: null }),
      network: memoryNetwork(world.node),
      crypto: nodeCrypto,
      host: world.host,
    });
    expect(await resolveInboxId(directory, alice.wallet.identifier)).toBe(alice.ctx.identity.inboxId);
    const stranger = testWallet('stranger').identifier;
    expect(await resolveInboxId(directory, stranger, 5n)).toBe(inboxIdOf(stranger, 5n));
    expect(await directory.inboxLookup.canMessage([stranger])).toEqual(new Map([[stranger.address, false]]));
  });
});
