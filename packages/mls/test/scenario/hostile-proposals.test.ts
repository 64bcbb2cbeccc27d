/** Commits of thousands of proposals that a member makes to keep the others busy: refused by name, at work that grows with their number alone. */
import { describe, expect, it } from 'vitest';
import { encodeCommit } from '../../src/group/commit.js';
import { MAX_PENDING_PROPOSAL_BYTES, MAX_PENDING_PROPOSALS } from '../../src/group/pending-proposals.js';
import { getCipherSuite, type Proposal } from '../../src/index.js';
import { sendAsMember } from '../rules/rogue.testkit.js';
import { WorkCounter } from './counting.testkit.js';
import { change, Member, nameExtension, refusal } from './members.testkit.js';

const counter = new WorkCounter();
const counted = getCipherSuite(0x0003, counter.provider);

/** A member who sends what he likes, and one whose work is counted. */
function pair(): [Member, Member] {
  const alice = new Member('alice', {}, counted).create();
  const mallory = new Member('mallory', {}, counted);
  change(alice, [], [], [mallory]);
  return [alice, mallory];
}

function workOf(proposals: readonly Proposal[], rule: string) {
  const [alice, mallory] = pair();
  const commit = { proposals: proposals.map((proposal) => ({ type: 'proposal', proposal }) as const) };
  const message = sendAsMember(mallory, { contentType: 3, commit, raw: encodeCommit(commit) });
  const { result, work } = counter.measure(() => refusal(() => alice.group.process(message)));
  expect(result).toBe(`mls/validation ${rule}`);
  expect(alice.group.takeRows()).toEqual([]);
  return work;
}

const remove: Proposal = { type: 'remove', leafIndex: 0 };
const rename: Proposal = { type: 'group-context-extensions', extensions: [nameExtension('x'.repeat(100))] };

describe('a commit of thousands of proposals', () => {
  it.each<[string, Proposal, string]>([
    ['to remove one member', remove, 'proposal-one-per-leaf'],
    ['to rename the group', rename, 'proposal-one-context-extensions'],
  ])('%s costs the signature on it', (_, proposal, rule) => {
    const work = workOf(Array<Proposal>(5000).fill(proposal), rule);
    expect(work.verifications).toBe(1);
    expect(work.hashes).toBeLessThan(40);
  });

  it('to add one person again and again costs the first of them twice over, whatever their number', () => {
    const [keyPackage] = [new Member('dave', {}, counted).keyPackage().keyPackage];
    const works = [500, 2000].map((count) =>
      workOf(Array<Proposal>(count).fill({ type: 'add', keyPackage }), 'unique-encryption-key'),
    );
    for (const { verifications } of works) expect(verifications).toBeLessThanOrEqual(4);
    const [less, more] = works as [(typeof works)[0], (typeof works)[0]];
    expect(more.hashes).toBeLessThan(5 * less.hashes);
  });

  it('that were sent one by one: the thousandth is the last that is kept', () => {
    const [alice, mallory] = pair();
    const trudy = new Member('trudy', {}, counted);
    change(alice, [mallory], [], [trudy]);
    const send = (author: Member, i: number): Uint8Array => {
      const proposal: Proposal = {
        type: 'group-context-extensions',
        extensions: [nameExtension(`${author.name} ${i}`)],
      };
      return author.group.createProposal({ proposal, random: author.random }).message;
    };
    const outcomes = [mallory, trudy].flatMap((author) =>
      Array.from({ length: 600 }, (_, i) => refusal(() => alice.group.process(send(author, i)))),
    );
    const refused = outcomes.filter((outcome) => outcome !== 'accepted');
    expect(alice.group.pendingProposals).toHaveLength(MAX_PENDING_PROPOSALS);
    expect(refused).toHaveLength(1200 - MAX_PENDING_PROPOSALS);
    expect(new Set(refused)).toEqual(new Set(['mls/validation proposal-limit']));
  });

  it('that were sent one by one and are large: no more bytes are kept than the limit, across a restart', () => {
    const [alice, mallory] = pair();
    const trudy = new Member('trudy', {}, counted);
    change(alice, [mallory], [], [trudy]);
    const send = (author: Member, bytes: number): Uint8Array => {
      const proposal: Proposal = {
        type: 'group-context-extensions',
        extensions: [{ type: 0xff00, data: new Uint8Array(bytes) }],
      };
      const { message } = author.group.createProposal({ proposal, random: author.random });
      author.save();
      return message;
    };
    const half = MAX_PENDING_PROPOSAL_BYTES / 2;
    expect(refusal(() => alice.receive(send(mallory, half - 100)))).toBe('accepted');
    const second = send(trudy, half + 100);
    expect(refusal(() => alice.receive(second))).toBe('mls/validation proposal-limit');
    expect(refusal(() => alice.restart().receive(second))).toBe('mls/validation proposal-limit');
    expect(alice.group.takeRows()).toEqual([]);
    expect(refusal(() => alice.receive(send(trudy, half - 300)))).toBe('accepted');
    // Whoever sends them is held to it as well.
    expect(refusal(() => send(mallory, half + 100))).toBe('mls/validation proposal-limit');
    change(alice, [mallory, trudy], []);
    expect(refusal(() => alice.receive(send(mallory, half + 100)))).toBe('accepted');
  });
});
