/** Proposals of those who are no members (RFC 9420 sections 12.1.8 and 12.1.8.1). */
import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import {
  type ExternalProposalParams,
  externalProposal,
  externalSendersExtension,
  externalSendersOf,
  MlsGroup,
  type Proposal,
  RFC_POLICY,
} from '../../src/index.js';
import { change, expectAgreement, Member, nameExtension, refusal, suite } from './members.testkit.js';

const OPEN = { policy: RFC_POLICY, acceptOutsiders: true } as const;
const service = new Member('service');
const SENDERS = externalSendersExtension([
  { signatureKey: new Member('retired').signatureKey.publicKey, credential: { type: 1, identity: utf8('retired') } },
  { signatureKey: service.signatureKey.publicKey, credential: { type: 1, identity: utf8('service') } },
]);

function group(count: number): Member[] {
  const alice = new Member('alice', OPEN).create([nameExtension(''), SENDERS]);
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`, OPEN));
  change(alice, [], [], others);
  return [alice, ...others];
}

function propose(member: Member, proposal: Proposal, change: Partial<ExternalProposalParams> = {}): Uint8Array {
  const { groupId, epoch } = member.group;
  return externalProposal({
    ...{ suite, groupId, epoch, proposal, signatureKey: service.signatureKey },
    sender: { type: 'external', senderIndex: 1 },
    ...change,
  }).message;
}

describe('proposals of outsiders', () => {
  it('are kept by all and committed by one', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    const remove = propose(alice, { type: 'remove', leafIndex: 2 });
    for (const member of [alice, bob, carol]) {
      expect(member.receive(remove)).toMatchObject({
        kind: 'proposal',
        sender: { type: 'external', senderIndex: 1 },
        senderLeafIndex: undefined,
      });
      member.restart();
    }
    const { message, staged } = bob.commit([], { includePending: true });
    expect(staged.proposals).toMatchObject([{ sender: { type: 'external' }, senderLeafIndex: undefined }]);
    const decoded = bob.group.decodeStagedCommit(staged.encode());
    expect(decoded.proposals).toMatchObject([{ sender: { type: 'external', senderIndex: 1 } }]);
    bob.merge(decoded);
    alice.merge(alice.stage(message));
    expect(carol.stage(message).removesSelf).toBe(true);
    expectAgreement([alice, bob]);
  });

  it('can ask to be added', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const dave = new Member('dave', OPEN);
    const own = dave.keyPackage();
    const add: Proposal = { type: 'add', keyPackage: own.keyPackage };
    const sender = { type: 'new-member-proposal' } as const;
    const forged = propose(alice, add, { sender });
    expect(refusal(() => alice.group.process(forged))).toBe('mls/validation content-signature');
    const message = propose(alice, add, { sender, signatureKey: dave.signatureKey });
    for (const member of [alice, bob]) member.receive(message);
    const { welcome, message: commit, staged } = alice.commit([], { includePending: true });
    alice.merge(staged);
    bob.merge(bob.stage(commit));
    dave.join(welcome as Uint8Array, own);
    expectAgreement([alice, bob, dave]);
  });

  it('are refused from those who may not make them, and to those who do not listen', () => {
    const [alice] = group(1) as [Member];
    const update: Proposal = { type: 'remove', leafIndex: 0 };
    const from = (change: Partial<ExternalProposalParams>) => () => alice.group.process(propose(alice, update, change));
    expect(refusal(from({ sender: { type: 'external', senderIndex: 2 } }))).toBe('mls/validation sender-member');
    expect(refusal(from({ sender: { type: 'external', senderIndex: 0 } }))).toBe('mls/validation content-signature');
    expect(refusal(from({ epoch: 7n }))).toBe('mls/wrong-epoch');
    expect(refusal(from({ groupId: utf8('elsewhere') }))).toBe('mls/wrong-group');
    expect(refusal(from({ sender: { type: 'new-member-proposal' } }))).toBe('mls/invalid-argument');
    const init: Proposal = { type: 'external-init', kemOutput: new Uint8Array(32) };
    expect(refusal(() => propose(alice, init))).toBe('mls/invalid-argument');
    const { suite: ownSuite, rows: reader, signatureKey } = alice;
    const deaf = MlsGroup.load({ suite: ownSuite, reader, signatureKey, config: { policy: RFC_POLICY } });
    expect(refusal(() => deaf.process(propose(alice, update)))).toBe('mls/unsupported-message');
    expect(alice.group.takeRows()).toEqual([]);
  });

  it('name their senders by the order of the list', () => {
    expect(externalSendersOf([SENDERS]).map(({ credential }) => credential)).toEqual([
      { type: 1, identity: utf8('retired') },
      { type: 1, identity: utf8('service') },
    ]);
    expect(externalSendersOf([])).toEqual([]);
  });
});
