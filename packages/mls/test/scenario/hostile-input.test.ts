/** Damaged, forged and misdirected input: always a typed error, and the group goes on as if it had never come. */
import { concatBytes, EMPTY_BYTES, fromHex, toHex, utf8 } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicationContent, signFramedContent } from '../../src/framing/framed-content.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { sealPrivateMessage } from '../../src/framing/private-message.js';
import { sealPublicMessage } from '../../src/framing/public-message.js';
import { openSenderData, sealSenderData } from '../../src/framing/sender-data.js';
import { decodeGroupHeader } from '../../src/group/group-header.js';
import { MlsError, MlsGroup, peekMlsMessage } from '../../src/index.js';
import { MemoryRows, ROW_KIND, RowJournal } from '../../src/rows.js';
import { MessageSecrets } from '../../src/schedule/message-secrets.js';
import { change, expectAgreement, Member, nameExtension, refusal, suite } from './members.testkit.js';

function group(count: number, config = {}): Member[] {
  const alice = new Member('alice', config).create();
  const others = Array.from({ length: count - 1 }, (_, i) => new Member(`m${i}`, config));
  change(alice, [], [], others);
  return [alice, ...others];
}

/** What somebody can compute who has read a member's rows: the keys of any sender, but no signature keys. */
function insideKeys(victim: Member) {
  const header = decodeGroupHeader(victim.rows.get(ROW_KIND.header, new Uint8Array(0)) as Uint8Array);
  const messages = new MessageSecrets({
    suite,
    rows: new RowJournal(victim.rows),
    epoch: header.epoch,
    leafCount: header.leafCount,
    senderDataSecret: header.secrets.senderDataSecret,
    limits: { outOfOrderTolerance: 5, maximumForwardDistance: 2 ** 32 },
  });
  return { header, messages };
}

function expectUntouched(member: Member, action: () => unknown, expected: RegExp | string): void {
  const code = refusal(action);
  if (typeof expected === 'string') expect(code).toBe(expected);
  else expect(code).toMatch(expected);
  expect(member.group.takeRows()).toEqual([]);
}

describe('damaged input', () => {
  it('of every length and with every byte changed is refused and costs nothing', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const message = alice.send('intact');
    for (let length = 0; length < message.length; length++) {
      expectUntouched(bob, () => bob.group.process(message.slice(0, length)), 'mls/malformed');
    }
    expectUntouched(bob, () => bob.group.process(concatBytes(message, new Uint8Array(1))), 'mls/malformed');
    for (let at = 0; at < message.length; at++) {
      const damaged = message.slice();
      damaged[at] = (damaged[at] as number) ^ 0x11;
      expectUntouched(bob, () => bob.group.process(damaged), /^mls\//);
    }
    expect(bob.read(message)).toBe('intact');
  });

  it('commits, private and public, likewise', () => {
    for (const handshake of ['private', 'public'] as const) {
      const [alice, bob] = group(2, { handshake }) as [Member, Member];
      const { message, staged } = alice.commit([
        { type: 'group-context-extensions', extensions: [nameExtension('intact')] },
      ]);
      for (let at = 0; at < message.length; at++) {
        const damaged = message.slice();
        damaged[at] = (damaged[at] as number) ^ 0x01;
        expectUntouched(bob, () => bob.group.process(damaged), /^mls\//);
        expectUntouched(bob, () => bob.group.process(message.slice(0, at)), 'mls/malformed');
      }
      alice.merge(staged);
      bob.merge(bob.stage(message));
      expectAgreement([alice, bob]);
    }
  });

  it('Welcomes likewise', () => {
    const [alice] = group(2) as [Member, Member];
    const carol = new Member('carol');
    const own = carol.keyPackage();
    const { welcome } = alice.commit([{ type: 'add', keyPackage: own.keyPackage }]);
    const join = (bytes: Uint8Array) =>
      MlsGroup.join({ suite, welcome: bytes, keyPackage: () => own, signatureKey: carol.signatureKey });
    const bytes = welcome as Uint8Array;
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 0x01;
      // The reference of the key package is only compared by who looks it up.
      if (at < 8 || at > 42)
        expect(
          refusal(() => join(damaged)),
          `byte ${at}`,
        ).toMatch(/^mls\//);
      expect(refusal(() => join(bytes.slice(0, at)))).toBe('mls/malformed');
    }
    join(bytes);
  });

  it('of any bytes at all gives typed errors', () => {
    const [, bob] = group(2) as [Member, Member];
    const header = fromHex('00010002');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, framed) => {
        const input = framed ? concatBytes(header, bytes) : bytes;
        expectUntouched(bob, () => bob.group.process(input), /^mls\//);
        const peeked = refusal(() => peekMlsMessage(input));
        expect(peeked === 'accepted' || peeked === 'mls/malformed').toBe(true);
      }),
    );
  });

  it('length bombs do not allocate', () => {
    const [, bob] = group(2) as [Member, Member];
    for (const bomb of ['00010002bfffffff', '0001000310bfffffff', '00010001bfffffff', '00010002ffffffff']) {
      expectUntouched(bob, () => bob.group.process(fromHex(bomb)), 'mls/malformed');
    }
  });
});

describe('misdirected input', () => {
  it('is named: other group, other epoch, other kind', () => {
    const [alice, bob] = group(2) as [Member, Member];
    const elsewhere = MlsGroup.create({
      ...{ suite, groupId: utf8('elsewhere'), extensions: [], signatureKey: alice.signatureKey, random: alice.random },
      leaf: {
        credential: { type: 1, identity: utf8('alice') },
        capabilities: bob.group.leaf(1)?.capabilities ?? expect.fail(),
        extensions: [],
        lifetime: { notBefore: 0n, notAfter: 1n },
      },
    });
    const foreign = elsewhere.createApplicationMessage(utf8('?'), alice.random);
    expectUntouched(bob, () => bob.group.process(foreign), 'mls/wrong-group');
    const carols = new Member('carol').keyPackage();
    const { welcome, staged } = alice.commit([{ type: 'add', keyPackage: carols.keyPackage }]);
    expectUntouched(bob, () => bob.group.process(welcome as Uint8Array), 'mls/unsupported-message');
    alice.merge(staged);
    expectUntouched(bob, () => bob.group.process(alice.send('from the future')), 'mls/wrong-epoch');
    expectUntouched(bob, () => bob.group.process(alice.commit([]).message), 'mls/wrong-epoch');
    const join = { suite, welcome: welcome as Uint8Array, signatureKey: alice.signatureKey };
    expect(refusal(() => MlsGroup.join({ ...join, keyPackage: () => undefined }))).toBe('mls/no-matching-key-package');
    const notWelcome = { ...join, welcome: foreign, keyPackage: () => carols };
    expect(refusal(() => MlsGroup.join(notWelcome))).toBe('mls/unsupported-message');
    const strangers = new Member('stranger').keyPackage();
    expect(refusal(() => MlsGroup.join({ ...join, keyPackage: () => strangers }))).toBe('mls/decryption-failed');
  });
});

describe('a member that forges', () => {
  /** bob writes in alice's name with the keys that all members can derive; he lacks her signature key. */
  function forge(bob: Member, generation: number, sender = 0): Uint8Array {
    const { header, messages } = insideKeys(bob);
    const key = messages.prepareKey(sender, 1, generation).messageKey;
    const framed = {
      groupId: header.groupId,
      epoch: header.epoch,
      sender: { type: 'member', leafIndex: sender } as const,
      authenticatedData: new Uint8Array(0),
      content: applicationContent(utf8('I owe bob 100')),
    };
    const signature = signFramedContent(bob.signatureKey, 2, framed, bob.group.context.raw);
    const message = { wireFormat: 2, framed, signature } as const;
    return sealPrivateMessage(suite, message, header.secrets.senderDataSecret, key, new Uint8Array(4), 0);
  }

  it('is caught by the signature, and spends nobody’s keys', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    for (const generation of [0, 3, 900]) {
      expectUntouched(carol, () => carol.group.process(forge(bob, generation)), 'mls/validation content-signature');
    }
    expect(carol.read(alice.send('the real first one'))).toBe('the real first one');
    expectUntouched(carol, () => carol.group.process(forge(bob, 900)), 'mls/validation content-signature');
    expect(carol.read(alice.send('and the second'))).toBe('and the second');
  });

  it('is caught by the signature in public messages too', () => {
    const [alice, bob, carol] = group(3, { handshake: 'public' }) as [Member, Member, Member];
    const { header } = insideKeys(bob);
    const genuine = decodeMlsMessage(bob.commit([]).message);
    if (genuine.wireFormat !== 1) throw new TypeError('not public');
    const { message } = genuine.publicMessage;
    const framed = { ...message.framed, sender: { type: 'member', leafIndex: alice.group.ownLeafIndex } as const };
    const signature = signFramedContent(bob.signatureKey, 1, framed, bob.group.context.raw);
    const { membershipKey } = header.secrets;
    const forged = sealPublicMessage(suite, { ...message, framed, signature }, membershipKey, bob.group.context.raw);
    expectUntouched(carol, () => carol.group.process(forged), 'mls/validation content-signature');
    const untagged = sealPublicMessage(suite, { ...message, framed, signature }, new Uint8Array(32), EMPTY_BYTES);
    expectUntouched(carol, () => carol.group.process(untagged), 'mls/validation membership-tag');
  });

  it('with a newcomer, into an epoch that the newcomer was not in, is refused', () => {
    const [alice, bob, carol] = group(3) as [Member, Member, Member];
    const dave = new Member('dave');
    const { header, messages } = insideKeys(bob);
    const before = bob.group.context.raw;
    change(alice, [bob, carol], [], [dave]);
    // Bob gives the keys of the place that dave has now, dave signs.
    const leafIndex = dave.group.ownLeafIndex;
    const key = messages.prepareKey(leafIndex, 1, 0).messageKey;
    const framed = {
      ...{ groupId: header.groupId, epoch: header.epoch, authenticatedData: EMPTY_BYTES },
      sender: { type: 'member', leafIndex } as const,
      content: applicationContent(utf8('I was here before you')),
    };
    const signature = signFramedContent(dave.signatureKey, 2, framed, before);
    const { senderDataSecret } = header.secrets;
    const signed = { wireFormat: 2, framed, signature } as const;
    const forged = sealPrivateMessage(suite, signed, senderDataSecret, key, new Uint8Array(4), 0);
    expectUntouched(carol, () => carol.group.process(forged), 'mls/validation sender-member');
    expectUntouched(carol, () => carol.restart().group.process(forged), 'mls/validation sender-member');
  });

  it('in the name of nobody is refused before any work', () => {
    const [, bob, carol] = group(3) as [Member, Member, Member];
    const blank = forge(bob, 0, 3);
    expectUntouched(carol, () => carol.group.process(blank), 'mls/validation sender-member');
    const { header } = insideKeys(bob);
    for (const leafIndex of [4, 2 ** 31, 2 ** 32 - 1]) {
      const received = decodeMlsMessage(blank);
      if (received.wireFormat !== 2) throw new TypeError('not private');
      const { privateMessage } = received;
      const secret = header.secrets.senderDataSecret;
      const { ciphertext, encryptedSenderData } = privateMessage;
      const data = openSenderData(suite, secret, privateMessage, ciphertext, encryptedSenderData);
      const forged = sealSenderData(suite, secret, privateMessage, ciphertext, { ...data, leafIndex });
      const bytes = fromHex(toHex(blank).replace(toHex(encryptedSenderData), toHex(forged)));
      expectUntouched(carol, () => carol.group.process(bytes), 'mls/validation sender-member');
    }
  });

  it('with a huge generation is refused before any derivation', () => {
    const [, bob, carol] = group(3) as [Member, Member, Member];
    const message = forge(bob, 0, 0);
    const { header } = insideKeys(bob);
    const received = decodeMlsMessage(message);
    if (received.wireFormat !== 2) throw new TypeError('not private');
    const { privateMessage } = received;
    const secret = header.secrets.senderDataSecret;
    const { ciphertext, encryptedSenderData } = privateMessage;
    const data = openSenderData(suite, secret, privateMessage, ciphertext, encryptedSenderData);
    for (const generation of [1001, 2 ** 31, 2 ** 32 - 1]) {
      const forged = sealSenderData(suite, secret, privateMessage, ciphertext, { ...data, generation });
      const bytes = fromHex(toHex(message).replace(toHex(encryptedSenderData), toHex(forged)));
      expectUntouched(carol, () => carol.group.process(bytes), 'mls/generation-too-far');
    }
  });
});

describe('damaged rows', () => {
  it('are named as such', () => {
    const [alice, bob] = group(3) as [Member, Member];
    bob.read(alice.send('first'));
    const late = alice.send('late');
    change(alice, [bob], []);
    const message = alice.send('x');
    const load = (rows: MemoryRows) => MlsGroup.load({ suite, reader: rows, signatureKey: bob.signatureKey });
    expect(refusal(() => load(new MemoryRows()))).toBe('mls/corrupt-rows');
    for (const kind of Object.values(ROW_KIND)) {
      for (const damage of [undefined, new Uint8Array(0), new Uint8Array(40).fill(0xff)]) {
        const rows = new MemoryRows();
        for (const of of [...Object.values(ROW_KIND), 16, 17]) {
          for (const { key, value } of bob.rows.scan(of)) {
            const kept = of !== kind ? value.slice() : damage;
            if (kept !== undefined) rows.apply([{ kind: of, key, value: kept }]);
          }
        }
        const use = () => {
          const loaded = load(rows);
          for (const bytes of [
            message,
            late,
            alice.group.createCommit({ proposals: [], random: alice.random }).message,
          ]) {
            loaded.process(bytes);
          }
        };
        // Some rows are not needed for these three, or are simply another secret; nothing else may come out.
        try {
          use();
        } catch (error) {
          expect(error, `kind ${kind}`).toBeInstanceOf(MlsError);
        }
      }
    }
  });
});
