/** Groups that follow others after a reinit (RFC 9420 section 11.2) and that branch off (section 11.3). */
import { equalBytes, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import {
  type FoundSuccessorParams,
  getCipherSuite,
  keyPackageRef,
  MlsGroup,
  type OwnKeyPackage,
  type Proposal,
  RFC_POLICY,
  ROW_KIND,
} from '../../src/index.js';
import {
  CAPABILITIES,
  change,
  expectAgreement,
  GROUP_ID,
  LIFETIME,
  Member,
  nameExtension,
  refusal,
  suite,
} from './members.testkit.js';

const RFC = { policy: RFC_POLICY } as const;
const OTHER_SUITE = getCipherSuite(0x0001, nodeCrypto);
const REINIT: Proposal = {
  type: 'reinit',
  groupId: utf8('the next group'),
  version: 1,
  suite: OTHER_SUITE.id,
  extensions: [nameExtension('next')],
};

function group(count: number): Member[] {
  const alice = new Member('alice', RFC).create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`, RFC));
  change(alice, [], [], others);
  return [alice, ...others];
}

/** The same person in the next group, with the same key. */
function laterSelf(member: Member, ownSuite = OTHER_SUITE): Member {
  return new Member(member.name, RFC, ownSuite, member.signatureKey);
}

function params(founder: Member, packages: readonly OwnKeyPackage[]): FoundSuccessorParams {
  return {
    ...{ suite: founder.suite, signatureKey: founder.signatureKey, random: founder.random, config: founder.config },
    keyPackages: packages.map(({ keyPackage }) => keyPackage),
    leaf: {
      credential: { type: 1, identity: utf8(founder.name) },
      capabilities: { ...CAPABILITIES, cipherSuites: [founder.suite.id] },
      extensions: [],
      lifetime: LIFETIME,
    },
  };
}

function join(joiner: Member, welcome: Uint8Array, own: OwnKeyPackage, predecessor?: MlsGroup): void {
  const { group } = MlsGroup.join({
    ...{ suite: joiner.suite, welcome, signatureKey: joiner.signatureKey, config: joiner.config },
    keyPackage: (reference) => (equalBytes(reference, keyPackageRef(joiner.suite, own.keyPackage)) ? own : undefined),
    predecessor,
  });
  joiner.goOnWith(group);
}

describe('re-initialization', () => {
  it('ends a group and starts the next one with all its members, in another suite', () => {
    const members = group(3);
    const [alice, bob] = members as [Member, Member];
    const { message } = alice.group.createProposal({ proposal: REINIT, random: alice.random });
    alice.save();
    for (const member of members) if (member !== alice) member.receive(message);
    const { message: commit, staged } = bob.commit([], { includePending: true });
    expect(bob.group.reinit).toBeUndefined();
    bob.merge(staged);
    for (const member of members) if (member !== bob) member.merge(member.stage(commit));
    // Nothing but the successor is left, across restarts.
    for (const member of members) {
      member.restart();
      expect(member.group.status).toBe('reinitialized');
      expect(member.group.reinit).toEqual(REINIT);
      expect(refusal(() => member.send('too late'))).toBe('mls/validation group-not-reinitialized');
    }
    expect(refusal(() => alice.commit([]))).toBe('mls/validation group-not-reinitialized');

    const next = members.map((member) => laterSelf(member));
    const [founder, ...others] = next as [Member, ...Member[]];
    const packages = others.map((member) => member.keyPackage());
    const founded = alice.group.foundReinitialized({ ...params(founder, packages), forcePath: true });
    founder.goOnWith(founded.group);
    const welcome = founded.welcome as Uint8Array;
    for (const [i, joiner] of others.entries()) {
      const own = packages[i] as OwnKeyPackage;
      expect(refusal(() => join(joiner, welcome, own))).toBe('mls/validation successor-predecessor');
      join(joiner, welcome, own, (members[i + 1] as Member).group);
    }
    expectAgreement(next);
    expect(founder.group.epoch).toBe(1n);
    expect(founder.group.groupId).toEqual(utf8('the next group'));
    change(others[0] as Member, [founder, others[1] as Member], []);
    expectAgreement(next);
  });

  it('is not started without a reinit, or with another suite or other members', () => {
    const [alice, bob] = group(3) as [Member, Member];
    const founder = laterSelf(alice);
    expect(refusal(() => alice.group.foundReinitialized(params(founder, [])))).toBe('mls/invalid-argument');
    alice.merge(alice.commit([REINIT]).staged);
    expect(refusal(() => alice.group.foundReinitialized(params(laterSelf(alice, suite), [])))).toBe(
      'mls/invalid-argument',
    );
    const only = [laterSelf(bob).keyPackage()];
    expect(refusal(() => alice.group.foundReinitialized(params(founder, only)))).toBe('mls/validation reinit-members');
    // Who counts as the same member is the application's to say.
    const memberIdentity = () => 'everybody is one';
    const founded = alice.group.foundReinitialized({ ...params(founder, only), memberIdentity });
    expect(founded.group.memberCount).toBe(2);
  });
});

describe('branching', () => {
  it('makes a group of some members, with the tree apart, and lets the other one go on', () => {
    const members = group(4);
    const [alice, bob, carol, dave] = members as [Member, Member, Member, Member];
    const [founder, joiner] = [laterSelf(bob, suite), laterSelf(dave, suite)];
    const own = joiner.keyPackage();
    const request = { ...params(founder, [own]), groupId: utf8('a branch'), ratchetTreeInWelcome: false };
    const { group: branch, welcome, ratchetTree } = bob.group.foundBranch(request);
    founder.goOnWith(branch);
    expect(branch.context.extensions).toEqual(alice.group.context.extensions);
    const { group: joined } = MlsGroup.join({
      ...{ suite, welcome: welcome as Uint8Array, ratchetTree, signatureKey: joiner.signatureKey, config: RFC },
      ...{ keyPackage: () => own, predecessor: dave.group },
    });
    joiner.goOnWith(joined);
    expectAgreement([founder, joiner]);
    change(alice, [bob, carol, dave], []);
    expectAgreement(members);
    change(joiner, [founder], []);
    expectAgreement([founder, joiner]);
  });

  it('is for members', () => {
    const [alice] = group(2) as [Member];
    const founder = laterSelf(alice, suite);
    const strangers = [new Member('stranger', RFC).keyPackage()];
    const request = { ...params(founder, strangers), groupId: utf8('a branch') };
    expect(refusal(() => alice.group.foundBranch(request))).toBe('mls/validation branch-members');
    const changed = { ...params(laterSelf(alice), []), groupId: utf8('a branch') };
    expect(refusal(() => alice.group.foundBranch(changed))).toBe('mls/validation branch-parameters');
  });

  it('can be joined from a later epoch by who keeps the keys of past ones', () => {
    const members = [new Member('alice', { ...RFC, pastResumptionPsks: 2 }).create()];
    const [alice] = members as [Member];
    const bob = new Member('bob', { ...RFC, pastResumptionPsks: 2 });
    change(alice, [], [], [bob]);
    const [founder, joiner] = [laterSelf(alice, suite), laterSelf(bob, suite)];
    const own = joiner.keyPackage();
    const founded = alice.group.foundBranch({ ...params(founder, [own]), groupId: utf8('a branch') });
    founder.goOnWith(founded.group);
    change(alice, [bob], []);
    change(bob, [alice], []);
    expect([...bob.rows.scan(ROW_KIND.resumptionPsk)]).toHaveLength(2);
    join(joiner, founded.welcome as Uint8Array, own, bob.restart().group);
    expectAgreement([founder, joiner]);
    // The keys of two epochs are kept and no more.
    change(alice, [bob], []);
    expect([...bob.rows.scan(ROW_KIND.resumptionPsk)]).toHaveLength(2);
    const late = laterSelf(bob, suite);
    expect(refusal(() => join(late, founded.welcome as Uint8Array, own, bob.group))).toBe('mls/validation psk-known');
  });

  it('and past keys serve proposals that name them', () => {
    const config = { ...RFC, pastResumptionPsks: 1 };
    const alice = new Member('alice', config).create();
    const bob = new Member('bob', config);
    change(alice, [], [], [bob]);
    change(bob, [alice], []);
    const psk = (epoch: bigint): Proposal => ({
      type: 'psk',
      psk: { type: 'resumption', usage: 1, groupId: GROUP_ID, epoch, nonce: new Uint8Array(32) },
    });
    change(alice.restart(), [bob.restart()], [psk(1n)]);
    change(bob, [alice], [psk(3n)]);
    expectAgreement([alice, bob]);
    expect(refusal(() => alice.commit([psk(1n)]))).toBe('mls/validation psk-known');
  });
});
