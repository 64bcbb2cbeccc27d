/** Update proposals (RFC 9420 section 12.1.2), and what leaves say when they change. */
import { describe, expect, it } from 'vitest';
import { type Extension, LEAF_NODE_SOURCE, ROW_KIND } from '../../src/index.js';
import { CAPABILITIES, change, expectAgreement, Member, refusal } from './members.testkit.js';

const NOTE: Extension = { type: 0xff01, data: Uint8Array.of(1, 2, 3) };

function group(count: number): Member[] {
  const alice = new Member('alice').create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`));
  change(alice, [], [], others);
  return [alice, ...others];
}

describe('own updates', () => {
  it('are committed by others, across restarts of everybody', () => {
    const members = group(4);
    const [alice, bob, carol] = members as [Member, Member, Member];
    const before = bob.group.leaf(1);
    const { message } = bob.group.proposeUpdate({ leaf: { extensions: [NOTE] }, random: bob.random });
    bob.save();
    for (const member of members) if (member !== bob) member.receive(message);
    for (const member of members) member.restart();
    const { message: commit, staged } = carol.commit([], { includePending: true });
    carol.merge(staged);
    const ours = bob.stage(commit);
    expect(ours.proposals).toMatchObject([{ proposal: { type: 'update' }, senderLeafIndex: 1 }]);
    // Stored with its new key, dropped, and taken up again.
    const stored = ours.encode();
    bob.restart();
    bob.merge(bob.group.decodeStagedCommit(stored));
    for (const member of members) if (member !== bob && member !== carol) member.merge(member.stage(commit));
    expectAgreement(members);
    const after = alice.group.leaf(1);
    expect(after).toMatchObject({ source: LEAF_NODE_SOURCE.update, extensions: [NOTE] });
    expect(after?.encryptionKey).not.toEqual(before?.encryptionKey);
    expect([...bob.rows.scan(ROW_KIND.ownUpdate)]).toEqual([]);
    // The new key opens the next path.
    change(alice, members.slice(1), []);
    change(bob.restart(), [alice, ...members.slice(2)], []);
    expectAgreement(members);
  });

  it('end with their epoch when nobody commits them', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const { message } = bob.group.proposeUpdate({ random: bob.random });
    bob.save();
    alice.receive(message);
    expect([...bob.rows.scan(ROW_KIND.ownUpdate)]).toHaveLength(1);
    change(bob, [alice], []);
    expect([...bob.rows.scan(ROW_KIND.ownUpdate)]).toEqual([]);
    expect(bob.group.pendingProposals).toEqual([]);
    expectAgreement([alice, bob]);
  });

  it('of two by one member, the later one is committed', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    const references = [1, 2].map(() => {
      const { message, reference } = bob.group.proposeUpdate({ random: bob.random });
      for (const member of [alice, carol]) member.receive(message);
      return reference;
    });
    bob.save();
    const { message, staged } = alice.commit([], { includePending: true });
    expect(staged.proposals).toHaveLength(1);
    expect(refusal(() => alice.commit([], { includePending: references }))).toBe(
      'mls/validation proposal-one-per-leaf',
    );
    alice.merge(staged);
    for (const member of [bob, carol]) member.merge(member.stage(message));
    expectAgreement([alice, bob, carol]);
    change(carol, [alice, bob], []);
    expectAgreement([alice, bob, carol]);
  });

  it('by a commit of our own: the leaf says something else', () => {
    const members = group(3);
    const [alice, bob, carol] = members as [Member, Member, Member];
    const capabilities = { ...CAPABILITIES, proposals: [7, 8, 10] };
    const { message, staged } = bob.commit([], { leaf: { capabilities, extensions: [NOTE] } });
    expect(staged.pathLeaf).toMatchObject({ capabilities, extensions: [NOTE] });
    bob.merge(staged);
    for (const member of [alice, carol]) member.merge(member.stage(message));
    expectAgreement(members);
    const unsupported = { extensions: [{ type: 0xabcd, data: new Uint8Array(0) }] };
    expect(refusal(() => carol.commit([], { leaf: unsupported }))).toBe(
      'mls/validation leaf-extensions-in-capabilities',
    );
  });
});
