import { concatBytes, EMPTY_BYTES, equalBytes, TlsWriter, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { decryptWithLabel } from '../../src/crypto/labels.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { decodeGroupHeader } from '../../src/group/group-header.js';
import { MlsGroup, type Proposal, peekMlsMessage, ROW_KIND, type RuleName } from '../../src/index.js';
import { nodeKey } from '../../src/rows.js';
import { expectRule } from '../../src/validation/expect-rule.testkit.js';
import { change, expectAgreement, GROUP_ID, Member, nameExtension, refusal, suite } from './members.testkit.js';

function group(count: number): Member[] {
  const alice = new Member('alice').create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`));
  change(alice, [], [], others);
  return [alice, ...others];
}

function rename(name: string): Proposal {
  return { type: 'group-context-extensions', extensions: [nameExtension(name)] };
}

describe('commits', () => {
  it('made at the same time: the network chooses, the loser makes its again', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    const alices = alice.commit([rename('alice’s')]);
    const bobs = bob.commit([rename('bob’s')]);
    // The network puts bob's first.
    bob.merge(bobs.staged);
    alice.merge(alice.stage(bobs.message));
    carol.merge(carol.stage(bobs.message));
    expect(refusal(() => carol.receive(alices.message))).toBe('mls/wrong-epoch');
    expect(refusal(() => bob.receive(alices.message))).toBe('mls/wrong-epoch');
    expect(refusal(() => alice.group.merge(alices.staged))).toBe('mls/stale-diff');
    expectAgreement([alice, bob, carol]);
    change(alice, [bob, carol], [rename('alice’s')]);
    expectAgreement([alice, bob, carol]);
    expect(carol.group.context.extensions).toEqual([nameExtension('alice’s')]);
  });

  it('are merged when the network echoes them, from their stored form, after a restart', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const dave = new Member('dave');
    const daves = dave.keyPackage();
    const { message, welcome, staged } = alice.commit([{ type: 'add', keyPackage: daves.keyPackage }, rename('x')]);
    const stored = staged.encode();
    alice.restart();
    expect(alice.group.epoch).toBe(1n);
    const decoded = alice.group.decodeStagedCommit(stored);
    expect(decoded.encode()).toEqual(stored);
    for (const field of [
      'epoch',
      'committerLeafIndex',
      'removesSelf',
      'epochAuthenticator',
      'added',
      'removed',
    ] as const) {
      expect(decoded[field]).toEqual(staged[field]);
    }
    expect(decoded.context.raw).toEqual(staged.context.raw);
    expect(decoded.pathLeaf?.raw).toEqual(staged.pathLeaf?.raw);
    alice.merge(decoded);
    bob.merge(bob.stage(message));
    dave.join(welcome as Uint8Array, daves);
    expectAgreement([alice, bob, dave]);
    expect(alice.group.epochAuthenticator).toEqual(staged.epochAuthenticator);
    expect(refusal(() => alice.group.decodeStagedCommit(stored))).toBe('mls/stale-diff');
    expectAgreement([alice.restart(), bob.restart(), dave.restart()]);
  });

  it('stored forms that are damaged are refused', () => {
    const [alice] = group(2) as [Member, Member];
    const stored = alice.commit([rename('x')]).staged.encode();
    for (let length = 0; length < stored.length; length++) {
      expect(refusal(() => alice.group.decodeStagedCommit(stored.slice(0, length)))).toBe('mls/corrupt-rows');
    }
    expect(refusal(() => alice.group.decodeStagedCommit(concatBytes(stored, new Uint8Array(1))))).toBe(
      'mls/corrupt-rows',
    );
  });

  it('dropped by the receiver do not spend the sender’s key: the next of the same generation is read', () => {
    const [alice, bob] = group(2) as [Member, Member];
    // A client that rolls back the rows of a commit which the network or the members refuse.
    const refused = alice.group.createCommit({ proposals: [rename('refused')], random: alice.random });
    alice.restart();
    expect(bob.stage(refused.message).context.extensions).toEqual([nameExtension('refused')]);
    change(alice, [bob], [rename('accepted')]);
    expectAgreement([alice, bob]);
  });

  it('can be merged by a receiver after a restart', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const { message, staged } = alice.commit([rename('later')]);
    const stored = bob.stage(message).encode();
    bob.restart();
    bob.merge(bob.group.decodeStagedCommit(stored));
    alice.merge(staged);
    expectAgreement([alice, bob]);
  });

  it('do not merge into another history, even over the same tree', () => {
    const psk = () => utf8('known to all');
    const alice = new Member('alice', { psk }).create();
    const other = new Member('alice', { psk });
    other.rows = alice.rows.copy();
    other.restart();
    // A commit of a key alone changes no node.
    for (const [member, id] of [
      [alice, 'one'],
      [other, 'another'],
    ] as const) {
      const nonce = new Uint8Array(32);
      change(member, [], [{ type: 'psk', psk: { type: 'external', pskId: utf8(id), nonce } }]);
    }
    expect(other.group.context.treeHash).toEqual(alice.group.context.treeHash);
    const stored = alice.commit([rename('x')]).staged.encode();
    expect(refusal(() => other.merge(other.group.decodeStagedCommit(stored)))).toBe('mls/stale-diff');
    alice.merge(alice.group.decodeStagedCommit(stored));
  });

  it('follow the standard to the byte: transcript, and the context that path secrets are sealed under', () => {
    const config = { handshake: 'public' } as const;
    const [alice, bob] = [new Member('alice', config).create(), new Member('bob', config)];
    change(alice, [], [], [bob]);
    const before = decodeGroupHeader(alice.rows.get(ROW_KIND.header, EMPTY_BYTES) as Uint8Array);
    const { message, staged } = alice.commit([rename('to the byte')]);
    // MLSMessage header, FramedContent, signature<V>, confirmation_tag<V>, membership_tag<V>.
    const signed = message.subarray(4, message.length - 33 - 33);
    const confirmed = nodeCrypto.hash('sha256', before.interimTranscriptHash, new Uint8Array([0, 1]), signed);
    expect(staged.context.confirmedTranscriptHash).toEqual(confirmed);

    const received = decodeMlsMessage(message);
    if (received.wireFormat !== 1) throw new TypeError('not public');
    const { content } = received.publicMessage.message.framed;
    const node = content.contentType === 3 ? content.commit.path?.nodes[0] : undefined;
    const extensions = staged.context.rawExtensions;
    const context = new TlsWriter().u16(1).u16(3).opaque(GROUP_ID).u64(2n).opaque(staged.context.treeHash);
    context.opaque(before.confirmedTranscriptHash).raw(extensions);
    const leafKey = bob.rows.get(ROW_KIND.pathPrivateKey, nodeKey(2)) as Uint8Array;
    const pathSecret = decryptWithLabel(
      suite,
      nodeCrypto.dhPrivateKey(leafKey),
      'UpdatePathNode',
      context.finish(),
      node?.encryptedPathSecret.at(0) ?? expect.fail(),
    );
    expect(pathSecret).toHaveLength(32);
    bob.merge(bob.stage(message));
    alice.merge(staged);
    expectAgreement([alice, bob]);
  });

  it('may be public where the group allows it', () => {
    const config = { handshake: 'public' } as const;
    const [alice, bob] = [new Member('alice', config).create(), new Member('bob', config)];
    change(alice, [], [], [bob]);
    const message = change(bob, [alice], [rename('in the clear')]);
    expect(peekMlsMessage(message)).toMatchObject({ wireFormat: 1, contentType: 3, epoch: 1n });
    expectAgreement([alice, bob]);
    const strict = MlsGroup.load({ suite, reader: alice.rows, signatureKey: alice.signatureKey });
    expect(refusal(() => strict.process(bob.commit([]).message))).toBe('mls/unsupported-message');
  });

  it('keep credential, capabilities and extensions of a leaf across paths', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const before = alice.group.leaf(1);
    change(bob, [alice], []);
    const after = alice.group.leaf(1);
    expect(after?.source).toBe(3);
    expect(after?.credential).toEqual(before?.credential);
    expect(after?.capabilities).toEqual(before?.capabilities);
    expect(after?.extensions).toEqual(before?.extensions);
    expect(equalBytes(after?.encryptionKey as Uint8Array, before?.encryptionKey as Uint8Array)).toBe(false);
  });
});

describe('commits that break a rule', () => {
  it('are not made', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    const daves = new Member('dave').keyPackage().keyPackage;
    const known = { type: 'resumption', usage: 1, groupId: GROUP_ID, epoch: alice.group.epoch } as const;
    const cases: [Proposal[], RuleName, RuleName?][] = [
      [[{ type: 'remove', leafIndex: 0 }], 'proposal-own-removal'],
      [[{ type: 'remove', leafIndex: 3 }], 'leaf-not-blank'],
      [[{ type: 'remove', leafIndex: 2 ** 31 }], 'leaf-not-blank'],
      [[{ type: 'remove', leafIndex: 2 ** 32 - 1 }], 'leaf-not-blank'],
      [
        [
          { type: 'remove', leafIndex: 1 },
          { type: 'remove', leafIndex: 1 },
        ],
        'proposal-one-per-leaf',
        'leaf-not-blank',
      ],
      [[rename('a'), rename('b')], 'proposal-one-context-extensions'],
      [[{ type: 'add', keyPackage: bob.keyPackage().keyPackage }], 'unique-signature-key'],
      [
        [
          { type: 'add', keyPackage: daves },
          { type: 'add', keyPackage: daves },
        ],
        'unique-encryption-key',
        'unique-signature-key',
      ],
      [
        [{ type: 'group-context-extensions', extensions: [nameExtension('a'), nameExtension('b')] }],
        'duplicate-extension',
      ],
      [
        [{ type: 'group-context-extensions', extensions: [{ type: 0xabcd, data: utf8('unheard of') }] }],
        'group-extensions-supported',
      ],
      [[{ type: 'external-init', kemOutput: new Uint8Array(32) }], 'proposal-external-init'],
      [
        [rename('x'), { type: 'reinit', groupId: GROUP_ID, version: 1, suite: 3, extensions: [] }],
        'proposal-reinit-alone',
      ],
      [[{ type: 'reinit', groupId: GROUP_ID, version: 0, suite: 3, extensions: [] }], 'reinit-version'],
      [[{ type: 'psk', psk: { type: 'external', pskId: utf8('?'), nonce: new Uint8Array(32) } }], 'psk-known'],
      [[{ type: 'psk', psk: { ...known, nonce: new Uint8Array(31) } }], 'proposal-psk-nonce'],
      [[0, 1].map(() => ({ type: 'psk', psk: { ...known, nonce: new Uint8Array(32) } })), 'proposal-psk-once'],
      [
        [
          {
            type: 'psk',
            psk: { type: 'resumption', usage: 2, groupId: GROUP_ID, epoch: 1n, nonce: new Uint8Array(32) },
          },
        ],
        'proposal-psk-usage',
      ],
    ];
    for (const [proposals, rule, alsoBroken] of cases) {
      expect(refusal(() => alice.commit(proposals))).toBe(`mls/validation ${rule}`);
      expect(alice.group.takeRows()).toEqual([]);
      expectRule(rule, () => alice.commit(proposals), { alsoBroken: alsoBroken === undefined ? [] : [alsoBroken] });
    }
    change(alice, [bob, carol], [rename('still fine')]);
    expectAgreement([alice, bob, carol]);
  });

  it('swapping a member for itself with a new key package is legal', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    change(alice, [carol], [{ type: 'remove', leafIndex: bob.group.ownLeafIndex }], [bob]);
    expectAgreement([alice, bob, carol]);
  });

  it('a pre-shared key that all know enters the schedule', () => {
    const psk = () => utf8('shared before');
    const [alice, bob, carol] = [
      new Member('alice', { psk }).create(),
      new Member('bob', { psk }),
      new Member('carol', { psk }),
    ];
    change(alice, [], [], [bob]);
    const id = { type: 'external', pskId: utf8('id'), nonce: new Uint8Array(32).fill(1) } as const;
    change(alice, [bob], [{ type: 'psk', psk: id }], [carol]);
    expectAgreement([alice, bob, carol]);
    const { groupId, epoch } = alice.group;
    const resumption = { type: 'resumption', usage: 1, groupId, epoch, nonce: new Uint8Array(32).fill(2) } as const;
    change(bob, [alice, carol], [{ type: 'psk', psk: resumption }]);
    expectAgreement([alice, bob, carol]);
    // The nonce is part of the id (section 8.4): the same key under two nonces is not named twice.
    const twice = [1, 2].map(
      (fill): Proposal => ({ type: 'psk', psk: { ...id, nonce: new Uint8Array(32).fill(fill) } }),
    );
    change(carol, [alice, bob], twice);
    expectAgreement([alice, bob, carol]);
  });

  it('a reinit proposal ends the group', () => {
    const [alice, bob] = group(2) as [Member, Member];
    change(alice, [bob], [{ type: 'reinit', groupId: utf8('next'), version: 1, suite: 3, extensions: [] }]);
    expectAgreement([alice, bob]);
    for (const member of [alice, bob.restart()]) {
      expect(member.group.status).toBe('reinitialized');
      expect(refusal(() => member.send('too late'))).toBe('mls/validation group-not-reinitialized');
      expect(refusal(() => member.commit([]))).toBe('mls/validation group-not-reinitialized');
    }
  });
});
