import { encodeTls, fromHex, TlsWriter } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, checkCodec, codeOf, exactly, u32, u64 } from '../codec-properties.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import {
  type AuthenticatedContent,
  applicationContent,
  type Content,
  readAuthenticatedContent,
  signFramedContent,
  verifyFramedContent,
  writeAuthenticatedContent,
} from './framed-content.js';
import { decodeMlsMessage, peekMlsMessage, readMlsMessage, writeMlsMessage } from './mls-message.js';
import { openPrivateMessage, readPrivateMessage, sealPrivateMessage, writePrivateMessage } from './private-message.js';
import { openPublicMessage, readPublicMessage, sealPublicMessage, writePublicMessage } from './public-message.js';
import { readSender, type Sender, writeSender } from './sender.js';
import { openSenderData, sealSenderData } from './sender-data.js';

const suite = getCipherSuite(0x0003, nodeCrypto);
const key = nodeCrypto.signaturePrivateKey(new Uint8Array(32).fill(1));
const publicKey = nodeCrypto.signaturePublicKey(key.publicKey);
const context = new Uint8Array(50).fill(9);

const sender: fc.Arbitrary<Sender> = fc.oneof(
  u32.map((leafIndex) => ({ type: 'member', leafIndex }) as const),
  u32.map((senderIndex) => ({ type: 'external', senderIndex }) as const),
  fc.constantFrom({ type: 'new-member-proposal' } as const, { type: 'new-member-commit' } as const),
);

/** Remove proposals and empty commits stand for the handshake contents; theirs are tested with their codecs. */
const content: fc.Arbitrary<Content> = fc.oneof(
  bytes.map(applicationContent),
  u32.map((leafIndex): Content => {
    const raw = new TlsWriter(6).u16(3).u32(leafIndex).finish();
    return { contentType: 2, proposal: { type: 'remove', leafIndex }, raw };
  }),
  fc.constant<Content>({ contentType: 3, commit: { proposals: [] }, raw: fromHex('0000') }),
);

const framed = fc.record({ groupId: bytes, epoch: u64, sender, authenticatedData: bytes, content });

function authenticated(wireFormat: 1 | 2): fc.Arbitrary<AuthenticatedContent> {
  return fc.record({ framed, signature: exactly(64), tag: exactly(32) }).map(({ framed, signature, tag }) => ({
    ...{ wireFormat, framed, signature },
    ...(framed.content.contentType === 3 && { confirmationTag: tag }),
  }));
}

describe('codecs of framing', () => {
  it('Sender', () => checkCodec(sender, writeSender, readSender));

  it('AuthenticatedContent', () => {
    checkCodec(fc.oneof(authenticated(1), authenticated(2)), writeAuthenticatedContent, readAuthenticatedContent);
  });

  it('PublicMessage', () => {
    const message = fc.record({ message: authenticated(1), tag: exactly(32) }).map(({ message, tag }) => ({
      message,
      ...(message.framed.sender.type === 'member' && { membershipTag: tag }),
    }));
    checkCodec(message, writePublicMessage, readPublicMessage);
  });

  const privateMessage = fc.record({
    groupId: bytes,
    epoch: u64,
    contentType: fc.constantFrom(1 as const, 2 as const, 3 as const),
    authenticatedData: bytes,
    encryptedSenderData: bytes,
    ciphertext: bytes,
  });

  it('PrivateMessage, alone and in an MLSMessage, whose header can be peeked', () => {
    checkCodec(privateMessage, writePrivateMessage, readPrivateMessage);
    const messages = privateMessage.map((message) => ({ wireFormat: 2, privateMessage: message }) as const);
    checkCodec(messages, writeMlsMessage, readMlsMessage);
    fc.assert(
      fc.property(messages, (message) => {
        const { groupId, epoch, contentType } = message.privateMessage;
        const encoded = encodeTls(message, writeMlsMessage);
        expect(peekMlsMessage(encoded)).toEqual({ wireFormat: 2, groupId, epoch, contentType });
      }),
    );
  });

  it('peeks at public messages and names the kind of the others', () => {
    const message = encodeTls(null, (writer) => writer.raw(fromHex('00010001026162000000000000000701000000050003')));
    expect(peekMlsMessage(message)).toEqual({ wireFormat: 1, groupId: fromHex('6162'), epoch: 7n, contentType: 3 });
    for (const wireFormat of [3, 4, 5]) expect(peekMlsMessage(fromHex(`0001000${wireFormat}`))).toEqual({ wireFormat });
    for (const bad of ['', '0001', '00020002', '00010006', '00010000', '000100020161', '0001000200ff']) {
      expect(codeOf(() => peekMlsMessage(fromHex(bad)))).toBe('mls/malformed');
    }
  });
});

describe('signatures of contents', () => {
  it('cover every field, and the context where the sender’s kind says so', () => {
    fc.assert(
      fc.property(framed, (value) => {
        const message = { wireFormat: 2, framed: value, signature: signFramedContent(key, 2, value, context) } as const;
        expect(verifyFramedContent(publicKey, message, context)).toBe(true);
        const covered = value.sender.type === 'member' || value.sender.type === 'new-member-commit';
        expect(verifyFramedContent(publicKey, message, new Uint8Array(50))).toBe(!covered);
        const changes: AuthenticatedContent[] = [
          { ...message, wireFormat: 1 },
          { ...message, framed: { ...value, epoch: value.epoch ^ 1n } },
          { ...message, framed: { ...value, groupId: new Uint8Array(41) } },
          { ...message, framed: { ...value, authenticatedData: new Uint8Array(41) } },
          { ...message, framed: { ...value, sender: { type: 'external', senderIndex: 77 } } },
          { ...message, framed: { ...value, content: applicationContent(new Uint8Array(41)) } },
        ];
        for (const changed of changes) expect(verifyFramedContent(publicKey, changed, context)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});

describe('protection', () => {
  const value = {
    groupId: new Uint8Array(16),
    epoch: 3n,
    sender: { type: 'member', leafIndex: 5 },
    authenticatedData: new Uint8Array(2),
    content: applicationContent(new Uint8Array(10).fill(4)),
  } as const;
  const messageKey = { generation: 8, key: new Uint8Array(32).fill(2), nonce: new Uint8Array(12).fill(3) };
  const secret = new Uint8Array(32).fill(6);

  function seal(paddingSize: number) {
    const message = { wireFormat: 2, framed: value, signature: new Uint8Array(64) } as const;
    const guard = new Uint8Array([1, 2, 3, 4]);
    return readPrivateMessageOf(sealPrivateMessage(suite, message, secret, messageKey, guard, paddingSize));
  }

  function readPrivateMessageOf(encoded: Uint8Array) {
    const message = decodeMlsMessage(encoded);
    if (message.wireFormat !== 2) throw new TypeError('not private');
    return message.privateMessage;
  }

  it('pads with zeroes to a multiple and reads them back', () => {
    const plainLength = seal(0).ciphertext.length;
    expect(plainLength).toBe(11 + 66 + 16);
    for (const paddingSize of [1, 2, 77, 78, 128]) {
      const message = seal(paddingSize);
      expect((message.ciphertext.length - 16) % paddingSize).toBe(0);
      const data = openSenderData(suite, secret, message, message.ciphertext, message.encryptedSenderData);
      expect(data).toEqual({ leafIndex: 5, generation: 8, reuseGuard: new Uint8Array([1, 2, 3, 4]) });
      expect(openPrivateMessage(suite, message, data, messageKey).framed).toEqual(value);
    }
  });

  it('refuses padding that is not zero', () => {
    const message = seal(0);
    const data = { leafIndex: 5, generation: 8, reuseGuard: new Uint8Array(4) };
    const aad = encodeTls(message, (writer, { groupId, epoch, contentType, authenticatedData }) =>
      writer.opaque(groupId).u64(epoch).u8(contentType).opaque(authenticatedData),
    );
    for (const [padding, expected] of [
      ['', 'accepted'],
      ['0000', 'accepted'],
      ['0001', 'mls/malformed'],
      ['80', 'mls/malformed'],
    ] as const) {
      const plaintext = new TlsWriter()
        .raw(value.content.raw)
        .opaque(new Uint8Array(64))
        .raw(fromHex(padding))
        .finish();
      const ciphertext = nodeCrypto.aeadSeal(suite.aead, messageKey.key, messageKey.nonce, aad, plaintext);
      expect(codeOf(() => openPrivateMessage(suite, { ...message, ciphertext }, data, messageKey))).toBe(expected);
    }
  });

  it('binds sender data to group, epoch, content type and ciphertext', () => {
    const { ciphertext } = seal(0);
    const data = { leafIndex: 1, generation: 2, reuseGuard: new Uint8Array(4) };
    const binding = { groupId: value.groupId, epoch: 3n, contentType: 1 } as const;
    const sealed = sealSenderData(suite, secret, binding, ciphertext, data);
    expect(sealed).toHaveLength(28);
    expect(openSenderData(suite, secret, binding, ciphertext, sealed)).toEqual(data);
    const cases = [
      () => openSenderData(suite, secret, { ...binding, epoch: 4n }, ciphertext, sealed),
      () => openSenderData(suite, secret, { ...binding, contentType: 3 }, ciphertext, sealed),
      () => openSenderData(suite, secret, { ...binding, groupId: new Uint8Array(15) }, ciphertext, sealed),
      () =>
        openSenderData(
          suite,
          secret,
          binding,
          ciphertext.map((byte) => byte ^ 1),
          sealed,
        ),
      () => openSenderData(suite, new Uint8Array(32), binding, ciphertext, sealed),
      () => openSenderData(suite, secret, binding, ciphertext, sealed.subarray(0, 15)),
    ];
    for (const attempt of cases) expect(codeOf(attempt)).toBe('mls/decryption-failed');
  });

  it('does not encrypt for outsiders', () => {
    const outsider = { ...value, sender: { type: 'new-member-proposal' } } as const;
    const message = { wireFormat: 2, framed: outsider, signature: new Uint8Array(64) } as const;
    expect(codeOf(() => sealPrivateMessage(suite, message, secret, messageKey, new Uint8Array(4), 0))).toBe(
      'mls/unsupported-message',
    );
  });

  it('tags public messages of members, over content, authentication and context', () => {
    const membershipKey = new Uint8Array(32).fill(8);
    const commit = { contentType: 3, commit: { proposals: [] }, raw: fromHex('0000') } as const;
    const message = {
      wireFormat: 1,
      framed: { ...value, content: commit },
      signature: new Uint8Array(64),
      confirmationTag: new Uint8Array(32),
    } as const;
    const received = decodeMlsMessage(sealPublicMessage(suite, message, membershipKey, context));
    if (received.wireFormat !== 1) throw new TypeError('not public');
    const { publicMessage } = received;
    const open = (changed: typeof publicMessage, withKey = membershipKey, under = context) =>
      codeOf(() => openPublicMessage(suite, changed, withKey, under));
    expect(open(publicMessage)).toBe('accepted');
    expect(open(publicMessage, new Uint8Array(32))).toBe('mls/validation');
    expect(open(publicMessage, membershipKey, new Uint8Array(50))).toBe('mls/validation');
    expect(open({ message: publicMessage.message })).toBe('mls/validation');
    expect(open({ ...publicMessage, message: { ...publicMessage.message, signature: new Uint8Array(63) } })).toBe(
      'mls/validation',
    );
    const { confirmationTag: _left, ...untagged } = publicMessage.message;
    expect(open({ ...publicMessage, message: untagged })).toBe('mls/validation');
    const clear = {
      message: { wireFormat: 1, framed: value, signature: new Uint8Array(64) },
      membershipTag: new Uint8Array(32),
    } as const;
    expect(open(clear)).toBe('mls/unsupported-message');
  });
});
