/** Ids, envelopes and HMACs, held against recordings of the real client. */
import { fromHex, toHex } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import { create, decodeProto, PlaintextEnvelopeSchema, toBinary } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS_PER_DAY } from '../host.js';
import { wireVectors } from '../wire-vectors.testkit.js';
import { decodeEnvelope, encodeEnvelope } from './envelope.js';
import { createHmacRoot, deriveHmacKey, hmacEpoch, hmacKeys, senderHmac } from './hmac.js';
import { commitTranscriptKey, idempotencyKey, messageId, welcomeTranscriptKey } from './message-id.js';

const { message, group_updated: transcripts } = wireVectors();
const groupId = fromHex(message.group_id);

describe('message ids', () => {
  it('are those of the real client', () => {
    const id = messageId(nobleCrypto, groupId, message.idempotency_key, fromHex(message.content));
    expect(toHex(id)).toBe(message.message_id);
    for (const transcript of transcripts) {
      const key = commitTranscriptKey(BigInt(transcript.envelope_created_ns));
      const content = fromHex(transcript.encoded_content);
      expect(toHex(messageId(nobleCrypto, groupId, key, content))).toBe(transcript.message_id);
    }
  });

  it('differ with every part', () => {
    const id = (...parts: [Uint8Array, string, Uint8Array]): string => toHex(messageId(nobleCrypto, ...parts));
    const content = Uint8Array.of(1);
    const ids = [
      id(groupId, '1', content),
      id(groupId, '2', content),
      id(groupId, '1', Uint8Array.of(2)),
      id(fromHex('00'), '1', content),
      id(groupId, welcomeTranscriptKey(1n), content),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(idempotencyKey(1795250540208105836n)).toBe(message.idempotency_key);
  });
});

describe('envelopes', () => {
  const content = fromHex(message.content);

  it('are the bytes of the real client', () => {
    const envelope = { content, idempotencyKey: message.idempotency_key };
    expect(toHex(encodeEnvelope(envelope))).toBe(message.plaintext_envelope);
    expect(decodeEnvelope(fromHex(message.plaintext_envelope))).toEqual({ kind: 'message', ...envelope });
  });

  it('round-trip, as the generated code writes them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }), (bytes, key) => {
        const encoded = encodeEnvelope({ content: bytes, idempotencyKey: key });
        expect(decodeEnvelope(encoded)).toEqual({ kind: 'message', content: bytes, idempotencyKey: key });
        const value = { content: bytes, idempotencyKey: key };
        const generated = create(PlaintextEnvelopeSchema, { content: { case: 'v1', value } });
        expect(encoded).toEqual(toBinary(PlaintextEnvelopeSchema, generated));
        expect(decodeProto(PlaintextEnvelopeSchema, encoded).content.value).toMatchObject(value);
      }),
    );
  });

  it('of version 2 are accepted and ignored', () => {
    const value = { idempotencyKey: 'k', messageType: { case: 'content', value: content } } as const;
    const v2 = toBinary(PlaintextEnvelopeSchema, create(PlaintextEnvelopeSchema, { content: { case: 'v2', value } }));
    expect(decodeEnvelope(v2)).toEqual({ kind: 'ignored' });
    // Of a oneof that comes twice the last counts.
    const v1 = encodeEnvelope({ content, idempotencyKey: 'k' });
    expect(decodeEnvelope(Uint8Array.of(...v1, ...v2))).toEqual({ kind: 'ignored' });
    expect(decodeEnvelope(Uint8Array.of(...v2, ...v1))).toMatchObject({ kind: 'message', idempotencyKey: 'k' });
  });

  it('without content or malformed are refused, whatever the bytes', () => {
    const invalid = expect.objectContaining({ code: 'client/message-invalid' });
    expect(() => decodeEnvelope(new Uint8Array())).toThrow(invalid);
    expect(() => decodeEnvelope(Uint8Array.of(0x18, 1))).toThrow(invalid);
    const whole = fromHex(message.plaintext_envelope);
    for (let end = 0; end < whole.length; end++) expect(() => decodeEnvelope(whole.subarray(0, end))).toThrow(invalid);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeEnvelope(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'client/message-invalid' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('HMACs', () => {
  const { hmac } = message;
  const root = fromHex(hmac.root_key);
  const data = fromHex(message.mls_message);
  const nowNs = BigInt(message.idempotency_key);

  it('are those of the real client', () => {
    expect(hmacEpoch(nowNs)).toBe(BigInt(hmac.epoch));
    expect(toHex(deriveHmacKey(nobleCrypto, root, groupId, BigInt(hmac.epoch)))).toBe(hmac.key);
    expect(toHex(senderHmac(nobleCrypto, root, groupId, nowNs, data))).toBe(hmac.sender_hmac);
  });

  it('come with the keys of three periods', () => {
    const keys = hmacKeys(nobleCrypto, root, groupId, nowNs);
    expect(keys.map(({ epoch }) => epoch)).toEqual([691n, 692n, 693n]);
    expect(toHex(keys[1]?.key as Uint8Array)).toBe(hmac.key);
    expect(new Set(keys.map(({ key }) => toHex(key))).size).toBe(3);
    expect(hmacKeys(nobleCrypto, root, groupId, nowNs + 30n * NS_PER_DAY)[0]).toEqual(keys[1]);
  });

  it('have roots of 42 bytes', () => {
    expect(createHmacRoot((length) => new Uint8Array(length).fill(5))).toEqual(new Uint8Array(42).fill(5));
  });
});
