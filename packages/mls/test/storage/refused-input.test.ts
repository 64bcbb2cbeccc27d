/**
 * What is refused changes nothing: the rows of the store are the same to the byte, nothing waits to be written, and the
 * group goes on with the next genuine message.
 */
import { concatBytes, toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { MlsError, MlsGroup, type Proposal } from '../../src/index.js';
import { ROW_KIND } from '../../src/rows.js';
import { TREE_ROW_KIND } from '../../src/tree/tree-rows.js';
import { Chance } from '../property/chance.testkit.js';
import { change, expectAgreement, Member, nameExtension, refusal, suite } from '../scenario/members.testkit.js';

const KINDS = [...Object.values(ROW_KIND), ...Object.values(TREE_ROW_KIND)];
/** Random damages of each message, besides those at every byte. */
const DAMAGES = 200;

/** Every row of a member's store. */
function dump(member: Member): string {
  return KINDS.flatMap((kind) =>
    member.rows.scan(kind).map(({ key, value }) => `${kind} ${toHex(key)} ${toHex(value)}`),
  ).join('\n');
}

/** The message cut at every byte, continued, with every byte changed, and with several changed by chance. */
function* damages(message: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < message.length; length++) yield message.slice(0, length);
  yield concatBytes(message, new Uint8Array(1));
  const changed = (at: number, by: number) => {
    const damaged = message.slice();
    damaged[at] = (damaged[at] as number) ^ by;
    return damaged;
  };
  for (let at = 0; at < message.length; at++) yield changed(at, 0x20);
  const chance = new Chance(message.length);
  for (let i = 0; i < DAMAGES; i++) {
    const damaged = message.slice();
    for (let flips = 1 + chance.below(5); flips > 0; flips--) {
      const at = chance.below(damaged.length);
      damaged[at] = (damaged[at] as number) ^ (1 + chance.below(255));
    }
    yield damaged;
  }
}

/** A group whose store has rows of every kind that a member's has: past epochs, skipped keys, a pending proposal. */
function livedGroup(handshake: 'private' | 'public') {
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => new Member(name, { handshake })) as [
    Member,
    Member,
    Member,
  ];
  alice.create();
  change(alice, [], [], [bob, carol]);
  change(bob, [alice, carol], [{ type: 'group-context-extensions', extensions: [nameExtension('lived')] }]);
  alice.send('never arrives');
  bob.read(alice.send('arrives'));
  const { message } = carol.group.createProposal({ proposal: { type: 'remove', leafIndex: 0 }, random: carol.random });
  carol.save();
  bob.receive(message);
  // Off the memory, so that whatever is read comes from the rows.
  bob.restart();
  return { alice, bob, carol };
}

const rename: Proposal = { type: 'group-context-extensions', extensions: [nameExtension('next')] };

describe.each(['private', 'public'] as const)('refused input, handshake messages %s', (handshake) => {
  const made: Record<string, (members: ReturnType<typeof livedGroup>) => Uint8Array> = {
    'an application message': ({ alice }) => alice.send('intact'),
    'a commit with a path': ({ alice }) => alice.commit([rename]).message,
    'a commit that adds': ({ alice }) =>
      alice.commit([{ type: 'add', keyPackage: new Member('dave').keyPackage().keyPackage }]).message,
    'a commit that removes the reader': ({ alice }) => alice.commit([{ type: 'remove', leafIndex: 1 }]).message,
    'a proposal': ({ alice }) => alice.group.createProposal({ proposal: rename, random: alice.random }).message,
  };

  it.each(Object.entries(made))('%s', (_, make) => {
    const members = livedGroup(handshake);
    const { bob } = members;
    const message = make(members);
    const before = dump(bob);
    const state = toHex(bob.group.epochAuthenticator);
    let refused = 0;
    for (const damaged of damages(message)) {
      expect(refusal(() => bob.group.process(damaged))).toMatch(/^mls\//);
      refused++;
      expect(bob.group.takeRows()).toEqual([]);
      expect(dump(bob)).toBe(before);
    }
    expect(refused).toBeGreaterThan(2 * message.length);
    expect(toHex(bob.group.epochAuthenticator)).toBe(state);
    expect(bob.group.pendingProposals).toHaveLength(1);
    expect(() => bob.receive(message)).not.toThrow();
  });

  it('calls of our own that a rule refuses', () => {
    const { bob } = livedGroup(handshake);
    const before = dump(bob);
    const outsider = new Member('dave').keyPackage().keyPackage;
    const wrongs: readonly (readonly Proposal[])[] = [
      [{ type: 'remove', leafIndex: 1 }],
      [{ type: 'remove', leafIndex: 7 }],
      [
        { type: 'add', keyPackage: outsider },
        { type: 'add', keyPackage: outsider },
      ],
      [rename, rename],
    ];
    for (const proposals of wrongs) {
      expect(refusal(() => bob.group.createCommit({ proposals, random: bob.random }))).toMatch(/^mls\/validation/);
      expect(bob.group.takeRows()).toEqual([]);
      expect(dump(bob)).toBe(before);
    }
  });

  it('a staged commit that another one made stale', () => {
    const { alice, bob, carol } = livedGroup(handshake);
    const [first, second] = [alice, carol].map((member) => member.commit([rename])) as [
      ReturnType<Member['commit']>,
      ReturnType<Member['commit']>,
    ];
    const late = bob.stage(first.message);
    const stored = late.encode();
    bob.merge(bob.stage(second.message));
    carol.merge(second.staged);
    const before = dump(bob);
    expect(refusal(() => bob.group.merge(late))).toBe('mls/stale-diff');
    expect(refusal(() => bob.group.decodeStagedCommit(stored))).toBe('mls/stale-diff');
    expect(bob.group.takeRows()).toEqual([]);
    expect(dump(bob)).toBe(before);
    expectAgreement([bob, carol]);
  });
});

describe('a Welcome that is refused', () => {
  it('leaves the newcomer’s keys as they were, and the good one is taken', () => {
    const alice = new Member('alice').create();
    change(alice, [], [], [new Member('bob')]);
    const carol = new Member('carol');
    const own = carol.keyPackage();
    const { welcome, staged } = alice.commit([{ type: 'add', keyPackage: own.keyPackage }]);
    alice.merge(staged);
    const before = dump(alice);
    const keys = () => [own.initPrivateKey, own.encryptionPrivateKey, own.keyPackage.raw].map(toHex).join();
    const keysBefore = keys();
    const join = (bytes: Uint8Array) =>
      MlsGroup.join({ suite, welcome: bytes, signatureKey: carol.signatureKey, keyPackage: () => own });
    for (const damaged of damages(welcome as Uint8Array)) {
      try {
        // The one part of a Welcome that nothing authenticates names the key package, and here any name finds it.
        join(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(MlsError);
      }
      expect(keys()).toBe(keysBefore);
    }
    carol.join(welcome as Uint8Array, own);
    expectAgreement([alice, carol]);
    expect(dump(alice)).toBe(before);
  });
});
