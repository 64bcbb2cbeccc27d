/** One breach for each rule that holds whatever the policy says, because nothing sensible could follow without it: it breaks that rule and no other. */
import { EMPTY_BYTES, utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { signFramedContent } from '../../src/framing/framed-content.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { sealPublicMessage } from '../../src/framing/public-message.js';
import { type Commit, encodeCommit } from '../../src/group/commit.js';
import { decodeGroupHeader, encodeGroupHeader } from '../../src/group/group-header.js';
import { MAX_PENDING_PROPOSALS } from '../../src/group/pending-proposals.js';
import { MlsGroup, type Proposal } from '../../src/index.js';
import { ROW_KIND } from '../../src/rows.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { CAPABILITIES, change, Member, nameExtension, suite } from '../scenario/members.testkit.js';
import { sendAsMember, stateOf } from './rogue.testkit.js';

function group(names: readonly string[], config = {}): Member[] {
  const [founder, ...others] = names.map((name) => new Member(name, config)) as [Member, ...Member[]];
  founder.create();
  change(founder, [], [], others);
  return [founder, ...others];
}

const rename = (i: number): Proposal => ({ type: 'group-context-extensions', extensions: [nameExtension(`${i}`)] });

/** As if the group had counted up to this epoch. */
function countTo(epoch: bigint, { rows }: Member): void {
  const header = decodeGroupHeader(rows.get(ROW_KIND.header, EMPTY_BYTES) as Uint8Array);
  rows.apply([{ kind: ROW_KIND.header, key: EMPTY_BYTES, value: encodeGroupHeader({ ...header, epoch }) }]);
}

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

  it('epoch-range: a commit in the last epoch that a uint64 counts, made, received and to join by', () => {
    const config = { handshake: 'public' } as const;
    const [alice, bob] = group(['alice', 'bob'], config) as [Member, Member];
    for (const member of [alice, bob]) {
      countTo(2n ** 64n - 2n, member);
      member.restart();
    }
    change(alice, [bob], []);
    expect(bob.group.epoch).toBe(2n ** 64n - 1n);
    expect(bob.read(alice.send('the end of counting'))).toBe('the end of counting');

    expectRule('epoch-range', () => alice.group.createCommit({ proposals: [], random: alice.random }));
    const bobsRemoval = { type: 'proposal', proposal: { type: 'remove', leafIndex: 1 } } as const;
    for (const commit of [{ proposals: [] }, { proposals: [bobsRemoval] }] satisfies Commit[]) {
      const message = sendAsMember(alice, { contentType: 3, commit, raw: encodeCommit(commit) });
      expectRule('epoch-range', () => bob.group.process(message));
    }
    for (const member of [alice, bob]) expect(member.group.takeRows()).toEqual([]);

    const { random } = alice;
    const groupInfo = alice.group.exportGroupInfo({ withRatchetTree: true, withExternalPub: true, random });
    const { signatureKey } = new Member('carol');
    const leaf = {
      credential: { type: 1, identity: utf8('carol') },
      capabilities: CAPABILITIES,
      extensions: [],
    } as const;
    expectRule('epoch-range', () =>
      MlsGroup.joinByExternalCommit({ suite, groupInfo, signatureKey, leaf, config, random }),
    );
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
