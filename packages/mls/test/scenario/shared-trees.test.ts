/** Joiners of one process who were added by the same commit: the tree is verified for the first, and copied for the others. */
import { encodeTls, utf8, type VerifyJob } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { createGroupInfo, type GroupInfo } from '../../src/group/group-info.js';
import {
  type CipherSuite,
  getCipherSuite,
  keyPackageRef,
  MemoryRows,
  MlsError,
  MlsGroup,
  type OwnKeyPackage,
  type Proposal,
  PublicGroup,
  type PublicGroupParams,
  TREE_ROW_KIND,
  VerifiedTrees,
  XMTP_POLICY,
} from '../../src/index.js';
import { createGroupContext } from '../../src/schedule/group-context.js';
import { stateOf } from '../rules/rogue.testkit.js';
import { WorkCounter } from './counting.testkit.js';
import { CAPABILITIES, Member } from './members.testkit.js';

const JOINERS = 20;
/** Of a tree of 32 leaves. */
const NODES = 63;
/** Signatures checked by a joiner who verifies every leaf and the GroupInfo, and by one who is given a copy: that of the GroupInfo is each welcome's own. */
const ALL = JOINERS + 2;
const NONE = 1;
const TREE_KINDS = Object.values(TREE_ROW_KIND);

const counter = new WorkCounter();
const newSuite = () => getCipherSuite(0x0003, counter.provider, { verifiedSignatures: 0 });
const suite = newSuite();
const config = { policy: XMTP_POLICY };

let alice: Member;
let joiners: { readonly member: Member; readonly own: OwnKeyPackage }[];
let welcome: Uint8Array;
let ratchetTree: Uint8Array;

beforeEach(() => {
  alice = new Member('alice', config, suite).create();
  joiners = Array.from({ length: JOINERS }, (_, i) => {
    const member = new Member(`joiner ${i}`, config, suite);
    return { member, own: member.keyPackage() };
  });
  const adds = joiners.map(({ own }): Proposal => ({ type: 'add', keyPackage: own.keyPackage }));
  const commit = alice.commit(adds, { ratchetTreeInWelcome: false, forcePath: true });
  alice.merge(commit.staged);
  welcome = commit.welcome as Uint8Array;
  ratchetTree = commit.ratchetTree as Uint8Array;
});

/** What joining takes with these shared trees, and what it costs. */
function join(
  at: number,
  verifiedTrees?: VerifiedTrees,
  given: { ratchetTree?: Uint8Array; suite?: CipherSuite; config?: typeof config; nowSeconds?: bigint } = {},
) {
  const { member, own } = joiners[at] as (typeof joiners)[number];
  const reference = Buffer.from(keyPackageRef(suite, own.keyPackage));
  const keyPackage = (ref: Uint8Array) => (reference.equals(ref) ? own : undefined);
  const params = { suite, welcome, ratchetTree, config, keyPackage, signatureKey: member.signatureKey, verifiedTrees };
  const { result, work } = counter.measure(() => MlsGroup.join({ ...params, ...given }).group);
  return { group: result, work };
}

function rowsOf(group: MlsGroup): MemoryRows {
  const rows = new MemoryRows();
  rows.apply(group.takeRows());
  return rows;
}

const refusal = (rule: string) =>
  expect.objectContaining({ code: 'mls/validation', details: expect.objectContaining({ rule }) });

describe('trees that joiners share', () => {
  it('are hashed and verified by the first alone', () => {
    const trees = new VerifiedTrees();
    const first = join(0, trees);
    expect(first.work.verifications).toBe(ALL);
    expect([trees.size, trees.bytes > ratchetTree.length]).toEqual([1, true]);
    const second = join(1, trees);
    expect(second.work.verifications).toBe(NONE);
    // One hash over all of it is the name.
    expect(first.work.hashes - second.work.hashes).toBeGreaterThanOrEqual(NODES);
    expect(trees.size).toBe(1);
    expect(join(2).work.verifications).toBe(ALL);
  });

  it('are the same groups, in memory and in rows, and go apart afterwards', () => {
    const trees = new VerifiedTrees();
    const [zero, one, two] = [join(0, trees).group, join(1, trees).group, join(2, trees).group];
    const alone = join(1).group;
    expect([...one.members()].map(({ leafNode }) => leafNode)).toEqual([...alone.members()].map((m) => m.leafNode));
    const [oneRows, aloneRows] = [rowsOf(one), rowsOf(alone)];
    expect(TREE_KINDS.flatMap((kind) => [...oneRows.scan(kind)])).toEqual(
      TREE_KINDS.flatMap((kind) => [...aloneRows.scan(kind)]),
    );
    const { message, staged } = alice.commit([], { forcePath: true });
    alice.merge(staged);
    for (const group of [zero, one]) {
      const processed = group.process(message);
      if (processed.kind !== 'commit') throw new TypeError('not a commit');
      group.merge(processed.staged);
    }
    expect(one.epochAuthenticator).toEqual(alice.group.epochAuthenticator);
    expect(one.encodeRatchetTree()).toEqual(alice.group.encodeRatchetTree());
    // Neither the one that has not followed nor who joins later sees what was changed.
    expect(two.encodeRatchetTree()).toEqual(ratchetTree);
    expect(join(3, trees).group.encodeRatchetTree()).toEqual(ratchetTree);
    oneRows.apply(one.takeRows());
    const { signatureKey } = (joiners[1] as (typeof joiners)[number]).member;
    const again = MlsGroup.load({ suite, reader: oneRows, signatureKey, config });
    expect(again.encodeRatchetTree()).toEqual(alice.group.encodeRatchetTree());
  });

  it('are verified anew, and refused, when any byte is another', () => {
    const trees = new VerifiedTrees();
    join(0, trees);
    const differing = (at: number) => {
      const changed = ratchetTree.slice();
      changed[at] = (changed[at] as number) ^ 1;
      return changed;
    };
    for (let at = 0; at < ratchetTree.length; at += 131) {
      expect(() => join(1, trees, { ratchetTree: differing(at) }), `byte ${at}`).toThrow(MlsError);
    }
    // In the last leaf's signature, where the form stays what it was.
    const ratchetTreeOfOther = { ratchetTree: differing(ratchetTree.length - 1) };
    expect(() => join(1, trees, ratchetTreeOfOther)).toThrow(refusal('tree-hash'));
    expect(trees.size).toBe(1);
  });

  it('are not kept when they are refused', () => {
    const trees = new VerifiedTrees();
    const changed = ratchetTree.slice();
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    expect(() => join(0, trees, { ratchetTree: changed })).toThrow(refusal('tree-hash'));
    expect(trees.size).toBe(0);
  });

  it('count under the same rules, with the same provider, and where no lifetime is looked at', () => {
    const trees = new VerifiedTrees();
    join(0, trees);
    const otherRules = { policy: { ...XMTP_POLICY } };
    expect(join(1, trees, { config: otherRules }).work.verifications).toBe(ALL);
    join(0, trees);
    expect(join(2, trees, { suite: newSuite() }).work.verifications).toBe(ALL);
    join(0, trees);
    expect(join(3, trees, { nowSeconds: 1_500_000n }).work.verifications).toBe(ALL);
    expect(() => join(3, trees, { nowSeconds: 99_000_000n })).not.toThrow();
  });

  it('are those of a state that is joined from outside, too, and stay what they were when it is joined', () => {
    const trees = new VerifiedTrees();
    const groupInfo = alice.group.exportGroupInfo({
      ...{ withRatchetTree: true, withExternalPub: true, random: alice.random },
    });
    const open = (given: Partial<PublicGroupParams> = { verifiedTrees: trees }) =>
      counter.measure(() => PublicGroup.open({ suite, groupInfo, policy: XMTP_POLICY, ...given }));
    const joinFrom = (state: PublicGroup | Uint8Array, name: string) => {
      const { signatureKey, random } = new Member(name, config, suite);
      const leaf = {
        credential: { type: 1, identity: utf8(name) },
        capabilities: CAPABILITIES,
        extensions: [],
      } as const;
      return counter.measure(() =>
        MlsGroup.joinByExternalCommit({
          ...{ suite, groupInfo: state, signatureKey, leaf, config, random, verifiedTrees: trees },
        }),
      );
    };
    const first = open();
    expect([first.work.verifications, trees.size]).toEqual([ALL, 1]);
    const joined = joinFrom(first.result, 'from outside').result.group;
    expect(joined.memberCount).toBe(ALL);
    // The state is of the same epoch as the welcome.
    expect(join(0, trees).work.verifications).toBe(NONE);
    const second = open();
    expect(second.work.verifications).toBe(NONE);
    expect([...second.result.members()]).toHaveLength(ALL - 1);
    expect(joinFrom(second.result, 'another').result.group.memberCount).toBe(ALL);
    const { work, result } = joinFrom(groupInfo, 'a third');
    expect(result.group.memberCount).toBe(ALL);
    // Its own leaf is judged as the others will.
    expect(work.verifications).toBeLessThanOrEqual(NONE + 1);
    expect(open({}).work.verifications).toBe(ALL);
    expect(open({ verifiedTrees: trees, nowSeconds: 1_500_000n }).work.verifications).toBe(ALL);
  });

  it('are verified anew, and refused, when a state from outside is of other bytes', () => {
    const trees = new VerifiedTrees();
    const { random, signatureKey } = alice;
    join(0, trees);
    const open = (bytes: Uint8Array, changes: Partial<GroupInfo> = {}) => {
      const { context, header } = stateOf(alice);
      const { confirmationTag } = header;
      const given = { groupContext: context, extensions: [], confirmationTag, signer: 0, ...changes };
      const info = createGroupInfo(signatureKey, given);
      const groupInfo = encodeTls(info, (writer, { raw }) => writer.u16(1).u16(4).raw(raw));
      const params = { suite, policy: XMTP_POLICY, ratchetTree: bytes, groupInfo, verifiedTrees: trees, random };
      return counter.measure(() => PublicGroup.open(params)).work.verifications;
    };
    expect(open(ratchetTree)).toBe(NONE);
    const changed = ratchetTree.slice();
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    expect(() => open(changed)).toThrow(refusal('tree-hash'));
    const { context } = stateOf(alice);
    const other = createGroupContext({ ...context, groupId: utf8('another group') });
    expect(() => open(ratchetTree, { groupContext: other })).toThrow(refusal('leaf-signature'));
    expect(() => open(ratchetTree, { signer: 1 })).toThrow(refusal('group-info-signature'));
    expect(trees.size).toBe(1);
  });

  it('are no more than fit', () => {
    const one = new VerifiedTrees();
    join(0, one);
    const none = new VerifiedTrees(one.bytes - 1);
    join(0, none);
    expect([none.size, none.bytes]).toEqual([0, 0]);
    expect(join(1, none).work.verifications).toBe(ALL);
  });

  it('serve joiners on threads, where nothing is left to check', async () => {
    const jobs: VerifyJob[] = [];
    const provider = {
      ...nodeCrypto,
      verifyMany: (given: readonly VerifyJob[]) => {
        jobs.push(...given);
        return nodeCrypto.verifyMany(given);
      },
    };
    const threaded = getCipherSuite(0x0003, provider, { verifiedSignatures: 0 });
    const verifiedTrees = new VerifiedTrees();
    for (const at of [0, 1, 2]) {
      const { member, own } = joiners[at] as (typeof joiners)[number];
      const reference = Buffer.from(keyPackageRef(suite, own.keyPackage));
      const { group } = await MlsGroup.joinAsync({
        ...{ suite: threaded, welcome, ratchetTree, config, signatureKey: member.signatureKey, verifiedTrees },
        keyPackage: (ref) => (reference.equals(ref) ? own : undefined),
      });
      expect(group.epochAuthenticator).toEqual(alice.group.epochAuthenticator);
    }
    expect(jobs).toHaveLength(JOINERS + 1);
  });
});
