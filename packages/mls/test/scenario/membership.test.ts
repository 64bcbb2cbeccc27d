import { fromUtf8 } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { type CipherSuite, getCipherSuite, MlsGroup } from '../../src/index.js';
import { change, expectAgreement, Member, nameExtension, refusal } from './members.testkit.js';

function people(count: number, from = 0): Member[] {
  return Array.from({ length: count }, (_, i) => new Member(`member ${from + i}`));
}

describe('a group of one', () => {
  it('starts in epoch 0, alone', () => {
    const alice = new Member('alice').create();
    expect([alice.group.epoch, alice.group.memberCount, alice.group.ownLeafIndex]).toEqual([0n, 1, 0]);
    expect(alice.group.leaf(0)?.signatureKey).toEqual(alice.signatureKey.publicKey);
    expect(alice.group.leaf(1)).toBeUndefined();
    expect(alice.group.leaf(2 ** 31)).toBeUndefined();
  });

  it('commits empty and renames itself', () => {
    const alice = new Member('alice').create();
    const before = alice.authenticator;
    change(alice, [], []);
    change(alice, [], [{ type: 'group-context-extensions', extensions: [nameExtension('mine')] }]);
    expect(alice.group.epoch).toBe(2n);
    expect(alice.authenticator).not.toBe(before);
    expect(fromUtf8(alice.group.context.extensions[0]?.data as Uint8Array)).toBe('mine');
  });
});

describe('members come and go', () => {
  it.each([1, 2, 3, 7, 8, 30])('%i join at once', (count) => {
    const alice = new Member('alice').create();
    const joiners = people(count);
    change(alice, [], [{ type: 'group-context-extensions', extensions: [nameExtension('all')] }], joiners);
    expectAgreement([alice, ...joiners]);
    expect(alice.group.memberCount).toBe(count + 1);
    for (const joiner of joiners.slice(0, 3)) {
      expect(alice.read(joiner.send(`from ${joiner.name}`))).toBe(`from ${joiner.name}`);
    }
  });

  it('joins in batches, each by another member, with and without a path', () => {
    const members = [new Member('alice').create()];
    for (const [round, size] of [1, 3, 5, 9, 12].entries()) {
      const committer = members[(round * 3) % members.length] as Member;
      const joiners = people(size, members.length);
      const others = members.filter((member) => member !== committer);
      // Adds alone have no path.
      const rename = { type: 'group-context-extensions', extensions: [nameExtension(`${round}`)] } as const;
      change(committer, others, round % 2 === 0 ? [rename] : [], joiners);
      members.push(...joiners);
      expectAgreement(members);
    }
    expect(members).toHaveLength(31);
  });

  it('adds without a path are cheap and legal; a path is made on demand', () => {
    const [alice, bob, carol] = [new Member('alice').create(), new Member('bob'), new Member('carol')];
    const bobs = bob.keyPackage();
    const plain = alice.commit([{ type: 'add', keyPackage: bobs.keyPackage }]);
    expect(plain.staged.pathLeaf).toBeUndefined();
    alice.merge(plain.staged);
    bob.join(plain.welcome as Uint8Array, bobs);
    const carols = carol.keyPackage();
    const forced = alice.commit([{ type: 'add', keyPackage: carols.keyPackage }], { forcePath: true });
    expect(forced.staged.pathLeaf?.source).toBe(3);
    alice.merge(forced.staged);
    bob.merge(bob.stage(forced.message));
    carol.join(forced.welcome as Uint8Array, carols);
    expectAgreement([alice, bob, carol]);
  });

  it('removes members; the places are taken again; the tree shrinks', () => {
    const alice = new Member('alice').create();
    const members = people(8);
    change(alice, [], [], members);
    const [, b, c, d] = members as [Member, Member, Member, Member];
    const stay = members.filter((member) => member !== b && member !== c);
    const removals = [b, c].map(({ group }) => ({ type: 'remove', leafIndex: group.ownLeafIndex }) as const);
    change(d, [alice, ...stay.filter((member) => member !== d)], removals);
    expectAgreement([alice, ...stay]);
    const [newcomer] = people(1, 20) as [Member];
    change(alice, stay, [], [newcomer]);
    expect(newcomer.group.ownLeafIndex).toBe(b.group.ownLeafIndex);
    expectAgreement([alice, newcomer, ...stay]);
    const rest = [newcomer, ...stay].filter((member) => member !== stay[0]);
    const leaving = rest.map(({ group }) => ({ type: 'remove', leafIndex: group.ownLeafIndex }) as const);
    change(alice, [stay[0] as Member], leaving);
    expectAgreement([alice, stay[0] as Member]);
    expect(alice.group.memberCount).toBe(2);
  });

  it('a removed member learns it, reads what is left, and cannot follow', () => {
    const [alice, bob, carol] = [new Member('alice').create(), new Member('bob'), new Member('carol')];
    change(alice, [], [], [bob, carol]);
    const late = alice.send('sent before the removal');
    const { message, staged } = alice.commit([{ type: 'remove', leafIndex: bob.group.ownLeafIndex }]);
    alice.merge(staged);
    carol.merge(carol.stage(message));
    const removal = bob.stage(message);
    expect([removal.removesSelf, removal.epochAuthenticator.length]).toEqual([true, 0]);
    bob.merge(removal);
    expect([bob.group.status, bob.group.epoch, bob.group.memberCount]).toEqual(['removed', 2n, 2]);
    expect(bob.group.context.raw).toEqual(alice.group.context.raw);
    bob.restart();
    expect(bob.read(late)).toBe('sent before the removal');
    const secret = alice.send('not for bob');
    expect(carol.read(secret)).toBe('not for bob');
    expect(refusal(() => bob.receive(secret))).toBe('mls/removed');
    expect(refusal(() => bob.send('hello?'))).toBe('mls/removed');
    expect(refusal(() => bob.commit([]))).toBe('mls/removed');
    expect(refusal(() => bob.group.exportSecret('x', new Uint8Array(0), 32))).toBe('mls/removed');
    expect(refusal(() => bob.receive(alice.commit([]).message))).toBe('mls/removed');
    // And back in by a new Welcome.
    change(alice, [carol], [], [bob]);
    expectAgreement([alice, bob, carol]);
  });

  it('tells what a commit does before it is merged', () => {
    const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => new Member(name)) as [
      Member,
      Member,
      Member,
      Member,
    ];
    alice.create();
    change(alice, [], [], [bob, carol]);
    const daves = dave.keyPackage();
    const { message } = alice.commit([
      { type: 'remove', leafIndex: 2 },
      { type: 'add', keyPackage: daves.keyPackage },
      { type: 'group-context-extensions', extensions: [nameExtension('new')] },
    ]);
    const staged = bob.stage(message);
    expect(bob.group.epoch).toBe(1n);
    expect([staged.epoch, staged.committerLeafIndex, staged.removesSelf]).toEqual([2n, 0, false]);
    expect(staged.committer.signatureKey).toEqual(alice.signatureKey.publicKey);
    expect(staged.committer.raw).toEqual(alice.group.leaf(0)?.raw);
    expect(staged.pathLeaf?.signatureKey).toEqual(alice.signatureKey.publicKey);
    expect(staged.pathLeaf?.capabilities).toEqual(staged.committer.capabilities);
    expect(staged.removed.map(({ leafIndex, leafNode }) => [leafIndex, leafNode.signatureKey])).toEqual([
      [2, carol.signatureKey.publicKey],
    ]);
    expect(staged.added.map(({ leafIndex, leafNode }) => [leafIndex, leafNode.raw])).toEqual([
      [2, daves.keyPackage.leafNode.raw],
    ]);
    expect(staged.proposals.map(({ proposal, senderLeafIndex }) => [proposal.type, senderLeafIndex])).toEqual([
      ['remove', 0],
      ['add', 0],
      ['group-context-extensions', 0],
    ]);
    expect(staged.context.extensions).toEqual([nameExtension('new')]);
  });
});

describe('members on different back ends', () => {
  it.each([0x0001, 0x0003])('agree in suite %i', (id) => {
    const [onNode, onNoble] = [nodeCrypto, nobleCrypto].map((provider) => getCipherSuite(id, provider)) as [
      CipherSuite,
      CipherSuite,
    ];
    const alice = new Member('alice', {}, onNode).create();
    const others = [new Member('bob', {}, onNoble), new Member('carol', {}, onNode), new Member('dave', {}, onNoble)];
    const [bob, carol, dave] = others as [Member, Member, Member];
    change(alice, [], [{ type: 'group-context-extensions', extensions: [nameExtension('mixed')] }], others);
    change(bob, [alice, carol, dave], []);
    change(carol, [alice, bob, dave], [{ type: 'remove', leafIndex: alice.group.ownLeafIndex }]);
    expectAgreement([bob, carol, dave]);
    expect(carol.read(dave.send('portable'))).toBe('portable');
    expect(dave.read(carol.send('native'))).toBe('native');
    const wrong = { reader: bob.rows, signatureKey: bob.signatureKey };
    const other = getCipherSuite(id === 1 ? 3 : 1, nobleCrypto);
    expect(refusal(() => MlsGroup.load({ suite: other, ...wrong }))).toBe('mls/unsupported-suite');
    const erins = new Member('erin', {}, other).keyPackage();
    expect(refusal(() => bob.commit([{ type: 'add', keyPackage: erins.keyPackage }]))).toBe(
      'mls/validation key-package-suite',
    );
  });
});
