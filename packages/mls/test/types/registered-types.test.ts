/**
 * Types of one's own, registered from outside: only what the package exports is used here. A group counts votes: each
 * vote is a proposal of a private type, the tally an extension of the GroupContext that only votes may change.
 */
import { CryptoError, type TlsReader, TlsWriter, utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import {
  type CredentialDefinition,
  contentOf,
  customProposal,
  type Extension,
  type ExtensionDefinition,
  findExtension,
  type Proposal,
  type ProposalDefinition,
  RFC_POLICY,
  STANDARD_TYPES,
  TypeRegistry,
  withTypes,
} from '../../src/index.js';
import { CAPABILITIES, change, expectAgreement, Member, nameExtension, refusal } from '../scenario/members.testkit.js';

const TALLY = 0xf0aa;
const VOTE = 0xf0ab;

interface Vote {
  readonly choice: number;
  readonly weight: number;
}

function encodeTally(tally: readonly number[]): Extension {
  const writer = new TlsWriter();
  for (const votes of tally) writer.u32(votes);
  return { type: TALLY, data: writer.finish() };
}

function readTally(reader: TlsReader): number[] {
  const tally: number[] = [];
  while (reader.remaining > 0) tally.push(reader.u32());
  if (tally.length > 4) throw new CryptoError('codec/invalid-value', { field: 'tally', value: tally.length });
  return tally;
}

function tallyOf(extensions: readonly Extension[]): number[] {
  const data = findExtension(extensions, TALLY) ?? new Uint8Array(16);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: data.length / 4 }, (_, i) => view.getUint32(4 * i));
}

const TALLY_EXTENSION: ExtensionDefinition = {
  type: TALLY,
  name: 'tally',
  places: ['group-context'],
  read: readTally,
  checkReplacement: ({ refuse }) => refuse('custom-extension', { check: 'only votes change the tally' }),
};

const VOTE_PROPOSAL: ProposalDefinition<Vote> = {
  type: VOTE,
  name: 'vote',
  requiresPath: false,
  fromExternalSender: false,
  byReferenceOnly: false,
  inExternalCommits: false,
  isPublic: false,
  read: (reader) => ({ choice: reader.u8(), weight: reader.u16() }),
  write: (writer, { choice, weight }) => writer.u8(choice).u16(weight),
  check(votes, { refuse }) {
    const voters = new Set(votes.map(({ sender }) => (sender.type === 'member' ? sender.leafIndex : -1)));
    if (voters.size < votes.length) refuse('custom-proposal', { check: 'one vote a member' });
    for (const { content } of votes) if (content.choice > 3) refuse('custom-proposal', { check: 'four choices' });
  },
  changeContext(votes, extensions) {
    const tally = tallyOf(extensions);
    for (const { content } of votes) tally[content.choice] = (tally[content.choice] ?? 0) + content.weight;
    const others = extensions.filter(({ type }) => type !== TALLY);
    return [...others, encodeTally(tally)];
  },
};

const TOKEN_CREDENTIAL: CredentialDefinition = {
  type: 0xf0ac,
  name: 'token',
  read: (reader) => reader.raw(4),
};

const types = STANDARD_TYPES.with({
  extensions: [TALLY_EXTENSION],
  proposals: [VOTE_PROPOSAL],
  credentials: [TOKEN_CREDENTIAL],
});
const CONFIG = { policy: withTypes(RFC_POLICY, types) } as const;
const capabilities = {
  ...CAPABILITIES,
  extensions: [...CAPABILITIES.extensions, TALLY],
  proposals: [...CAPABILITIES.proposals, VOTE],
};

class Voter extends Member {
  override readonly capabilities = capabilities;
}

const vote = (choice: number, weight = 1): Proposal => customProposal(VOTE_PROPOSAL, { choice, weight });

function group(count: number): Member[] {
  const alice = new Voter('alice', CONFIG).create([nameExtension(''), encodeTally([0, 0, 0, 0])]);
  const others = Array.from({ length: count - 1 }, (_, i) => new Voter(`m${i}`, CONFIG));
  change(alice, [], [], others);
  return [alice, ...others];
}

describe('types registered from outside the engine', () => {
  it('are proposed, kept, stored, committed by reference and by value, and take effect', () => {
    const members = group(3);
    const [alice, bob, carol] = members as [Member, Member, Member];
    const { message } = bob.group.createProposal({ proposal: vote(2, 5), random: bob.random });
    bob.save();
    for (const member of [alice, carol]) {
      const received = member.receive(message);
      const content = received.kind === 'proposal' ? contentOf(VOTE_PROPOSAL, received.proposal) : undefined;
      expect(content).toEqual({ choice: 2, weight: 5 });
      member.restart();
    }
    const { message: commit, staged } = carol.commit([vote(0)], { includePending: true });
    expect(staged.pathLeaf).toBeUndefined();
    const stored = carol.group.decodeStagedCommit(staged.encode());
    expect(stored.proposals.map(({ proposal }) => contentOf(VOTE_PROPOSAL, proposal))).toEqual([
      { choice: 2, weight: 5 },
      { choice: 0, weight: 1 },
    ]);
    carol.merge(stored);
    for (const member of [alice, bob]) member.merge(member.stage(commit));
    expectAgreement(members);
    for (const member of members) expect(tallyOf(member.restart().group.context.extensions)).toEqual([1, 0, 5, 0]);
    expect(contentOf(VOTE_PROPOSAL, { type: 'remove', leafIndex: 0 })).toBeUndefined();
    // They stand beside those of the standard, and a newcomer finds the result.
    change(alice, [bob, carol], [vote(1)], [new Voter('dave', CONFIG)]);
    expect(tallyOf(alice.group.context.extensions)).toEqual([1, 1, 5, 0]);
  });

  it('judge proposals and extensions by checks of their own', () => {
    const [alice, bob] = group(2) as [Member, Member];
    expect(refusal(() => alice.commit([vote(0), vote(1)]))).toBe('mls/validation custom-proposal');
    expect(refusal(() => alice.commit([vote(4)]))).toBe('mls/validation custom-proposal');
    const stuffed = [nameExtension(''), encodeTally([99, 0, 0, 0])];
    expect(refusal(() => alice.commit([{ type: 'group-context-extensions', extensions: stuffed }]))).toBe(
      'mls/validation custom-extension',
    );
    const renamed = [nameExtension('renamed'), encodeTally([0, 0, 0, 0])];
    change(alice, [bob], [{ type: 'group-context-extensions', extensions: renamed }, vote(3)]);
    expect(tallyOf(bob.group.context.extensions)).toEqual([0, 0, 0, 1]);
    expectAgreement([alice, bob]);
  });

  it('are for groups whose members all know them', () => {
    const alice = new Voter('alice', CONFIG).create();
    const plain = new Member('plain', CONFIG);
    change(alice, [], [], [plain]);
    expect(refusal(() => alice.commit([vote(0)]))).toBe('mls/validation proposal-type-supported');
    const stranger = new Member('stranger', { policy: RFC_POLICY }).create();
    expect(refusal(() => stranger.group.createProposal({ proposal: vote(0), random: stranger.random }))).toBe(
      'mls/invalid-argument',
    );
  });

  it('that are not registered cannot be read', () => {
    const [alice] = group(2) as [Member];
    const { message } = alice.group.createProposal({ proposal: vote(0), random: alice.random });
    const bob = new Voter('m0', { policy: RFC_POLICY });
    change(new Voter('other', { policy: RFC_POLICY }).create(), [], [], [bob]);
    expect(refusal(() => bob.group.process(message))).toMatch(/^mls\//);
    expect(() => new TypeRegistry({ proposals: [{ ...VOTE_PROPOSAL, type: 3 }] })).toThrow(
      expect.objectContaining({ code: 'mls/invalid-argument' }),
    );
  });

  it('include credentials', () => {
    const token = { type: TOKEN_CREDENTIAL.type, raw: utf8('abcd') } as const;
    const listed = { ...capabilities, credentials: [1, TOKEN_CREDENTIAL.type] };
    const alice = new Voter('alice', CONFIG).create();
    expect(refusal(() => alice.commit([], { leaf: { credential: token } }))).toBe(
      'mls/validation leaf-credential-in-capabilities',
    );
    const broken = { ...token, raw: utf8('abc') };
    expect(refusal(() => alice.commit([], { leaf: { credential: broken, capabilities: listed } }))).toBe(
      'mls/validation credential-content',
    );
    const { staged } = alice.commit([], { leaf: { credential: token, capabilities: listed } });
    expect(staged.pathLeaf?.credential).toEqual(token);
  });
});
