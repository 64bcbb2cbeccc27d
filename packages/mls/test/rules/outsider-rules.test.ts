/** One breach for each rule on joining by a commit and on what outsiders send: it breaks that rule and no other. */
import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { encodeCommit } from '../../src/group/commit.js';
import { encodeProposal } from '../../src/group/proposal.js';
import { type ExternalCommitParams, MlsGroup, type Proposal, RFC_POLICY, type RuleName } from '../../src/index.js';
import { createUpdatePath } from '../../src/tree/create-update-path.js';
import { signLeafNode } from '../../src/tree/leaf-node.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { CAPABILITIES, change, GROUP_ID, Member, suite } from '../scenario/members.testkit.js';
import { lenientPolicy, sendAsMember, sendFromOutside, stateOf } from './rogue.testkit.js';

const RFC = { policy: RFC_POLICY, acceptOutsiders: true } as const;
const alice = new Member('alice', { ...RFC, handshake: 'public' }).create();
const others = ['bob', 'carol', 'dave'].map((name) => new Member(name, { ...RFC, handshake: 'public' }));
change(alice, [], [], others);
const [bob] = others as [Member];
const members = [alice, ...others];
const mallory = new Member('mallory', { policy: lenientPolicy(), acceptOutsiders: true });

/** A commit by which somebody joins who judges itself by nothing. */
function join(params: Partial<ExternalCommitParams> = {}): Uint8Array {
  const { signatureKey, random, config } = mallory;
  return MlsGroup.joinByExternalCommit({
    ...{ suite, signatureKey, random, config },
    groupInfo: bob.group.exportGroupInfo({ withRatchetTree: true, withExternalPub: true, random: bob.random }),
    leaf: { credential: { type: 1, identity: utf8('mallory') }, capabilities: CAPABILITIES, extensions: [] },
    ...params,
  }).message;
}

const remove = (leafIndex: number): Proposal => ({ type: 'remove', leafIndex });
const init: Proposal = { type: 'external-init', kemOutput: suite.provider.dhPrivateKey(new Uint8Array(32)).publicKey };
const NEW_COMMIT = { type: 'new-member-commit' } as const;

describe('rules on external commits', () => {
  it('an honest one is accepted', () => {
    expect(bob.group.process(join({ replacesLeafIndex: 3 }))).toMatchObject({ kind: 'commit' });
  });

  it.each<[RuleName, string, () => Uint8Array, RuleName[]?]>([
    ['external-commit-removal', 'two removals', () => join({ replacesLeafIndex: 3, proposals: [remove(2)] })],
    [
      'external-commit-proposals',
      'an add',
      () => join({ proposals: [{ type: 'add', keyPackage: new Member('erin').keyPackage().keyPackage }] }),
    ],
    // Of two, nobody can say which one counts.
    ['external-commit-init', 'two external_init', () => join({ proposals: [init] }), ['confirmation-tag']],
  ])('%s: %s', (rule, _, makeCommit, alsoBroken = []) => {
    const message = makeCommit();
    for (const member of members.slice(0, 2)) expectRule(rule, () => member.group.process(message), { alsoBroken });
    expect(bob.group.takeRows()).toEqual([]);
  });

  it('external-commit-init: none', () => {
    const path = createUpdatePath({
      ...{ diff: stateOf(bob).tree.diff(), ownLeafIndex: 4, groupId: GROUP_ID, signatureKey: mallory.signatureKey },
      leafTemplate: { credential: { type: 1, identity: utf8('m') }, capabilities: CAPABILITIES, extensions: [] },
      groupContextOf: () => bob.group.context.raw,
      excludeLeaves: new Set(),
      random: mallory.random,
    }).updatePath;
    const commit = { proposals: [], path };
    const message = sendFromOutside(mallory, NEW_COMMIT, { contentType: 3, commit, raw: encodeCommit(commit) }, bob);
    // What would follow without one is not defined; neither the path nor the tag can be right.
    expectRule('external-commit-init', () => {
      try {
        bob.group.process(message);
      } catch (error) {
        if ((error as { code?: string }).code !== 'mls/decryption-failed') throw error;
      }
    });
  });

  it('external-commit-path', () => {
    const commit = { proposals: [{ type: 'proposal', proposal: init } as const] };
    const content = { contentType: 3, commit, raw: encodeCommit(commit) } as const;
    const message = sendFromOutside(mallory, NEW_COMMIT, content, bob);
    expectRule('external-commit-path', () => bob.group.process(message));
  });

  it('external-commit-reference', () => {
    const { message } = alice.group.createProposal({ proposal: remove(2), random: alice.random });
    bob.receive(message);
    const commit = join({ pendingProposals: [message] });
    expectRule('external-commit-reference', () => bob.group.process(commit));
  });

  it('external-pub', () => {
    const groupInfo = bob.group.exportGroupInfo({ withRatchetTree: true, withExternalPub: false, random: bob.random });
    expectRule('external-pub', () => join({ groupInfo }));
  });
});

describe('rules on what outsiders send', () => {
  const proposal = remove(1);
  const content = { contentType: 2, proposal, raw: encodeProposal(proposal) } as const;

  it('sender-content: a newcomer who proposes anything but itself', () => {
    const message = sendFromOutside(mallory, { type: 'new-member-proposal' }, content, bob);
    expectRule('sender-content', () => bob.group.process(message));
  });

  it('sender-content: a commit of an external sender', () => {
    const commit = { proposals: [] };
    const external = { type: 'external', senderIndex: 0 } as const;
    const sent = { contentType: 3, commit, raw: encodeCommit(commit) } as const;
    expectRule('sender-content', () => bob.group.process(sendFromOutside(mallory, external, sent, bob)));
  });

  it('sender-member: an external sender whom the group does not list', () => {
    const message = sendFromOutside(mallory, { type: 'external', senderIndex: 0 }, content, bob);
    expectRule('sender-member', () => bob.group.process(message));
  });

  it('proposal-sender: a member’s external_init', () => {
    const message = sendAsMember(alice, { contentType: 2, proposal: init, raw: encodeProposal(init) });
    expectRule('proposal-sender', () => bob.group.process(message));
    bob.restart();
  });
});

describe('rules on updates', () => {
  it('update-new-leaf-key', () => {
    const { encryptionKey, credential, capabilities, extensions } = alice.group.leaf(0) as NonNullable<
      ReturnType<MlsGroup['leaf']>
    >;
    const leafNode = signLeafNode(
      { encryptionKey, credential, capabilities, extensions },
      { source: 2, binding: { groupId: GROUP_ID, leafIndex: 0 } },
      alice.signatureKey,
    );
    const proposal: Proposal = { type: 'update', leafNode };
    const message = sendAsMember(alice, { contentType: 2, proposal, raw: encodeProposal(proposal) });
    expectRule('update-new-leaf-key', () => bob.group.process(message));
  });
});
