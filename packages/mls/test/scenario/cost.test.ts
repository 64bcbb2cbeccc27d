/**
 * Work per operation, counted in primitives and in stored rows instead of seconds: what must not grow with the group
 * does not, and what must is linear. A quadratic step fails here. CONCLAVE_LONG counts in groups of up to 4000.
 */
import type { SignaturePrivateKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import {
  createKeyPackage,
  getCipherSuite,
  keyPackageRef,
  MemoryRows,
  MlsGroup,
  type OwnKeyPackage,
  type Proposal,
} from '../../src/index.js';
import { type Work, WorkCounter } from './counting.testkit.js';
import { CAPABILITIES, GROUP_ID, LIFETIME } from './members.testkit.js';

const SIZES = process.env.CONCLAVE_LONG === undefined ? [60, 240, 960] : [250, 1000, 4000];
const { random } = nodeCrypto;

/** Work of an operation, with what is to be stored after it. */
interface Cost extends Work {
  readonly rows: number;
  readonly rowBytes: number;
  /** Of the messages made. */
  readonly sentBytes: number;
}

interface Person {
  readonly signatureKey: SignaturePrivateKey;
  readonly own: OwnKeyPackage;
}

/** What each operation costs in a group of `size`, whose members meet every signature for the first time. */
function measure(size: number) {
  const counter = new WorkCounter();
  const newSuite = (verifiedSignatures = 0) => getCipherSuite(0x0003, counter.provider, { verifiedSignatures });
  const suite = newSuite();
  const leaf = {
    credential: { type: 1, identity: new Uint8Array(66) } as const,
    capabilities: CAPABILITIES,
    extensions: [],
    lifetime: LIFETIME,
  };
  const newcomer = (): Person => {
    const signatureKey = counter.provider.signaturePrivateKey(random(32));
    return { signatureKey, own: createKeyPackage({ ...leaf, suite, signatureKey, leafExtensions: [], random }) };
  };
  const joinAs = ({ signatureKey, own }: Person, welcome: Uint8Array, as = suite) => {
    const reference = Buffer.from(keyPackageRef(suite, own.keyPackage));
    const keyPackage = (ref: Uint8Array) => (reference.equals(ref) ? own : undefined);
    return MlsGroup.join({ suite: as, welcome, signatureKey, keyPackage }).group;
  };
  const costs: Record<string, Cost> = {};
  const stores = new Map<MlsGroup, MemoryRows>();
  const save = (group: MlsGroup) => {
    const rows = group.takeRows();
    stores.get(group)?.apply(rows);
    return rows;
  };
  const count = <Result>(name: string, group: MlsGroup, action: () => Result): Result => {
    const { result, work } = counter.measure(action);
    note(name, group, work, (result ?? {}) as { message?: Uint8Array; welcome?: Uint8Array });
    return result;
  };
  const note = (name: string, group: MlsGroup, work: Work, made: { message?: Uint8Array; welcome?: Uint8Array }) => {
    const rows = save(group);
    const rowBytes = rows.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
    const sentBytes = (made.message?.length ?? 0) + (made.welcome?.length ?? 0);
    costs[name] = { ...work, rows: rows.length, rowBytes, sentBytes };
    return rows;
  };
  const add = ({ own }: Person): Proposal => ({ type: 'add', keyPackage: own.keyPackage });

  const signatureKey = counter.provider.signaturePrivateKey(random(32));
  const alice = MlsGroup.create({ suite, groupId: GROUP_ID, extensions: [], leaf, signatureKey, random });
  const witness = newcomer();
  const first = alice.createCommit({ proposals: [add(witness)], random });
  alice.merge(first.staged);
  const watching = joinAs(witness, first.welcome as Uint8Array);
  for (const group of [alice, watching]) group.takeRows();

  const people = Array.from({ length: size - 2 }, newcomer);
  const created = count('create', alice, () => alice.createCommit({ proposals: people.map(add), random }));
  const followed = count('process the creation', watching, () => watching.process(created.message));
  if (followed.kind !== 'commit') throw new TypeError('not a commit');
  count('merge the creation', watching, () => watching.merge(followed.staged));
  alice.merge(created.staged);
  alice.takeRows();

  const welcome = created.welcome as Uint8Array;
  const joiner = people[people.length >> 1] as Person;
  const seen = newSuite(2 * size);
  joinAs(people[0] as Person, welcome, seen);
  const again = counter.measure(() => joinAs(joiner, welcome, seen));
  note('join where all leaves were seen', again.result, again.work, {});
  const joined = counter.measure(() => joinAs(joiner, welcome));
  const stored = new MemoryRows();
  stored.apply(note('join', joined.result, joined.work, {}));
  // From rows, so that nothing is at hand that joining had read.
  const bob = MlsGroup.load({ suite, reader: stored, signatureKey: joiner.signatureKey });
  stores.set(bob, stored);

  // The first message of a sender opens the secret tree; the second is the everyday case.
  bob.process(alice.createApplicationMessage(new Uint8Array(100), random));
  for (const group of [alice, bob]) save(group);
  const message = count('encrypt', alice, () => alice.createApplicationMessage(new Uint8Array(100), random));
  count('decrypt', bob, () => bob.process(message));

  const operations: [string, readonly Proposal[]][] = [
    ['add', [add(newcomer())]],
    ['update on a cold tree', []],
    ['update on a warmer tree', []],
    ['remove', [{ type: 'remove', leafIndex: size - 1 }]],
    ['rename', [{ type: 'group-context-extensions', extensions: [{ type: 0xff00, data: random(30) }] }]],
  ];
  for (const [name, proposals] of operations) {
    const commit = count(`make: ${name}`, alice, () => alice.createCommit({ proposals, random }));
    const processed = count(`process: ${name}`, bob, () => bob.process(commit.message));
    if (processed.kind !== 'commit') throw new TypeError('not a commit');
    count(`merge: ${name}`, bob, () => bob.merge(processed.staged));
    alice.merge(commit.staged);
    alice.takeRows();
  }
  return costs;
}

describe('cost', () => {
  const measured = SIZES.map((size) => ({ size, levels: Math.ceil(Math.log2(size)), costs: measure(size) }));
  const small = measured[0] as (typeof measured)[0];
  const pairs = measured.slice(1).map((large, i) => [measured[i] as (typeof measured)[0], large] as const);
  const of = ({ costs }: typeof small, name: string) => costs[name] as Cost;

  it.each(['encrypt', 'decrypt'])('%s: the same in every group', (name) => {
    for (const { costs } of measured) expect(costs[name]).toEqual(small.costs[name]);
    const { verifications, signatures, hashes, rows } = of(small, name);
    expect([verifications + signatures, hashes <= 8, rows]).toEqual([1, true, 1]);
  });

  it.each([
    ['process: add', 3, 0],
    ['process: update on a cold tree', 2, 5],
    ['process: update on a warmer tree', 2, 5],
    ['process: remove', 2, 5],
    ['process: rename', 2, 5],
  ])('%s: the depth of the tree, and the bytes of the commit', (name, verifications, agreements) => {
    for (const [before, after] of pairs) {
      const [less, more] = [of(before, name), of(after, name)];
      expect(more.verifications).toBe(verifications);
      expect(more.signatures).toBe(0);
      // One node more of the path may be ours as well.
      expect(more.agreements).toBeLessThanOrEqual(agreements + after.levels);
      // Tree and parent hashes of a level, keys of a shared node.
      expect(more.hashes - less.hashes).toBeLessThanOrEqual(12 * (after.levels - before.levels));
      const sent = of(after, name.replace('process', 'make')).sentBytes;
      expect(more.bytes).toBeLessThan(4 * sent + 200 * after.levels + 8000);
      expect(more.rows).toBeLessThanOrEqual(1);
    }
  });

  it.each(['merge: add', 'merge: update on a cold tree', 'merge: update on a warmer tree', 'merge: remove'])(
    '%s: rows of the path alone',
    (name) => {
      for (const { costs, levels, size } of measured) {
        const { rows, rowBytes, hashes, verifications, agreements } = costs[name] as Cost;
        expect([verifications, agreements]).toEqual([0, 0]);
        expect(hashes).toBeLessThanOrEqual(1);
        expect(rows).toBeLessThanOrEqual(5 * levels + 16);
        // One bit per node in the header of the tree, and a bucket of the index of keys for each key that changed.
        expect(rowBytes).toBeLessThan(600 * levels + size / 2 + 4000);
      }
    },
  );

  it.each(['create', 'process the creation', 'merge the creation', 'join', 'join where all leaves were seen'])(
    '%s: linear, whatever is counted',
    (name) => {
      for (const [before, after] of pairs) {
        const growth = after.size / before.size;
        for (const [what, count] of Object.entries(of(after, name))) {
          const less = of(before, name)[what as keyof Cost];
          // A tenth more, for trees whose width is not the number of their members.
          expect(count, what).toBeLessThanOrEqual(Math.max(less, 10) * growth * 1.1);
        }
      }
    },
  );

  it.each(['make: update on a cold tree'])('%s: one seal per member, linear', (name) => {
    for (const [before, after] of pairs) {
      const { agreements, bytes, sentBytes } = of(after, name);
      expect(agreements).toBeLessThanOrEqual(2 * after.size + after.levels + 2);
      for (const [more, less] of [
        [bytes, of(before, name).bytes],
        [sentBytes, of(before, name).sentBytes],
      ] as const) {
        expect(more).toBeLessThanOrEqual(less * (after.size / before.size) * 1.1);
      }
    }
  });

  it('make: add: the tree in the Welcome is hashed, encrypted and signed, and nothing is done per member', () => {
    for (const { costs, size } of measured) {
      const { verifications, signatures, agreements, hashes, bytes, sentBytes } = costs['make: add'] as Cost;
      expect([verifications, signatures, agreements]).toEqual([2, 2, 2]);
      expect(hashes).toBeLessThanOrEqual(4 * Math.ceil(Math.log2(size)) + 60);
      expect(bytes).toBeLessThan(4 * sentBytes + 8000);
    }
  });

  it('signatures: two for each member who is created, one for each who is met, none for those seen before', () => {
    for (const { costs, size } of measured) {
      expect((costs.create as Cost).verifications).toBe(2 * (size - 2));
      expect((costs['process the creation'] as Cost).verifications).toBe(2 * (size - 2) + 1);
      expect((costs.join as Cost).verifications).toBe(size + 1);
      // That of the GroupInfo.
      expect((costs['join where all leaves were seen'] as Cost).verifications).toBe(1);
    }
  });
});
