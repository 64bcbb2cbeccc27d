/** Proposals by reference (RFC 9420 section 12.4). */
import { toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { MlsGroup, type Proposal, ROW_KIND } from '../../src/index.js';
import { change, expectAgreement, Member, nameExtension, refusal, suite } from './members.testkit.js';

function group(count: number, config = {}): Member[] {
  const alice = new Member('alice', config).create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`, config));
  change(alice, [], [], others);
  return [alice, ...others];
}

function propose(by: Member, to: readonly Member[], proposal: Proposal): Uint8Array {
  const { message, reference } = by.group.createProposal({ proposal, random: by.random });
  by.save();
  for (const member of to) {
    const processed = member.receive(message);
    if (processed.kind !== 'proposal') throw new TypeError(`${processed.kind} instead of a proposal`);
    expect(processed.senderLeafIndex).toBe(by.group.ownLeafIndex);
    expect(toHex(processed.reference)).toBe(toHex(reference));
  }
  return message;
}

describe.each(['private', 'public'] as const)('proposals by reference, %s', (handshake) => {
  it('are committed by another member, across a restart', () => {
    const [alice, bob, carol] = group(3, { handshake }) as [Member, Member, Member];
    const dave = new Member('dave', { handshake });
    const daves = dave.keyPackage();
    propose(bob, [alice, carol], { type: 'add', keyPackage: daves.keyPackage });
    propose(carol, [alice, bob], { type: 'group-context-extensions', extensions: [nameExtension('by carol')] });
    for (const member of [alice, bob, carol]) member.restart();
    expect(carol.group.pendingProposals.map(({ proposal }) => proposal.type)).toEqual([
      'add',
      'group-context-extensions',
    ]);
    const { message, welcome, staged } = carol.commit([], { includePending: true });
    expect(staged.proposals.map(({ senderLeafIndex }) => senderLeafIndex)).toEqual([1, 2]);
    carol.merge(staged);
    for (const member of [alice, bob]) {
      const received = member.stage(message);
      expect(received.proposals.map(({ senderLeafIndex }) => senderLeafIndex)).toEqual([1, 2]);
      // Stored with the proposals resolved, it needs no pending ones to be merged.
      member.merge(member.group.decodeStagedCommit(received.encode()));
    }
    dave.join(welcome as Uint8Array, daves);
    expectAgreement([alice, bob, carol, dave]);
    expect(alice.group.context.extensions).toEqual([nameExtension('by carol')]);
    for (const member of [alice, bob, carol]) {
      expect(member.group.pendingProposals).toEqual([]);
      expect(member.rows.scan(ROW_KIND.proposal)).toEqual([]);
    }
  });

  it('end with their epoch, and unknown ones are refused', () => {
    const [alice, bob, carol] = group(3, { handshake }) as [Member, Member, Member];
    const proposal = propose(bob, [alice], { type: 'remove', leafIndex: 2 });
    const { message } = alice.commit([], { includePending: true });
    // Carol never heard of it.
    expect(refusal(() => carol.receive(message))).toBe('mls/validation proposal-reference');
    expect(refusal(() => carol.receive(proposal))).toBe('accepted');
    expect(carol.stage(message).removesSelf).toBe(true);
    change(carol, [alice, bob], []);
    expect(refusal(() => carol.receive(proposal))).toBe('mls/wrong-epoch');
    expect(alice.group.pendingProposals).toEqual([]);
  });

  it('that their own proposer may not commit are left to others', () => {
    const [alice, bob, carol] = group(3, { handshake }) as [Member, Member, Member];
    // Bob asks to be removed.
    propose(bob, [alice, carol], { type: 'remove', leafIndex: bob.group.ownLeafIndex });
    expect(bob.commit([], { includePending: true }).staged.proposals).toEqual([]);
    const [removal] = bob.group.pendingProposals;
    const chosen = [removal?.reference as Uint8Array];
    expect(refusal(() => bob.commit([], { includePending: chosen }))).toBe('mls/validation proposal-own-removal');
    const { message, staged } = alice.commit([], { includePending: true });
    alice.merge(staged);
    carol.merge(carol.stage(message));
    bob.merge(bob.stage(message));
    expect(bob.group.status).toBe('removed');
    expectAgreement([alice, carol]);
  });
});

describe('proposals', () => {
  it('of our own key are made with a fresh one', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const leafNode = bob.group.leaf(0);
    if (leafNode === undefined) throw new TypeError('no leaf');
    const random = alice.random;
    expect(refusal(() => alice.group.createProposal({ proposal: { type: 'update', leafNode }, random }))).toBe(
      'mls/invalid-argument',
    );
  });

  it('stop at the limit', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const proposal = (i: number): Proposal => ({
      type: 'group-context-extensions',
      extensions: [nameExtension(`${i}`)],
    });
    let last = new Uint8Array(0);
    for (let i = 0; i < 1024; i++) {
      last = alice.group.createProposal({ proposal: proposal(i), random: alice.random }).message.slice();
      bob.group.process(last);
    }
    expect(bob.group.pendingProposals).toHaveLength(1024);
    const more = () => alice.group.createProposal({ proposal: proposal(-1), random: alice.random });
    expect(refusal(more)).toBe('mls/validation proposal-limit');
    bob.save();
    const loaded = MlsGroup.load({ suite, reader: bob.rows, signatureKey: bob.signatureKey });
    expect(loaded.pendingProposals).toHaveLength(1024);
    expect(refusal(() => loaded.process(last))).toBe('mls/generation-spent');
  });
});
