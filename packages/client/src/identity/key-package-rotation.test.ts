import { nodeCrypto } from '@conclave/crypto/node';
import { testWallet } from '@conclave/testing';
import { describe, expect, it, vi } from 'vitest';
import { registeredInstallation, type TestInstallation, testInstallation, testWorld } from '../context.testkit.js';
import { ClientError } from '../errors.js';
import { NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND } from '../host.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { getInstallation } from '../store/installation.js';
import {
  getCurrentKeyPackage,
  getKeyPackageByRef,
  getKeyPackageByWrapperKey,
  type KeyPackageRow,
  type PublicKeyPackage,
} from '../store/key-packages.js';
import { fetchKeyPackages } from './fetch-key-packages.js';
import {
  nextKeyPackageTick,
  prepareKeyPackage,
  queueKeyPackageRotation,
  tickKeyPackages,
} from './key-package-rotation.js';
import { keyPackageStatuses } from './key-package-status.js';
import { rotateKeyPackage } from './rotate-key-package.js';

const refusal = (code: string) => expect.objectContaining({ code });

function current({ ctx }: TestInstallation): PublicKeyPackage {
  return getCurrentKeyPackage(ctx.db) as PublicKeyPackage;
}

function stored({ ctx }: TestInstallation, ref: Uint8Array): KeyPackageRow {
  return getKeyPackageByRef(ctx.db, ref) as KeyPackageRow;
}

describe('rotation of the key package', () => {
  it('is due 30 days after the registration', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const first = current(alice);
    expect(await tickKeyPackages(alice.ctx)).toEqual({ rotated: false, deleted: 0 });
    expect(nextKeyPackageTick(alice.db, world.host.nowNs())).toBe(world.host.nowNs() + 30n * NS_PER_DAY);
    world.host.advance(30n * NS_PER_DAY);
    expect(await tickKeyPackages(alice.ctx)).toEqual({ rotated: true, deleted: 0 });
    expect(current(alice).ref).not.toEqual(first.ref);
    expect(world.node.keyPackages.get(alice.ctx.identity.installationId)).toEqual(current(alice).keyPackage);
  });

  it('follows a welcome after five seconds, once however many welcomes come', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const uploads = () => alice.network.calls.filter((call) => call === 'uploadKeyPackage').length;
    queueKeyPackageRotation(alice.db, world.host.nowNs());
    world.host.advance(3n * NS_PER_SECOND);
    queueKeyPackageRotation(alice.db, world.host.nowNs());
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(false);
    world.host.advance(2n * NS_PER_SECOND);
    const both = await Promise.all([tickKeyPackages(alice.ctx), tickKeyPackages(alice.ctx)]);
    expect(both.map(({ rotated }) => rotated)).toEqual([true, false]);
    expect(uploads()).toBe(2);
  });

  it('keeps the superseded keys for a day, then deletes them for good', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const first = stored(alice, current(alice).ref);
    queueKeyPackageRotation(alice.db, world.host.nowNs() - 5n * NS_PER_SECOND);
    await tickKeyPackages(alice.ctx);
    world.host.advance(24n * NS_PER_HOUR - 1n);
    expect((await tickKeyPackages(alice.ctx)).deleted).toBe(0);
    expect(getKeyPackageByRef(alice.db, first.ref)).toMatchObject({ initPrivateKey: first.initPrivateKey });
    expect(getKeyPackageByWrapperKey(alice.db, 'xwing', first.wrapperPublicKey)?.ref).toEqual(first.ref);
    expect(getKeyPackageByWrapperKey(alice.db, 'curve25519', first.initPublicKey)?.ref).toEqual(first.ref);
    expect(nextKeyPackageTick(alice.db, world.host.nowNs())).toBe(world.host.nowNs() + 1n);
    world.host.advance(1n);
    expect((await tickKeyPackages(alice.ctx)).deleted).toBe(1);
    expect(getKeyPackageByRef(alice.db, first.ref)).toBe(undefined);
    expect(getKeyPackageByWrapperKey(alice.db, 'xwing', first.wrapperPublicKey)).toBe(undefined);
    expect(Number(alice.db.pragma('secure_delete'))).toBe(1);
  });

  it('is tried again a minute after a failed upload, with the same package and without losing the old one', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const first = current(alice);
    world.host.advance(30n * NS_PER_DAY);
    alice.network.hooks.before = (method) => {
      if (method === 'uploadKeyPackage') throw new NetworkError(GRPC_STATUS.INVALID_ARGUMENT);
    };
    await expect(tickKeyPackages(alice.ctx)).rejects.toThrow(refusal('client/network-refused'));
    const pending = current(alice);
    expect(pending.ref).not.toEqual(first.ref);
    expect(getKeyPackageByRef(alice.db, first.ref)?.deleteAtNs).toBe(undefined);
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(false);
    alice.network.hooks = {};
    world.host.advance(60n * NS_PER_SECOND);
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(true);
    expect(current(alice).ref).toEqual(pending.ref);
    expect(getKeyPackageByRef(alice.db, first.ref)?.deleteAtNs).toBe(world.host.nowNs() + 24n * NS_PER_HOUR);
  });

  it('leaves the private keys in the database alone', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const { random } = world.host;
    const { keyPair } = nodeCrypto.mlKem768;
    const seen: Uint8Array[] = [];
    const note = <T extends Uint8Array>(secret: T): T => {
      seen.push(secret);
      return secret;
    };
    vi.spyOn(world.host, 'random').mockImplementation((length) => note(random(length)));
    vi.spyOn(nodeCrypto.mlKem768, 'keyPair').mockImplementation((seed) => {
      const pair = keyPair(seed);
      note(pair.secretKey);
      return pair;
    });
    world.host.advance(30n * NS_PER_DAY);
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(true);
    vi.restoreAllMocks();
    // Wrapper, init and encryption key, and the first one expanded.
    expect(seen.map(({ length }) => length)).toEqual([32, 2400, 32, 32]);
    for (const secret of seen) expect(secret).toEqual(new Uint8Array(secret.length));
    const { initPrivateKey, encryptionPrivateKey, wrapperSeed } = stored(alice, current(alice).ref);
    for (const key of [initPrivateKey, encryptionPrivateKey, wrapperSeed]) expect(key).not.toEqual(new Uint8Array(32));
  });

  it('makes another package when the one that was never uploaded has grown old', async () => {
    const world = testWorld();
    const alice = await testInstallation(world);
    const early = prepareKeyPackage(alice.ctx);
    expect(prepareKeyPackage(alice.ctx).ref).toEqual(early.ref);
    world.host.advance(30n * NS_PER_DAY);
    expect(prepareKeyPackage(alice.ctx).ref).not.toEqual(early.ref);
  });

  it('never keeps more than two private keys: a busy installation waits an hour, and drops the older ones', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const refs = () =>
      alice.db.prepare<{ ref: Uint8Array }>('SELECT ref FROM key_packages ORDER BY created_at_ns').all();
    const first = current(alice).ref;
    const welcome = async () => {
      queueKeyPackageRotation(alice.db, world.host.nowNs());
      world.host.advance(5n * NS_PER_SECOND);
      return (await tickKeyPackages(alice.ctx)).rotated;
    };
    expect(await welcome()).toBe(true);
    const second = current(alice).ref;
    for (let i = 0; i < 20; i++) expect(await welcome()).toBe(false);
    expect(refs().map(({ ref }) => ref)).toEqual([first, second]);
    const due = nextKeyPackageTick(alice.db, world.host.nowNs()) as bigint;
    world.host.advance(due - world.host.nowNs() - 1n);
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(false);
    expect(getKeyPackageByRef(alice.db, first)).toBeDefined();
    world.host.advance(1n);
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(true);
    expect(refs().map(({ ref }) => ref)).toEqual([second, current(alice).ref]);
    world.host.advance(24n * NS_PER_HOUR);
    await tickKeyPackages(alice.ctx);
    expect(refs().map(({ ref }) => ref)).toEqual([current(alice).ref]);
  });

  it('can be asked for: at once, or when the last one has had its hour', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    const first = current(alice);
    expect(await rotateKeyPackage(alice.ctx)).toBe(true);
    const second = current(alice);
    expect(second.ref).not.toEqual(first.ref);
    expect(world.node.keyPackages.get(alice.ctx.identity.installationId)).toEqual(second.keyPackage);
    expect(await rotateKeyPackage(alice.ctx)).toBe(false);
    expect(current(alice).ref).toEqual(second.ref);
    world.host.advance(NS_PER_HOUR);
    expect((await tickKeyPackages(alice.ctx)).rotated).toBe(true);
    const stranger = await testInstallation(world, testWallet('stranger'));
    await expect(rotateKeyPackage(stranger.ctx)).rejects.toEqual(refusal('client/not-registered'));
  });

  it('keeps two also while an upload fails, whichever of them the node may have', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    queueKeyPackageRotation(alice.db, world.host.nowNs() - 5n * NS_PER_SECOND);
    await tickKeyPackages(alice.ctx);
    const uploaded = current(alice);
    alice.network.hooks.after = (method) => {
      if (method === 'uploadKeyPackage') throw new NetworkError(GRPC_STATUS.INVALID_ARGUMENT);
    };
    world.host.advance(2n * NS_PER_HOUR);
    queueKeyPackageRotation(alice.db, world.host.nowNs() - 5n * NS_PER_SECOND);
    await expect(tickKeyPackages(alice.ctx)).rejects.toThrow(refusal('client/network-refused'));
    const unsure = current(alice);
    expect(unsure.uploadedAtNs).toBeUndefined();
    expect(world.node.keyPackages.get(alice.ctx.identity.installationId)).toEqual(unsure.keyPackage);
    const rows = alice.db.prepare<{ ref: Uint8Array }>('SELECT ref FROM key_packages ORDER BY created_at_ns').all();
    expect(rows.map(({ ref }) => ref)).toEqual([uploaded.ref, unsure.ref]);
  });

  it('does nothing before the registration', async () => {
    const world = testWorld();
    const alice = await testInstallation(world);
    queueKeyPackageRotation(alice.db, world.host.nowNs());
    expect(getInstallation(alice.db)?.keyPackageDueNs).toBe(undefined);
    world.host.advance(60n * NS_PER_DAY);
    expect(await tickKeyPackages(alice.ctx)).toEqual({ rotated: false, deleted: 0 });
    expect(nextKeyPackageTick(alice.db, world.host.nowNs())).toBe(undefined);
  });
});

describe('key packages of others', () => {
  it('are accepted or refused one by one', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const bob = await registeredInstallation(world, testWallet('bob'));
    const carol = await registeredInstallation(world, testWallet('carol'));
    const who = ({ ctx }: TestInstallation) => ({
      inboxId: ctx.identity.inboxId,
      installationId: ctx.identity.installationIdBytes,
    });
    const damaged = (world.node.keyPackages.get(carol.ctx.identity.installationId) as Uint8Array).slice();
    damaged[100] = (damaged[100] as number) ^ 1;
    world.node.keyPackages.set(carol.ctx.identity.installationId, damaged);
    const nobody = { inboxId: 'ab'.repeat(32), installationId: new Uint8Array(32).fill(1) };
    const results = await fetchKeyPackages(alice.ctx, [who(bob), who(carol), nobody]);
    expect(results.size).toBe(3);
    const accepted = results.get(bob.ctx.identity.installationId);
    expect(accepted).toMatchObject({ inboxId: bob.ctx.identity.inboxId, supportsPointers: true });
    expect(results.get(carol.ctx.identity.installationId)).toMatchObject({ code: 'client/key-package-invalid' });
    expect(results.get('01'.repeat(32))).toMatchObject({ details: { rule: 'missing' } });
    expect(await fetchKeyPackages(alice.ctx, [])).toEqual(new Map());
  });

  it('that are too long for an answer do not keep the others from being fetched', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const others: TestInstallation[] = [];
    for (const name of ['bob', 'carol', 'mallory', 'dave']) {
      others.push(await registeredInstallation(world, testWallet(name)));
    }
    const [, , mallory] = others as [TestInstallation, TestInstallation, TestInstallation];
    world.node.keyPackages.set(mallory.ctx.identity.installationId, new Uint8Array(10_000));
    world.node.answerBytes = 9000;
    const asked = others.map(({ ctx }) => {
      const { inboxId, installationIdBytes: installationId } = ctx.identity;
      return { inboxId, installationId };
    });
    const results = await fetchKeyPackages(alice.ctx, asked);
    const refused = [...results].filter(([, result]) => result instanceof ClientError).map(([id]) => id);
    expect([results.size, refused]).toEqual([4, [mallory.ctx.identity.installationId]]);
  });

  it('are shown with their lifetime and with what is wrong', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const bob = await registeredInstallation(world, testWallet('bob'));
    const ids = [bob.ctx.identity.installationId, '01'.repeat(32), bob.ctx.identity.installationId];
    const statuses = await keyPackageStatuses(alice.ctx, ids);
    expect([...statuses.keys()]).toEqual(ids.slice(0, 2));
    const seconds = world.host.nowNs() / NS_PER_SECOND;
    expect(statuses.get(bob.ctx.identity.installationId)).toEqual({
      lifetime: { notBefore: seconds - 3600n, notAfter: seconds + 84n * 86_400n },
      error: undefined,
    });
    expect(statuses.get('01'.repeat(32))).toMatchObject({
      error: { details: { rule: 'missing' } },
    });
    world.host.advance(85n * NS_PER_DAY);
    const [expired] = (await keyPackageStatuses(alice.ctx, ids)).values();
    expect(expired).toMatchObject({
      lifetime: { notAfter: seconds + 84n * 86_400n },
      error: { details: { rule: 'leaf-lifetime' } },
    });
    expect(await keyPackageStatuses(alice.ctx, [])).toEqual(new Map());
  });

  it('must be answered one for one', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world);
    alice.network.hooks.after = (_method, _request, response) => {
      (response as { keyPackages: unknown[] }).keyPackages.pop();
    };
    const ask = fetchKeyPackages(alice.ctx, [{ inboxId: 'ab'.repeat(32), installationId: new Uint8Array(32) }]);
    await expect(ask).rejects.toThrow(refusal('client/node-answer-malformed'));
  });
});
