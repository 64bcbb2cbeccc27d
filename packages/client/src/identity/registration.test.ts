import { equalBytes, toHex } from '@conclave/crypto';
import { hasInstallation, inboxIdOf, installationsOf } from '@conclave/identity';
import { type Database, SqliteError, type SqlValue } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { testContractWallet, testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { registeredInstallation, registerInstallation, testInstallation, testWorld } from '../context.testkit.js';
import { GRPC_STATUS, NetworkError } from '../network/errors.js';
import { getInstallation } from '../store/installation.js';
import { getCurrentKeyPackage } from '../store/key-packages.js';
import { applySignatureRequest } from './account-requests.js';
import { tickKeyPackages } from './key-package-rotation.js';
import { prepareRegistration, registrationRequest, registrationStatus } from './registration.js';

const refusal = (code: string, details?: object) => expect.objectContaining(details ? { code, details } : { code });

describe('registration', () => {
  it('creates the inbox with one wallet signature, in the order of the deployed client', async () => {
    const world = testWorld();
    const { ctx, network, wallet } = await testInstallation(world);
    expect(ctx.identity.inboxId).toBe(inboxIdOf(wallet.identifier));
    expect(registrationStatus(ctx)).toBe('unregistered');
    const request = await registrationRequest(ctx);
    expect(request?.text).toContain(
      `- Create inbox\n  (Owner: ${wallet.identifier.address})\n- Grant messaging access`,
    );
    expect(request?.missing).toEqual([wallet.identifier]);
    wallet.approve(request as NonNullable<typeof request>);
    await applySignatureRequest(ctx, request as NonNullable<typeof request>);
    expect(network.calls).toEqual([
      'getInboxIds',
      'getIdentityUpdates',
      'uploadKeyPackage',
      'publishIdentityUpdate',
      'getIdentityUpdates',
    ]);
    expect(registrationStatus(ctx)).toBe('registered');
    const { state, sequenceId } = ctx.inboxLog.requireLatest(ctx.identity.inboxId);
    expect(hasInstallation(state, ctx.identity.installationIdBytes)).toBe(true);
    expect(sequenceId).toBe(1n);
    expect(world.node.keyPackages.get(ctx.identity.installationId)).toEqual(getCurrentKeyPackage(ctx.db)?.keyPackage);
    expect(await registrationRequest(ctx)).toBe(undefined);
  });

  it('uploads the key package once, while the wallet is asked or when it has signed', async () => {
    const world = testWorld();
    const { ctx, network, wallet } = await testInstallation(world);
    const request = (await registrationRequest(ctx)) as NonNullable<Awaited<ReturnType<typeof registrationRequest>>>;
    await prepareRegistration(ctx);
    await prepareRegistration(ctx);
    const prepared = getCurrentKeyPackage(ctx.db)?.keyPackage;
    expect(prepared).toBeDefined();
    expect(world.node.keyPackages.get(ctx.identity.installationId)).toEqual(prepared);
    wallet.approve(request);
    await applySignatureRequest(ctx, request);
    expect(network.calls.filter((call) => call === 'uploadKeyPackage')).toHaveLength(1);
    expect(world.node.keyPackages.get(ctx.identity.installationId)).toEqual(prepared);
    await prepareRegistration(ctx);
    expect(getCurrentKeyPackage(ctx.db)?.keyPackage).toEqual(prepared);
  });

  it('asks nobody again for an inbox that was free a moment ago', async () => {
    const world = testWorld();
    const wallet = testWallet('alice');
    const { ctx, network } = await testInstallation(world, wallet, {
      who: { inboxId: inboxIdOf(wallet.identifier), unclaimedAtNs: world.host.nowNs() },
    });
    await registerInstallation({ ctx, network, wallet, db: ctx.db });
    expect(network.calls).toEqual(['uploadKeyPackage', 'publishIdentityUpdate', 'getIdentityUpdates']);
    expect(registrationStatus(ctx)).toBe('registered');
  });

  it('finds out whom an inbox belongs to that was free, and joins it', async () => {
    const world = testWorld();
    const wallet = testWallet('alice');
    const who = { inboxId: inboxIdOf(wallet.identifier), unclaimedAtNs: world.host.nowNs() };
    const late = await testInstallation(world, wallet, { who });
    const first = await registeredInstallation(world, wallet);
    await expect(registerInstallation(late)).rejects.toBeInstanceOf(Error);
    await registerInstallation(late);
    expect(registrationStatus(late.ctx)).toBe('registered');
    const { state } = late.ctx.inboxLog.requireLatest(first.ctx.identity.inboxId);
    expect(installationsOf(state)).toHaveLength(2);
  });

  it('asks again when the wallet has waited for long, and is sure that the node has the key package', async () => {
    const world = testWorld();
    const wallet = testWallet('alice');
    const who = { inboxId: inboxIdOf(wallet.identifier), unclaimedAtNs: world.host.nowNs() };
    const { ctx, network, db } = await testInstallation(world, wallet, { who });
    await prepareRegistration(ctx);
    world.host.advance(11n * 60n * 1_000_000_000n);
    await registerInstallation({ ctx, network, db, wallet });
    expect(network.calls).toEqual([
      'uploadKeyPackage',
      'getIdentityUpdates',
      'uploadKeyPackage',
      'publishIdentityUpdate',
      'getIdentityUpdates',
    ]);
  });

  it('adds a further installation to the inbox that the wallet is found in', async () => {
    const world = testWorld();
    const first = await registeredInstallation(world);
    const second = await registeredInstallation(world);
    expect(second.ctx.identity.inboxId).toBe(first.ctx.identity.inboxId);
    expect(second.ctx.identity.installationId).not.toBe(first.ctx.identity.installationId);
    await first.ctx.inboxLog.refresh([first.ctx.identity.inboxId]);
    const { state } = first.ctx.inboxLog.requireLatest(first.ctx.identity.inboxId);
    expect(installationsOf(state).map(({ publicKey }) => toHex(publicKey))).toEqual([
      first.ctx.identity.installationId,
      second.ctx.identity.installationId,
    ]);
  });

  it('makes the keys of a database once', async () => {
    const world = testWorld();
    const { ctx, db, wallet } = await registeredInstallation(world);
    const again = await testInstallation(world, wallet, { db });
    expect(again.ctx.identity.installationId).toBe(ctx.identity.installationId);
    expect(again.network.calls).toEqual([]);
    expect(registrationStatus(again.ctx)).toBe('registered');
  });

  it('registers a contract wallet with one question to its chain, and marks what the node vouched for', async () => {
    const world = testWorld();
    const contract = testContractWallet('0x00000000000000000000000000000000000000a1', 8453n);
    const { ctx, network } = await testInstallation(world, testWallet('unused'), {
      who: { identifier: contract.identifier },
    });
    const request = await registrationRequest(ctx);
    if (request === undefined) throw new RangeError('nothing to sign');
    await contract.approve(request);
    expect(network.calls.filter((call) => call === 'verifySmartContractWalletSignatures')).toHaveLength(1);
    await applySignatureRequest(ctx, request);
    const [line] = ctx.inboxLog.lines(ctx.identity.inboxId);
    expect(line?.nodeVouched).toBe(true);
    const { actions } = request.signed();
    expect(actions[0]).toMatchObject({ ownerSignature: { kind: 'erc-1271', blockNumber: world.node.newestBlock } });
    await expect(contract.approve(request)).rejects.toThrow(refusal('client/unknown-signer'));
  });

  it('refuses a contract wallet signature that its chain refuses, and says when the chain is silent', async () => {
    const world = testWorld();
    const contract = testContractWallet('0x00000000000000000000000000000000000000a1', 8453n);
    const { ctx, network } = await testInstallation(world, testWallet('unused'), {
      who: { identifier: contract.identifier },
    });
    const request = await registrationRequest(ctx);
    const wrong = {
      address: contract.identifier.kind === 'ethereum' ? contract.identifier.address : '',
      chainId: 8453n,
      signature: new Uint8Array(8),
    };
    await expect(request?.addContractWallet(wrong)).rejects.toThrow(refusal('client/invalid-signature'));
    await expect(request?.addContractWallet({ ...wrong, address: '0x12' })).rejects.toThrow(
      refusal('client/invalid-address'),
    );
    network.hooks.after = (method, _request, response) => {
      if (method === 'verifySmartContractWalletSignatures') {
        for (const each of (response as { responses: { isValid: boolean; error?: string }[] }).responses) {
          each.error = 'no such chain';
        }
      }
    };
    await expect(request?.addContractWallet(wrong)).rejects.toThrow(refusal('client/contract-wallet-unverifiable'));
  });

  it('refuses a stranger’s signature, damaged signatures and an incomplete request before anything is sent', async () => {
    const world = testWorld();
    const { ctx, network } = await testInstallation(world);
    const request = await registrationRequest(ctx);
    if (request === undefined) throw new RangeError('nothing to sign');
    const before = network.calls.length;
    expect(() => testWallet('mallory').approve(request)).toThrow(refusal('client/unknown-signer'));
    expect(() => request.addEip191(new Uint8Array(64))).toThrow(refusal('client/invalid-signature'));
    expect(() => request.addEip191(new Uint8Array(65))).toThrow(refusal('client/invalid-signature'));
    await expect(applySignatureRequest(ctx, request)).rejects.toThrow(refusal('client/signatures-missing'));
    expect(network.calls).toHaveLength(before);
    expect(world.node.keyPackages.size).toBe(0);
  });

  it('names the installations to revoke when the inbox is full', async () => {
    const world = testWorld();
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      ids.push((await registeredInstallation(world)).ctx.identity.installationId);
      world.host.advance(1_000_000_000n);
    }
    const eleventh = await testInstallation(world);
    const inboxId = eleventh.ctx.identity.inboxId;
    await expect(registrationRequest(eleventh.ctx)).rejects.toThrow(
      refusal('client/too-many-installations', { inboxId, count: 10, max: 10, oldest: ids.join(' ') }),
    );
  });

  it('refuses to open a database for another person, or under another inbox id', async () => {
    const world = testWorld();
    const { db, ctx } = await registeredInstallation(world);
    const open = (wallet: string, who = {}) => testInstallation(world, testWallet(wallet), { db, who });
    await expect(open('mallory')).rejects.toThrow(refusal('client/wrong-inbox'));
    await expect(open('alice', { inboxId: '0'.repeat(64) })).rejects.toThrow(refusal('client/wrong-inbox'));
    await expect(open('alice', { inboxId: ctx.identity.inboxId })).resolves.toBeDefined();
  });

  it('refuses to create an inbox whose id does not follow from the wallet, and to join one that it is not in', async () => {
    const world = testWorld();
    const bob = await registeredInstallation(world, testWallet('bob'));
    const stranger = await testInstallation(world, testWallet('alice'), { who: { inboxId: bob.ctx.identity.inboxId } });
    await expect(registrationRequest(stranger.ctx)).rejects.toThrow(refusal('client/wrong-inbox'));
    const invented = await testInstallation(world, testWallet('alice'), { who: { inboxId: 'ab'.repeat(32) } });
    await expect(registrationRequest(invented.ctx)).rejects.toThrow(refusal('client/wrong-inbox'));
  });
});

describe('registration through failures', () => {
  it('succeeds when the answer to the publication is lost, even if the repeat is refused as a replay', async () => {
    const world = testWorld();
    const installation = await testInstallation(world);
    let lost = 0;
    installation.network.hooks.after = (method) => {
      if (method === 'publishIdentityUpdate' && lost++ === 0) throw new NetworkError(GRPC_STATUS.UNAVAILABLE);
    };
    await registerInstallation(installation);
    expect(lost).toBe(1);
    expect(registrationStatus(installation.ctx)).toBe('registered');
  });

  it('reports what the node says when it refuses the update', async () => {
    const world = testWorld();
    const installation = await testInstallation(world);
    installation.network.hooks.before = (method) => {
      if (method === 'publishIdentityUpdate') throw new NetworkError(GRPC_STATUS.INVALID_ARGUMENT, { reason: 'no' });
    };
    await expect(registerInstallation(installation)).rejects.toThrow(refusal('client/network-refused'));
    expect(registrationStatus(installation.ctx)).toBe('unregistered');
    installation.network.hooks = {};
    world.host.advance(1_000_000_000n);
    await registerInstallation(installation);
    expect(registrationStatus(installation.ctx)).toBe('registered');
  });

  it('gives up clearly when the node accepts the update but never shows it', async () => {
    const world = testWorld();
    const installation = await testInstallation(world);
    let published = false;
    installation.network.hooks.after = (method, _request, response) => {
      if (method === 'publishIdentityUpdate') published = true;
      if (method === 'getIdentityUpdates' && published) {
        for (const each of (response as { responses: { updates: unknown[] }[] }).responses) each.updates = [];
      }
    };
    await expect(registerInstallation(installation)).rejects.toThrow(refusal('client/identity-log-missing'));
    installation.network.hooks = {};
    await registerInstallation(installation);
    expect(registrationStatus(installation.ctx)).toBe('registered');
  });

  it('applies one request twice without harm', async () => {
    const world = testWorld();
    const { ctx, wallet } = await testInstallation(world);
    const request = await registrationRequest(ctx);
    if (request === undefined) throw new RangeError('nothing to sign');
    wallet.approve(request);
    await applySignatureRequest(ctx, request);
    await applySignatureRequest(ctx, request);
    expect(world.node.inboxLogs.get(ctx.identity.inboxId)).toHaveLength(1);
  });

  /** The database of a process that dies in its nth write, before or after the write took effect. */
  function dyingDatabase(db: Database, dieAt: number, counter: { writes: number }): Database {
    const die = (): never => {
      throw new SqliteError('sqlite/full', { reason: 'the process died here' });
    };
    return {
      engine: db.engine,
      encrypted: db.encrypted,
      path: db.path,
      exec: (sql) => db.exec(sql),
      pragma: (statement) => db.pragma(statement),
      close: () => db.close(),
      transaction: (work) => db.transaction(work),
      prepare: ((sql: string, options?: object) => {
        const statement = db.prepare(sql, options);
        if (!/^\s*(INSERT|UPDATE|DELETE)/.test(sql)) return statement;
        const counted =
          <Result>(run: (...args: SqlValue[]) => Result) =>
          (...args: SqlValue[]): Result => {
            counter.writes += 1;
            if (counter.writes === dieAt) die();
            return run(...args);
          };
        return {
          run: counted((...args) => statement.run(...args)),
          get: counted((...args) => statement.get(...args)),
          all: counted((...args) => statement.all(...args)),
          iterate: counted((...args) => statement.iterate(...args)),
        };
      }) as Database['prepare'],
    };
  }

  it('converges when the process dies at any write or call and starts again', async () => {
    const steps = { writes: 0, calls: 0 };
    {
      const world = testWorld();
      const db = openDatabase({ path: null });
      const counter = { writes: 0 };
      const installation = await testInstallation(world, testWallet('alice'), { db: dyingDatabase(db, 0, counter) });
      await registerInstallation(installation);
      steps.writes = counter.writes;
      steps.calls = installation.network.calls.length;
    }
    expect(steps.writes).toBeGreaterThan(6);
    const deaths = [
      ...Array.from({ length: steps.writes }, (_, i) => ({ write: i + 1, call: 0, after: false })),
      ...Array.from({ length: steps.calls }, (_, i) => ({ write: 0, call: i + 1, after: false })),
      ...Array.from({ length: steps.calls }, (_, i) => ({ write: 0, call: i + 1, after: true })),
    ];
    for (const death of deaths) {
      const world = testWorld();
      const db = openDatabase({ path: null });
      let calls = 0;
      const dieInCall = (): void => {
        calls += 1;
        if (calls === death.call) throw new RangeError('the process died here');
      };
      const doomed = async (): Promise<void> => {
        const dying = death.write === 0 ? db : dyingDatabase(db, death.write, { writes: 0 });
        const installation = await testInstallation(world, testWallet('alice'), {
          db: dying,
          hooks: death.after ? { after: dieInCall } : { before: dieInCall },
        });
        await registerInstallation(installation);
      };
      await expect(doomed(), JSON.stringify(death)).rejects.toThrow('the process died here');

      world.host.advance(1_000_000_000n);
      const restarted = await testInstallation(world, testWallet('alice'), { db });
      await registerInstallation(restarted);
      const { ctx } = restarted;
      expect(registrationStatus(ctx), JSON.stringify(death)).toBe('registered');
      const { state } = ctx.inboxLog.requireLatest(ctx.identity.inboxId);
      expect(installationsOf(state), JSON.stringify(death)).toHaveLength(1);
      await tickKeyPackages(ctx);
      // Whatever the node hands out now, its private keys are here.
      const offered = world.node.keyPackages.get(ctx.identity.installationId) as Uint8Array;
      const current = getCurrentKeyPackage(ctx.db);
      expect(equalBytes(current?.keyPackage as Uint8Array, offered), JSON.stringify(death)).toBe(true);
      expect(current?.uploadedAtNs).toBeDefined();
      expect(getInstallation(db)?.keyPackageDueNs).toBeGreaterThan(world.host.nowNs());
    }
  });
});
