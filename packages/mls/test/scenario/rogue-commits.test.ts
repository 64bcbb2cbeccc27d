/** Commits of a member who signs what no honest client makes: refused by every receiver, at no cost to the group. */
import { EMPTY_BYTES } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { type Commit, encodeCommit } from '../../src/group/commit.js';
import { decodeGroupHeader } from '../../src/group/group-header.js';
import { GroupState } from '../../src/group/group-state.js';
import { completeConfig } from '../../src/group/mls-config.js';
import { provisionalContext } from '../../src/group/next-epoch.js';
import { encodeProposal, type ProposalOrRef } from '../../src/group/proposal.js';
import { frameContent, handshakeWireFormat, sealMessage, signContent } from '../../src/group/send-message.js';
import type { Proposal, RuleName } from '../../src/index.js';
import { ROW_KIND, RowJournal } from '../../src/rows.js';
import { createUpdatePath } from '../../src/tree/create-update-path.js';
import type { LeafNode } from '../../src/tree/leaf-node.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { change, expectAgreement, Member, nameExtension, refusal, suite } from './members.testkit.js';

function group(count: number): Member[] {
  const alice = new Member('alice').create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`));
  change(alice, [], [], others);
  return [alice, ...others];
}

/** The state behind a member's rows, to sign with. */
function stateOf({ rows, signatureKey }: Member): GroupState {
  return new GroupState({
    ...{ suite, signatureKey, rows: new RowJournal(rows), config: completeConfig() },
    header: decodeGroupHeader(rows.get(ROW_KIND.header, EMPTY_BYTES) as Uint8Array),
    tree: () => RatchetTree.open(suite, rows),
  });
}

/** A signed and encrypted commit with these contents, whatever they are. */
function send(member: Member, commit: Commit, confirmationTag = new Uint8Array(32)): Uint8Array {
  const state = stateOf(member);
  const content = { contentType: 3, commit, raw: encodeCommit(commit) } as const;
  const signed = signContent(state, handshakeWireFormat(state), frameContent(state, content));
  return sealMessage(state, { ...signed, confirmationTag }, member.random);
}

/** A valid path over the tree as it is. */
function pathOf(member: Member) {
  const state = stateOf(member);
  const { extensions, rawExtensions } = state.context;
  return createUpdatePath({
    diff: state.tree.diff(),
    ownLeafIndex: state.ownLeafIndex,
    leafTemplate: state.tree.leaf(state.ownLeafIndex) as LeafNode,
    groupId: state.header.groupId,
    signatureKey: state.signatureKey,
    groupContextOf: (treeHash) => provisionalContext(state, { extensions, rawExtensions }, treeHash).raw,
    excludeLeaves: new Set(),
    random: member.random,
  }).updatePath;
}

function byValue(...proposals: Proposal[]): ProposalOrRef[] {
  return proposals.map((proposal) => ({ type: 'proposal', proposal }));
}

describe('rogue commits', () => {
  const [alice, bob, carol] = group(3) as [Member, Member, Member];
  const path = pathOf(bob);
  const remove = (leafIndex: number): Proposal => ({ type: 'remove', leafIndex });
  const rename = (name: string): Proposal => ({
    type: 'group-context-extensions',
    extensions: [nameExtension(name)],
  });
  const add: Proposal = { type: 'add', keyPackage: new Member('dave').keyPackage().keyPackage };
  const update: Proposal = { type: 'update', leafNode: path.leafNode };
  const nonce = new Uint8Array(32);

  it.each<[string, Commit, RuleName | 'decryption', RuleName[]?]>([
    ['without a path, empty', { proposals: [] }, 'path-required'],
    ['without a path, removing', { proposals: byValue(remove(0)) }, 'path-required'],
    ['without a path, changing the context', { proposals: byValue(add, rename('x')) }, 'path-required'],
    ['with a wrong confirmation tag', { proposals: byValue(add) }, 'confirmation-tag'],
    ['with a path and a wrong confirmation tag', { proposals: [], path }, 'confirmation-tag'],
    ['removing their committer', { proposals: byValue(remove(1)), path }, 'proposal-own-removal'],
    [
      'updating their committer',
      { proposals: byValue(update), path },
      'proposal-own-update',
      ['leaf-source', 'path-new-leaf-key', 'unique-encryption-key'],
    ],
    ['removing twice', { proposals: byValue(remove(0), remove(0)), path }, 'proposal-one-per-leaf', ['leaf-not-blank']],
    ['removing nobody', { proposals: byValue(remove(3)), path }, 'leaf-not-blank'],
    ['renaming twice', { proposals: byValue(rename('a'), rename('b')), path }, 'proposal-one-context-extensions'],
    ['adding twice', { proposals: byValue(add, add) }, 'unique-encryption-key', ['unique-signature-key']],
    [
      'naming an unknown proposal',
      { proposals: [{ type: 'reference', reference: nonce }], path },
      'proposal-reference',
    ],
    [
      'of outsiders only',
      { proposals: byValue({ type: 'external-init', kemOutput: nonce }), path },
      'proposal-external-init',
    ],
    [
      'with an unknown pre-shared key',
      { proposals: byValue({ type: 'psk', psk: { type: 'external', pskId: nonce, nonce } }) },
      'psk-known',
    ],
    ['with a path for another change', { proposals: byValue(rename('x')), path }, 'decryption'],
  ])('%s are refused', (_, commit, rule, alsoBroken = []) => {
    // Nobody can compute the tag of a commit whose effect is not defined.
    const message = send(bob, commit);
    const expected = rule === 'decryption' ? 'mls/decryption-failed' : `mls/validation ${rule}`;
    for (const member of [alice, carol]) {
      expect(refusal(() => member.group.process(message))).toBe(expected);
      expect(member.group.takeRows()).toEqual([]);
      if (rule === 'decryption') continue;
      expectRule(rule, () => member.group.process(message), { alsoBroken: ['confirmation-tag', ...alsoBroken] });
    }
  });

  it('a proposal that a member may not make is refused', () => {
    const proposal: Proposal = { type: 'external-init', kemOutput: nonce };
    const state = stateOf(bob);
    const content = { contentType: 2, proposal, raw: encodeProposal(proposal) } as const;
    const signed = signContent(state, handshakeWireFormat(state), frameContent(state, content));
    const message = sealMessage(state, signed, bob.random);
    expect(refusal(() => alice.group.process(message))).toBe('mls/validation proposal-sender');
    expect(alice.group.takeRows()).toEqual([]);
    expectRule('proposal-sender', () => alice.group.process(message));
    alice.restart();
  });

  it('leave a group that goes on', () => {
    change(bob, [alice, carol], []);
    expectAgreement([alice, bob, carol]);
  });
});
