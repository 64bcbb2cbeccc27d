/** SelfRemove, AppDataUpdate and app_data_dictionary (draft-ietf-mls-extensions), all of them through the registry. */
import { encodeTls, toHex, utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { encodeProposal } from '../../src/group/proposal.js';
import {
  appDataExtension,
  appDataOf,
  type Extension,
  encodeRequiredCapabilities,
  externalProposal,
  externalSendersExtension,
  MlsGroup,
  type Proposal,
  peekMlsMessage,
  WIRE_FORMAT,
} from '../../src/index.js';
import { change, expectAgreement, nameExtension, refusal, suite } from '../scenario/members.testkit.js';
import { appData, DraftMember, draftGroup, draftPolicy, leave, remove, update } from './draft.testkit.js';

const dictionaryOf = (member: DraftMember) =>
  [...appDataOf(member.group.context.extensions)].map(([id, data]) => `${id.toString(16)} ${toHex(data)}`);

function follow(members: readonly DraftMember[], message: Uint8Array): void {
  for (const member of members) member.merge(member.stage(message));
}

describe('AppDataUpdate', () => {
  it('travels as the draft writes it', () => {
    expect(toHex(encodeProposal(update(0x8004, 1, 2)))).toBe('00088004' + '01' + '020102');
    expect(toHex(encodeProposal(remove(0x8004)))).toBe('00088004' + '02');
    const dictionary = new Map([
      [0x8005, Uint8Array.of(9)],
      [0x8004, Uint8Array.of(1)],
    ]);
    expect(toHex(appDataExtension(dictionary).data)).toBe('08' + '80040101' + '80050109');
  });

  it('changes a component’s data without a path, at the cost of the change', () => {
    const members = draftGroup(3);
    const [alice, bob, carol] = members as [DraftMember, DraftMember, DraftMember];
    const first = alice.commit([update(0x8005, 5), update(0x8004, 1), update(0x8004, 2)]);
    expect(first.staged.pathLeaf).toBeUndefined();
    alice.merge(first.staged);
    follow([bob, carol], first.message);
    for (const member of members) expect(dictionaryOf(member)).toEqual(['8004 0102', '8005 05']);
    change(bob.restart(), [alice, carol], [update(0x8004, 3), remove(0x8005)]);
    for (const member of members) expect(dictionaryOf(member.restart())).toEqual(['8004 010203']);
    expectAgreement(members);
    // Whoever joins finds the data in the context.
    const dave = new DraftMember('dave');
    change(carol, [alice, bob], [update(0x8006, 7)], [dave]);
    expect(dictionaryOf(dave)).toEqual(['8004 010203', '8006 07']);
    expectAgreement([...members, dave]);
    // Beside GroupContextExtensions, which leaves the dictionary as it is.
    const others = alice.group.context.extensions.filter(({ type }) => type !== 0xff00);
    const renamed: Proposal = { type: 'group-context-extensions', extensions: [nameExtension('new'), ...others] };
    change(alice, [bob, carol, dave], [renamed, update(0x8006, 8)]);
    expect(dictionaryOf(dave)).toEqual(['8004 010203', '8006 0708']);
  });

  it('is proposed by members and by external senders', () => {
    const service = new DraftMember('service');
    const credential = { type: 1, identity: utf8('service') } as const;
    const senders = externalSendersExtension([{ signatureKey: service.signatureKey.publicKey, credential }]);
    const alice = new DraftMember('alice').create([senders]);
    const bob = new DraftMember('bob');
    change(alice, [], [], [bob]);
    const { groupId, epoch } = alice.group;
    const { message: outside } = externalProposal({
      ...{ suite, groupId, epoch, signatureKey: service.signatureKey, sender: { type: 'external', senderIndex: 0 } },
      ...{ proposal: update(0x8009, 1), types: draftPolicy().types },
    });
    const inside = alice.group.createProposal({ proposal: update(0x8009, 2), random: alice.random }).message;
    alice.save();
    for (const member of [alice, bob]) member.receive(outside);
    bob.receive(inside);
    const { message, staged } = bob.restart().commit([], { includePending: true });
    bob.merge(staged);
    follow([alice], message);
    // In the order of arrival, which was the committer’s.
    expect(dictionaryOf(alice)).toEqual(['8009 0102']);
    expectAgreement([alice, bob]);
  });
});

describe('SelfRemove', () => {
  it('is sent in the clear, kept, and committed by somebody else', () => {
    const members = draftGroup(4);
    const [alice, bob, carol, dave] = members as [DraftMember, DraftMember, DraftMember, DraftMember];
    const { message } = carol.group.createProposal({ proposal: leave(), random: carol.random });
    carol.save();
    expect(peekMlsMessage(message).wireFormat).toBe(WIRE_FORMAT.publicMessage);
    for (const member of [alice, bob, dave]) member.receive(message);
    for (const member of members) member.restart();
    // Its own proposer cannot commit it, and leaves it out.
    expect(carol.commit([], { includePending: true }).staged.proposals).toEqual([]);
    const { message: commit, staged } = bob.commit([], { includePending: true });
    expect(staged.pathLeaf).toBeDefined();
    expect(staged.removed.map(({ leafIndex }) => leafIndex)).toEqual([2]);
    bob.merge(bob.group.decodeStagedCommit(staged.encode()));
    follow([alice, dave], commit);
    expect(carol.stage(commit).removesSelf).toBe(true);
    expectAgreement([alice, bob, dave]);
  });

  it('goes before a Remove or an Update of the same leaf', () => {
    const [alice, bob, carol] = draftGroup(3) as [DraftMember, DraftMember, DraftMember];
    const messages = [
      carol.group.proposeUpdate({ random: carol.random }).message,
      carol.group.createProposal({ proposal: leave(), random: carol.random }).message,
      carol.group.createProposal({ proposal: { type: 'remove', leafIndex: 2 }, random: carol.random }).message,
    ];
    for (const message of messages) for (const member of [alice, bob]) member.receive(message);
    const { message, staged } = alice.commit([], { includePending: true });
    expect(staged.proposals).toMatchObject([{ proposal: { type: 'custom', proposalType: 0x000a } }]);
    const references = alice.group.pendingProposals.slice(1).map(({ reference }) => reference);
    expect(refusal(() => alice.commit([], { includePending: references }))).toBe(
      'mls/validation proposal-one-per-leaf',
    );
    alice.merge(staged);
    follow([bob], message);
    expectAgreement([alice, bob]);
  });

  it('is committed by those who join as well, who need no membership key for it', () => {
    const [alice, bob, carol] = draftGroup(3) as [DraftMember, DraftMember, DraftMember];
    const { message: leaving } = carol.group.createProposal({ proposal: leave(), random: carol.random });
    for (const member of [alice, bob]) member.receive(leaving);
    const dave = new DraftMember('dave');
    const join = (pendingProposals: Uint8Array[]) =>
      MlsGroup.joinByExternalCommit({
        ...{ suite, signatureKey: dave.signatureKey, random: dave.random, config: dave.config, pendingProposals },
        groupInfo: alice.group.exportGroupInfo({ withRatchetTree: true, withExternalPub: true, random: alice.random }),
        leaf: { credential: { type: 1, identity: utf8('dave') }, capabilities: dave.capabilities, extensions: [] },
        proposals: [update(0x8001, 4)],
      });
    const forged = leaving.slice();
    // The last byte of the signature, before the membership tag and its length.
    forged[forged.length - 34] = (forged[forged.length - 34] as number) ^ 1;
    expect(refusal(() => join([forged]))).toBe('mls/validation content-signature');
    const { group, message } = join([leaving]);
    dave.goOnWith(group);
    follow([alice, bob], message);
    expectAgreement([alice, bob, dave]);
    expect(dave.group.memberCount).toBe(3);
    expect(dictionaryOf(bob)).toEqual(['8001 04']);
  });
});

describe('app_data_dictionary', () => {
  const required = {
    type: 3,
    data: encodeRequiredCapabilities({ extensions: [6], proposals: [8], credentials: [] }),
  };

  it('stands where the draft says, sorted', () => {
    const unsorted = {
      type: 6,
      data: encodeTls(null, (w) => w.vector((v) => v.u16(2).opaque(utf8('b')).u16(1).opaque(utf8('a')))),
    };
    const alice = () => new DraftMember('alice').create([unsorted]);
    expect(refusal(alice)).toBe('mls/validation extension-content');
    const sorted = appDataExtension(new Map([[0x8000, utf8('a')]]));
    expect(dictionaryOf(new DraftMember('alice').create([sorted]) as DraftMember)).toEqual(['8000 61']);
    expect(appDataOf([])).toEqual(new Map());
    expect(appData({ componentId: 1, op: 'remove' })).toMatchObject({ proposalType: 8 });
  });

  it('is changed by nothing else once app_data_update is required', () => {
    const dictionary = appDataExtension(new Map([[0x8000, utf8('a')]]));
    const alice = new DraftMember('alice').create([required, dictionary]);
    const replace = (extensions: readonly Extension[]) => () =>
      alice.commit([{ type: 'group-context-extensions', extensions }]);
    const other = appDataExtension(new Map([[0x8000, utf8('b')]]));
    // Neither changed, nor taken away, nor together with the requirement.
    for (const extensions of [[required, other], [required], [other], []]) {
      expect(refusal(replace(extensions))).toBe('mls/validation app-data-by-update');
    }
    expect(refusal(replace([dictionary, required, nameExtension('x')]))).toBe('accepted');
  });
});
