import { create, GroupMessageSchema, toBinary, WelcomeMessageSchema } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeGroupMessageHead, encodeMessage } from './encode-message.js';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 300 });
const position = fc.record({ id: uint64, createdNs: uint64 });

describe('encodeMessage equals the generated encoder', () => {
  it('for group messages', () => {
    const entry = fc.record({
      kind: fc.constant('group' as const),
      topic: bytes,
      data: fc.oneof(
        bytes,
        fc.constantFrom(127, 128, 16_383, 16_384, 2_097_152).map((n) => new Uint8Array(n).fill(7)),
      ),
      senderHmac: bytes,
      shouldPush: fc.boolean(),
      isCommit: fc.boolean(),
    });
    fc.assert(
      fc.property(entry, position, (e, p) => {
        const { topic: groupId, data, senderHmac, shouldPush, isCommit } = e;
        const value = { ...p, groupId, data, senderHmac, shouldPush, isCommit };
        const generated = toBinary(GroupMessageSchema, create(GroupMessageSchema, { version: { case: 'v1', value } }));
        expect(Buffer.compare(encodeMessage(e, p), generated)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('for a group message without content', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), position, (topic, isCommit, p) => {
        const generated = toBinary(
          GroupMessageSchema,
          create(GroupMessageSchema, { version: { case: 'v1', value: { ...p, groupId: topic, isCommit } } }),
        );
        expect(encodeGroupMessageHead({ topic, isCommit }, p)).toEqual(generated);
      }),
    );
  });

  it('for welcomes and welcome pointers', () => {
    const entry = fc.record({
      kind: fc.constant('welcome' as const),
      topic: bytes,
      form: fc.constantFrom('v1' as const, 'pointer' as const),
      data: bytes,
      hpkePublicKey: bytes,
      wrapperAlgorithm: fc.integer({ min: 0, max: 300 }),
      welcomeMetadata: bytes,
    });
    fc.assert(
      fc.property(entry, position, (e, p) => {
        const { topic: installationKey, data, hpkePublicKey, wrapperAlgorithm, welcomeMetadata } = e;
        const common = { ...p, installationKey, hpkePublicKey, wrapperAlgorithm: wrapperAlgorithm as 0 };
        const generated =
          e.form === 'v1'
            ? create(WelcomeMessageSchema, {
                version: { case: 'v1', value: { ...common, data, welcomeMetadata } },
              })
            : create(WelcomeMessageSchema, {
                version: { case: 'welcomePointer', value: { ...common, welcomePointer: data } },
              });
        const ours = encodeMessage(e.form === 'v1' ? e : { ...e, welcomeMetadata: new Uint8Array(0) }, p);
        expect(ours).toEqual(toBinary(WelcomeMessageSchema, generated));
      }),
    );
  });
});
