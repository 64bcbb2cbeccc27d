/** One breach for each rule that holds whatever the policy says, because nothing sensible could follow without it: it breaks that rule and no other. */
import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { signFramedContent } from '../../src/framing/framed-content.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { sealPublicMessage } from '../../src/framing/public-message.js';
import { MAX_PENDING_PROPOSALS } from '../../src/group/pending-proposals.js';
import { MlsGroup, type Proposal } from '../../src/index.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { change, Member, nameExtension, suite } from '../scenario/members.testkit.js';
import { stateOf } from './rogue.testkit.js';

function group(names: readonly string[], config = {}): Member[] {
  const [founder, ...others] = names.map((name) => new Member(name, config)) as [Member, ...Member[]];
  founder.create();
  change(founder, [], [], others);
  return [founder, ...others];
}

const rename = (i: number): Proposal => ({ type: 'group-context-extensions', extensions: [nameExtension(`${i}`)] });

describe('rules that always hold', () => {
  it('content-signature and membership-tag: a public message of a member who is not its author', () => {
    const [alice, bob, carol] = group(['alice', 'bob', 'carol'], { handshake: 'public' }) as [Member, Member, Member];
    const genuine = decodeMlsMessage(bob.commit([]).message);
    if (genuine.wireFormat !== 1) throw new TypeError('not public');
    const { message } = genuine.publicMessage;
    const context = bob.group.context.raw;
    const { membershipKey } = stateOf(bob).header.secrets;
    const seal = (sender: number, key = membershipKey) => {
      const framed = { ...message.framed, sender: { type: 'member', leafIndex: sender } as const };
      const signature = signFramedContent(bob.signatureKey, 1, framed, context);
      return sealPublicMessage(suite, { ...message, framed, signature }, key, context);
    };
    const forged = seal(alice.group.ownLeafIndex);
    expectRule('content-signature', () => carol.group.process(forged));
    // His own content, which he signed, under a key that is not the group's.
    const untagged = seal(bob.group.ownLeafIndex, new Uint8Array(32));
    expectRule('membership-tag', () => carol.group.process(untagged));
    expect(carol.group.takeRows()).toEqual([]);
    expect(carol.group.process(seal(bob.group.ownLeafIndex)).kind).toBe('commit');
  });

  it('proposal-limit: one more, of our own and of others', () => {
    const [alice, bob] = group(['alice', 'bob']) as [Member, Member];
    const propose = (author: Member, i: number) =>
      author.group.createProposal({ proposal: rename(i), random: author.random }).message;
    for (let i = 0; i < MAX_PENDING_PROPOSALS; i++) propose(alice, i);
    expectRule('proposal-limit', () => propose(alice, -1));
    const late = propose(bob, 0);
    expectRule('proposal-limit', () => alice.group.process(late));
    expect(alice.group.pendingProposals).toHaveLength(MAX_PENDING_PROPOSALS);
  });

  it('group-not-reinitialized: a message, a proposal and a commit after the end', () => {
    const [alice, bob] = group(['alice', 'bob']) as [Member, Member];
    change(alice, [bob], [{ type: 'reinit', groupId: utf8('next'), version: 1, suite: 3, extensions: [] }]);
    for (const member of [alice, bob.restart()]) {
      const { group: ended, random } = member;
      expectRule('group-not-reinitialized', () => ended.createApplicationMessage(utf8('too late'), random));
      expectRule('group-not-reinitialized', () => ended.createProposal({ proposal: rename(1), random }));
      expectRule('group-not-reinitialized', () => ended.createCommit({ proposals: [], random }));
      expect(ended.takeRows()).toEqual([]);
    }
  });

  it('welcome-own-leaf: a key package that is not the one in the tree', () => {
    const [alice] = group(['alice', 'bob']) as [Member];
    const carol = new Member('carol');
    const own = carol.keyPackage();
    const welcome = alice.commit([{ type: 'add', keyPackage: own.keyPackage }]).welcome as Uint8Array;
    // Another leaf of the same client, and of somebody else, whose init key opens the Welcome all the same.
    for (const other of [carol.keyPackage(), new Member('stranger').keyPackage()]) {
      const keyPackage = () => ({ ...other, initPrivateKey: own.initPrivateKey });
      expectRule('welcome-own-leaf', () =>
        MlsGroup.join({ suite, welcome, keyPackage, signatureKey: carol.signatureKey }),
      );
    }
    const joined = MlsGroup.join({ suite, welcome, keyPackage: () => own, signatureKey: carol.signatureKey });
    expect(joined.group.ownLeafIndex).toBe(2);
  });
});
