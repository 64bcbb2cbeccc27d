import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { ROW_KIND, TREE_ROW_KIND } from '../../src/index.js';
import { change, Member, nameExtension, refusal } from './members.testkit.js';

function pair(): [Member, Member] {
  const [alice, bob] = [new Member('alice').create(), new Member('bob')];
  change(alice, [], [], [bob]);
  return [alice, bob];
}

function rename(name: string) {
  return { type: 'group-context-extensions', extensions: [nameExtension(name)] } as const;
}

describe('application messages', () => {
  it('go both ways, with their sender and authenticated data', () => {
    const [alice, bob] = pair();
    const message = alice.group.createApplicationMessage(utf8('hi'), alice.random, utf8('header'));
    const processed = bob.receive(message);
    expect(processed).toMatchObject({ kind: 'application', epoch: 1n, senderLeafIndex: 0 });
    if (processed.kind !== 'application') return;
    expect(processed.sender.signatureKey).toEqual(alice.signatureKey.publicKey);
    expect(processed.data).toEqual(utf8('hi'));
    expect(processed.aad).toEqual(utf8('header'));
    expect(alice.read(bob.send('hello'))).toBe('hello');
    expect(bob.read(alice.send(''))).toBe('');
  });

  it('of our own are recognised', () => {
    const [alice] = pair();
    expect(refusal(() => alice.receive(alice.send('echo')))).toBe('mls/own-message');
    expect(refusal(() => alice.receive(alice.commit([]).message))).toBe('mls/own-message');
  });

  it('are read once', () => {
    const [alice, bob] = pair();
    const message = alice.send('once');
    bob.read(message);
    expect(refusal(() => bob.receive(message))).toBe('mls/generation-spent');
    bob.read(alice.send('next'));
    expect(refusal(() => bob.restart().receive(message))).toBe('mls/generation-spent');
  });

  it('may overtake each other within the tolerance', () => {
    const [alice, bob] = pair();
    const sent = Array.from({ length: 8 }, (_, i) => alice.send(`${i}`));
    // After 7 was read, the head is 8: 3 to 6 are at most 5 behind it, 2 is not.
    expect(bob.read(sent[7] as Uint8Array)).toBe('7');
    for (const i of [4, 6, 3, 5]) expect(bob.restart().read(sent[i] as Uint8Array)).toBe(`${i}`);
    expect(refusal(() => bob.receive(sent[2] as Uint8Array))).toBe('mls/generation-too-old');
    expect(refusal(() => bob.receive(sent[4] as Uint8Array))).toBe('mls/generation-spent');
  });

  it('may skip up to 1000 generations and no more', () => {
    const [alice, bob] = pair();
    for (let i = 0; i < 1000; i++) alice.group.createApplicationMessage(utf8('lost'), alice.random);
    const far = alice.send('1000 ahead');
    const tooFar = alice.send('1001 ahead');
    expect(refusal(() => bob.receive(tooFar))).toBe('mls/generation-too-far');
    expect(bob.group.takeRows()).toEqual([]);
    expect(bob.read(far)).toBe('1000 ahead');
    expect(bob.read(tooFar)).toBe('1001 ahead');
  });

  it('take other limits from the configuration', () => {
    const [alice, bob] = [
      new Member('alice').create(),
      new Member('bob', { outOfOrderTolerance: 0, maximumForwardDistance: 1 }),
    ];
    change(alice, [], [], [bob]);
    const sent = Array.from({ length: 4 }, (_, i) => alice.send(`${i}`));
    expect(refusal(() => bob.receive(sent[2] as Uint8Array))).toBe('mls/generation-too-far');
    expect(bob.read(sent[1] as Uint8Array)).toBe('1');
    expect(refusal(() => bob.receive(sent[0] as Uint8Array))).toBe('mls/generation-too-old');
  });

  it('are padded where the sender wants it', () => {
    const [alice, bob] = [new Member('alice', { paddingSize: 256 }).create(), new Member('bob')];
    change(alice, [], [], [bob]);
    const [short, long] = [alice.send('a'), alice.send('a'.repeat(100))];
    expect(short.length).toBe(long.length);
    expect([bob.read(short), bob.read(long)]).toEqual(['a', 'a'.repeat(100)]);
  });
});

describe('epochs that are over', () => {
  it('serve three epochs, and only messages', () => {
    const [alice, bob] = pair();
    const sent = [alice.send('epoch 1')];
    const commit = alice.commit([]).message;
    for (const name of ['2', '3', '4']) {
      change(bob, [alice], [rename(name)]);
      sent.push(alice.send(`epoch ${name}`));
    }
    // Now in epoch 4: 1, 2 and 3 are kept.
    for (const [i, message] of sent.entries()) expect(bob.restart().read(message)).toBe(`epoch ${i + 1}`);
    expect(refusal(() => bob.receive(sent[0] as Uint8Array))).toBe('mls/generation-spent');
    expect(refusal(() => bob.receive(commit))).toBe('mls/wrong-epoch');
    const late = alice.send('epoch 4, late');
    change(bob, [alice], []);
    change(alice, [bob], []);
    change(bob, [alice], []);
    expect(refusal(() => bob.receive(sent[1] as Uint8Array))).toBe('mls/epoch-too-old');
    expect(bob.restart().read(late)).toBe('epoch 4, late');
    change(bob, [alice], []);
    expect(refusal(() => bob.receive(alice.send('x')) && bob.receive(late))).toBe('mls/epoch-too-old');
  });

  it('know the leaves as they were: rotated, removed, replaced', () => {
    const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => new Member(name)) as [
      Member,
      Member,
      Member,
      Member,
    ];
    alice.create();
    change(alice, [], [], [bob, carol]);
    const fromCarol = carol.send('before I left');
    const fromAlice = alice.send('with my old leaf');
    change(alice, [bob, carol], []);
    const { message, welcome, staged } = (() => {
      const davesPackage = dave.keyPackage();
      const commit = alice.commit([
        { type: 'remove', leafIndex: carol.group.ownLeafIndex },
        { type: 'add', keyPackage: davesPackage.keyPackage },
      ]);
      dave.join(commit.welcome as Uint8Array, davesPackage);
      return commit;
    })();
    expect(welcome).toBeDefined();
    alice.merge(staged);
    bob.merge(bob.stage(message));
    expect(dave.group.ownLeafIndex).toBe(2);
    const processed = bob.restart().receive(fromCarol);
    expect(processed.kind === 'application' && processed.sender.signatureKey).toEqual(carol.signatureKey.publicKey);
    expect(bob.read(fromAlice)).toBe('with my old leaf');
    // Dave was no member when carol wrote.
    expect(refusal(() => dave.receive(fromCarol))).toBe('mls/epoch-too-old');
  });

  it('are not kept when the configuration says none', () => {
    const [alice, bob] = [new Member('alice').create(), new Member('bob', { pastEpochs: 0 })];
    change(alice, [], [], [bob]);
    const late = alice.send('late');
    change(alice, [bob], []);
    expect(refusal(() => bob.receive(late))).toBe('mls/epoch-too-old');
    expect(bob.rows.scan(ROW_KIND.pastEpoch)).toEqual([]);
    expect(bob.rows.scan(ROW_KIND.pastLeaf)).toEqual([]);
    expect(bob.rows.scan(ROW_KIND.ratchet)).toEqual([]);
    expect(bob.rows.scan(ROW_KIND.secretTreeNode)).toHaveLength(1);
  });
});

describe('rows', () => {
  it('one for a message, few for the first of a sender, none for a refused one', () => {
    const alice = new Member('alice').create();
    const members = Array.from({ length: 32 }, (_, i) => new Member(`m${i}`));
    change(alice, [], [], members);
    const bob = members[0] as Member;
    bob.read(alice.send('first'));
    const kinds = new Set(bob.lastRows.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set([ROW_KIND.secretTreeNode, ROW_KIND.ratchet]));
    // 64 leaves: a way of six nodes, the root deleted, two ratchets.
    expect(bob.lastRows.length).toBe(9);
    bob.read(alice.send('second'));
    expect(bob.lastRows.map(({ kind }) => kind)).toEqual([ROW_KIND.ratchet]);
    expect(bob.lastRows[0]?.value?.length).toBeLessThan(60);
    const message = alice.send('third');
    message[message.length - 1] = (message[message.length - 1] as number) ^ 1;
    expect(refusal(() => bob.receive(message))).toBe('mls/decryption-failed');
    expect(bob.group.takeRows()).toEqual([]);
    alice.send('fourth');
    expect(alice.lastRows.map(({ kind }) => kind)).toEqual([ROW_KIND.ratchet]);
  });

  it('of a merged commit are few, and a dropped epoch leaves none', () => {
    const alice = new Member('alice').create();
    const members = Array.from({ length: 32 }, (_, i) => new Member(`m${i}`));
    const bob = members[0] as Member;
    change(alice, [], [], members);
    for (let epoch = 0; epoch < 6; epoch++) {
      for (const member of members.slice(0, 4)) if (member !== bob) bob.read(member.send('x'));
      change(alice, members, []);
      const nodes = bob.lastRows.filter(({ kind }) => kind === TREE_ROW_KIND.treeNode);
      expect(nodes.length).toBeLessThan(10);
      expect(bob.lastRows.filter(({ value }) => value !== null).length).toBeLessThan(30);
    }
    expect(bob.rows.scan(ROW_KIND.pastEpoch)).toHaveLength(3);
    expect(bob.rows.scan(ROW_KIND.pastLeaf)).toHaveLength(3);
    // The renaming never happened: all epochs share one row of extensions.
    expect(bob.rows.scan(ROW_KIND.extensions)).toHaveLength(1);
    const epochs = new Set(
      [ROW_KIND.ratchet, ROW_KIND.secretTreeNode]
        .flatMap((kind) => bob.rows.scan(kind))
        .map(({ key }) => new DataView(key.buffer, key.byteOffset).getBigUint64(0)),
    );
    expect(epochs).toEqual(new Set([4n, 5n, 6n, 7n]));
    // Past epochs serve no handshake messages (type 0): their ratchets are gone.
    for (const { key } of bob.rows.scan(ROW_KIND.ratchet)) {
      expect(key[8] === 1 || key[7] === 7, 'an application ratchet, or one of the current epoch').toBe(true);
    }
  });

  it('of old extensions go when the last epoch that shares them is dropped', () => {
    const [alice, bob] = pair();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) change(alice, [bob], [rename(name)]);
    expect(bob.rows.scan(ROW_KIND.extensions)).toHaveLength(4);
    for (let i = 0; i < 4; i++) change(bob, [alice], []);
    expect(bob.rows.scan(ROW_KIND.extensions)).toHaveLength(1);
    expect(bob.restart().group.context.extensions).toEqual([nameExtension('f')]);
  });
});
