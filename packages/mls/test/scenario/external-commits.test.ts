/** Joining by a commit of one's own (RFC 9420 section 12.4.3.2), and telling outsiders about a group. */
import { toHex, utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import {
  createPolicy,
  type ExternalCommitParams,
  MlsGroup,
  PublicGroup,
  RFC_POLICY,
  type StagedCommit,
} from '../../src/index.js';
import {
  CAPABILITIES,
  change,
  expectAgreement,
  LIFETIME,
  Member,
  nameExtension,
  refusal,
  suite,
} from './members.testkit.js';

const OPEN = { policy: RFC_POLICY, acceptOutsiders: true } as const;

function group(count: number, config: ConstructorParameters<typeof Member>[1] = OPEN): Member[] {
  const alice = new Member('alice', config).create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`, config));
  change(alice, [], [], others);
  return [alice, ...others];
}

function groupInfoOf(member: Member, parts: { withRatchetTree?: boolean; withExternalPub?: boolean } = {}): Uint8Array {
  return member.group.exportGroupInfo({
    withRatchetTree: true,
    withExternalPub: true,
    random: member.random,
    ...parts,
  });
}

/** Makes the commit; the newcomer's object is the group after it. */
function joinByCommit(newcomer: Member, groupInfo: Uint8Array, change: Partial<ExternalCommitParams> = {}) {
  const entered = MlsGroup.joinByExternalCommit({
    ...{ suite, groupInfo, signatureKey: newcomer.signatureKey, random: newcomer.random, config: newcomer.config },
    leaf: { credential: { type: 1, identity: utf8(newcomer.name) }, capabilities: CAPABILITIES, extensions: [] },
    ...change,
  });
  newcomer.goOnWith(entered.group);
  return entered;
}

function follow(members: readonly Member[], message: Uint8Array): StagedCommit[] {
  return members.map((member) => {
    const staged = member.stage(message);
    member.merge(staged);
    return staged;
  });
}

describe('external commits', () => {
  it('bring a newcomer in, who then is a member like any other', () => {
    const members = group(3);
    const [alice, bob] = members as [Member, Member];
    const dave = new Member('dave', OPEN);
    const { message } = joinByCommit(dave, groupInfoOf(bob));
    const [staged] = follow(members, message);
    expect(staged).toMatchObject({ isExternal: true, committerLeafIndex: 3, epoch: 2n, added: [], removed: [] });
    expect(staged?.proposals).toMatchObject([{ sender: { type: 'new-member-commit' }, senderLeafIndex: undefined }]);
    const all = [...members, dave];
    expectAgreement(all);
    for (const member of all) member.restart();
    expect(bob.read(dave.send('hello'))).toBe('hello');
    expect(dave.read(alice.send('welcome'))).toBe('welcome');
    change(dave, members, [{ type: 'group-context-extensions', extensions: [nameExtension('renamed')] }]);
    expectAgreement(all);
    change(alice, [...members.slice(1), dave], [], [new Member('erin', OPEN)]);
    expectAgreement(all);
  });

  it('take the tree from the application where the GroupInfo has none', () => {
    const [alice] = group(1) as [Member];
    const bob = new Member('bob', OPEN);
    const groupInfo = groupInfoOf(alice, { withRatchetTree: false });
    expect(refusal(() => joinByCommit(bob, groupInfo))).toBe('mls/validation welcome-tree');
    const { message } = joinByCommit(bob, groupInfo, { ratchetTree: alice.group.encodeRatchetTree() });
    follow([alice], message);
    expectAgreement([alice, bob]);
  });

  it('put a member back in its place, and its earlier self out', () => {
    const members = group(4);
    const [alice, bob, carol, dave] = members as [Member, Member, Member, Member];
    const before = new Member('before', OPEN);
    before.goOnWith(bob.restart().group);
    const published = PublicGroup.open({ suite, groupInfo: groupInfoOf(carol), policy: RFC_POLICY });
    expect([...published.members()]).toHaveLength(4);
    expect(refusal(() => joinByCommit(new Member('x'), groupInfoOf(carol), { signatureKey: bob.signatureKey }))).toBe(
      'mls/validation unique-signature-key',
    );
    const replacesLeafIndex = published.leafIndexOf(bob.signatureKey.publicKey);
    expect(replacesLeafIndex).toBe(1);
    const again = new Member('bob again', OPEN, suite, bob.signatureKey);
    const { message } = joinByCommit(again, new Uint8Array(0), { groupInfo: published, replacesLeafIndex });
    expect(refusal(() => published.memberCount)).toBe('mls/invalid-argument');
    const [staged] = follow([alice, carol, dave], message);
    expect(staged?.removed.map(({ leafIndex }) => leafIndex)).toEqual([1]);
    expect(staged?.committerLeafIndex).toBe(1);
    const ownRemoval = before.group.process(message);
    expect(ownRemoval).toMatchObject({ kind: 'commit', staged: { removesSelf: true, isExternal: true } });
    expectAgreement([alice, carol, dave, again]);
    change(again, [alice, carol, dave], []);
    expectAgreement([alice, carol, dave, again]);
  });

  it('can prove the knowledge of pre-shared keys', () => {
    const psk = utf8('a secret of everybody who may come');
    const config = { ...OPEN, psk: () => psk };
    const members = group(2, config);
    const groupInfo = groupInfoOf(members[0] as Member);
    const psks = [{ type: 'external', pskId: utf8('door'), nonce: new Uint8Array(32) }] as const;
    const bob = new Member('bob', config);
    const { message } = joinByCommit(bob, groupInfo, { psks });
    const mallory = new Member('mallory', { ...config, psk: () => utf8('a guess') });
    const wrong = joinByCommit(mallory, groupInfo, { psks });
    for (const member of members) {
      expect(refusal(() => member.group.process(wrong.message))).toBe('mls/validation confirmation-tag');
    }
    follow(members, message);
    expectAgreement([...members, bob]);
  });

  it('are stored, dropped and merged like others', () => {
    const members = group(3);
    const [alice, bob] = members as [Member, Member];
    const groupInfo = groupInfoOf(alice);
    const dave = new Member('dave', OPEN);
    const { message } = joinByCommit(dave, groupInfo);
    const stored = bob.stage(message).encode();
    bob.restart();
    const decoded = bob.group.decodeStagedCommit(stored);
    expect(decoded).toMatchObject({ isExternal: true, committerLeafIndex: 3 });
    expect(toHex(decoded.committer.raw)).toBe(toHex(decoded.pathLeaf?.raw ?? new Uint8Array(0)));
    expect(decoded.encode()).toEqual(stored);
    bob.merge(decoded);
    follow([alice, members[2] as Member], message);
    expectAgreement([...members, dave]);
    // Who was overtaken starts again.
    const erin = new Member('erin', OPEN);
    const late = joinByCommit(erin, groupInfo);
    expect(refusal(() => alice.group.process(late.message))).toBe('mls/wrong-epoch');
    const { message: again } = joinByCommit(erin, groupInfoOf(bob));
    follow([...members, dave], again);
    expectAgreement([...members, dave, erin]);
  });

  it('are refused by who does not want them', () => {
    const [alice, bob] = group(2, { policy: RFC_POLICY }) as [Member, Member];
    const { message } = joinByCommit(new Member('dave', OPEN), groupInfoOf(alice));
    for (const member of [alice, bob]) {
      expect(refusal(() => member.group.process(message))).toBe('mls/unsupported-message');
      expect(member.group.takeRows()).toEqual([]);
    }
  });

  it('that are damaged are refused, at no cost to the group', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const dave = new Member('dave', OPEN);
    const { message } = joinByCommit(dave, groupInfoOf(alice));
    for (let at = 0; at < message.length; at++) {
      const flipped = message.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte));
      const damaged = at % 2 === 0 ? flipped : message.subarray(0, at);
      expect(
        refusal(() => bob.group.process(damaged)),
        `offset ${at}`,
      ).toMatch(/^mls\//);
    }
    expect(bob.group.takeRows()).toEqual([]);
    follow([alice, bob], message);
    expectAgreement([alice, bob, dave]);
  });

  it('are not for groups without a door, and doors not for who has left', () => {
    const [alice] = group(1) as [Member];
    const groupInfo = groupInfoOf(alice, { withExternalPub: false });
    expect(refusal(() => joinByCommit(new Member('dave', OPEN), groupInfo))).toBe('mls/validation external-pub');
    const welcome = alice.group.createApplicationMessage(utf8('no group info'), alice.random);
    expect(refusal(() => joinByCommit(new Member('dave', OPEN), welcome))).toBe('mls/unsupported-message');
    alice.merge(alice.commit([{ type: 'reinit', groupId: utf8('next'), version: 1, suite: 3, extensions: [] }]).staged);
    expect(refusal(() => groupInfoOf(alice))).toBe('mls/validation group-not-reinitialized');
  });

  it('leave no secret of the group with whoever only looks', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const published = PublicGroup.open({ suite, groupInfo: groupInfoOf(alice), nowSeconds: LIFETIME.notBefore });
    expect(published.context.raw).toEqual(bob.group.context.raw);
    expect(published.memberCount).toBe(2);
    expect(published.signerLeafIndex).toBe(0);
    expect(published.leaf(1)?.raw).toEqual(bob.group.leaf(1)?.raw);
    expect(published.leaf(9)).toBeUndefined();
    expect(published.groupInfoExtensions.map(({ type }) => type).sort()).toEqual([2, 4]);
  });
});

describe('external commits under a policy that allows more', () => {
  // As XMTP's invites (XIP-82) have it: who joins brings its other installations along.
  const policy = createPolicy('with adds', ['external-commit-proposals']);
  const config = { policy, acceptOutsiders: true } as const;

  it('add others, who join by the Welcome of somebody who was no member', () => {
    const members = group(3, config);
    const [alice] = members as [Member];
    change(alice, members.slice(1), [{ type: 'remove', leafIndex: 1 }]);
    const staying = [alice, members[2] as Member];
    const [laptop, phone] = [new Member('laptop', config), new Member('phone', config)];
    const own = phone.keyPackage();
    const proposals = [{ type: 'add', keyPackage: own.keyPackage } as const];
    const { message, welcome } = joinByCommit(laptop, groupInfoOf(alice), { proposals });
    const [staged] = follow(staying, message);
    expect(staged?.added.map(({ leafIndex }) => leafIndex)).toEqual([1]);
    expect(staged?.committerLeafIndex).toBe(3);
    phone.join(welcome as Uint8Array, own);
    const all = [...staying, laptop, phone];
    expectAgreement(all);
    change(phone, [...staying, laptop], []);
    change(laptop, [...staying, phone], []);
    expectAgreement(all);
  });
});
