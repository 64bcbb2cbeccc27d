import type { DescMessage } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as proto from './index.js';
import { create, decodeProto, equals, ProtoError, toBinary } from './index.js';
import { arbitraryMessage } from './message.testkit.js';

const schemas = (Object.values(proto) as unknown[]).filter(
  (value): value is DescMessage =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'message',
);

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function refusal(schema: DescMessage, bytes: Uint8Array): ProtoError {
  try {
    decodeProto(schema, bytes);
  } catch (error) {
    if (error instanceof ProtoError) return error;
    throw error;
  }
  throw new TypeError('expected a refusal');
}

describe('index', () => {
  it('exports every message of the .proto files', () => {
    const exported = new Set(schemas.map((schema) => schema.typeName));
    const files = new Set(schemas.map((schema) => schema.file));
    const missing = [...files]
      .flatMap((file) => [...nestedTypes(file)])
      .filter((type) => type.kind === 'message' && !exported.has(type.typeName))
      .map((type) => type.typeName);
    expect(missing).toEqual([]);
    expect(schemas.length).toBeGreaterThan(120);
  });
});

describe('decodeProto', () => {
  it.each(schemas.map((schema) => [schema.typeName, schema] as const))('round-trips %s', (_, schema) => {
    fc.assert(
      fc.property(arbitraryMessage(schema), (message) => {
        const bytes = toBinary(schema, message);
        const decoded = decodeProto(schema, bytes);
        expect(equals(schema, decoded, message)).toBe(true);
        expect(toBinary(schema, decoded)).toEqual(bytes);
      }),
      { numRuns: 15 },
    );
  });

  it.each(schemas.map((schema) => [schema.typeName, schema] as const))(
    'reads a damaged %s or refuses it, and nothing else',
    (_, schema) => {
      const damage = fc.tuple(arbitraryMessage(schema), fc.nat(), fc.nat({ max: 255 }), fc.boolean());
      fc.assert(
        fc.property(damage, ([message, at, byte, cut]) => {
          const bytes = toBinary(schema, message);
          if (bytes.length === 0) return;
          const damaged = cut ? bytes.slice(0, at % bytes.length) : bytes.slice();
          if (!cut) damaged[at % bytes.length] = byte;
          try {
            decodeProto(schema, damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(ProtoError);
            expect((error as ProtoError).code).toBe('proto/malformed');
          }
        }),
        { numRuns: 30 },
      );
    },
  );

  it('survives arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...schemas), fc.uint8Array({ maxLength: 200 }), (schema, bytes) => {
        try {
          decodeProto(schema, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtoError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps unknown fields', () => {
    // Field 15, length-delimited, after field 1.
    const bytes = bytesOf('0a01617a02beef');
    expect(toBinary(proto.MlsCredentialSchema, decodeProto(proto.MlsCredentialSchema, bytes))).toEqual(bytes);
  });

  it('keeps a byte order mark, so that two inbox ids are never read as one', () => {
    const bytes = bytesOf('0a04efbbbf61');
    const message = decodeProto(proto.MlsCredentialSchema, bytes);
    expect(message.inboxId).toBe('\u{feff}a');
    expect(toBinary(proto.MlsCredentialSchema, message)).toEqual(bytes);
  });

  it('loses the map key __proto__ and nothing else, as it says', () => {
    // { "__proto__": 1, "a": 2 }
    const bytes = bytesOf('0a0d0a095f5f70726f746f5f5f1001' + '0a050a01611002');
    const { members } = decodeProto(proto.GroupMembershipSchema, bytes);
    expect(Object.entries(members)).toEqual([['a', 2n]]);
    expect(Object.getPrototypeOf(members)).toBe(Object.prototype);
  });

  it('allocates nothing for a length bomb', () => {
    expect(refusal(proto.MlsCredentialSchema, bytesOf('0affffffff0f')).details).toMatchObject({
      type: 'xmtp.identity.MlsCredential',
      fault: 'length beyond the message',
    });
  });

  it.each([
    ['truncated tag', proto.MlsCredentialSchema, '8a'],
    ['truncated varint', proto.WelcomeMetadataSchema, '0880'],
    ['varint of eleven bytes', proto.WelcomeMetadataSchema, '08ffffffffffffffffffff01'],
    ['varint over 64 bits', proto.WelcomeMetadataSchema, '08ffffffffffffffffff02'],
    ['field number 0', proto.MlsCredentialSchema, '0200'],
    ['tag over 32 bits', proto.MlsCredentialSchema, '8a808080800100'],
    ['length-delimited number', proto.WelcomeMetadataSchema, '0a0107'],
    ['number in place of text', proto.MlsCredentialSchema, '0807'],
    ['number in place of a message', proto.KeyPackageUploadSchema, '0807'],
    ['start of group in place of a message', proto.UploadKeyPackageRequestSchema, '0b0c'],
    ['fixed-size enum', proto.WelcomeWrapperEncryptionSchema, '1502000000'],
    ['packed run beyond its message', proto.WelcomePointeeEncryptionAeadTypesExtensionSchema, '0a0203'],
    ['packed run cut inside a varint', proto.WelcomePointeeEncryptionAeadTypesExtensionSchema, '0a0183'],
    ['inner length beyond its message', proto.UploadKeyPackageRequestSchema, '0a020a051001'],
    ['unknown field cut short', proto.MlsCredentialSchema, '7d0000'],
    ['reserved wire type 6', proto.MlsCredentialSchema, '7e00'],
    ['end of a group that never began', proto.MlsCredentialSchema, '7c'],
    ['group ended by another number', proto.MlsCredentialSchema, '7b74'],
    ['group without end', proto.MlsCredentialSchema, '7b'],
    ['unknown field in a map entry', proto.GroupMembershipSchema, '0a050a01611807'],
    ['number as a map key', proto.GroupMembershipSchema, '0a0408011007'],
    ['text that is not UTF-8', proto.MlsCredentialSchema, '0a01ff'],
  ] as const)('refuses a %s', (_, schema, hex) => {
    expect(refusal(schema, bytesOf(hex)).code).toBe('proto/malformed');
  });

  it('reads numbers of an enum list one by one as well as packed', () => {
    const schema = proto.WelcomePointeeEncryptionAeadTypesExtensionSchema;
    expect(decodeProto(schema, bytesOf('0a0103')).supportedAeadTypes).toEqual([3]);
    expect(decodeProto(schema, bytesOf('0803')).supportedAeadTypes).toEqual([3]);
  });

  it('allows 100 levels of nesting and refuses more', () => {
    const schema = proto.MembershipPolicySchema;
    // Each condition is two levels: the condition and the policy in it.
    const nested = (levels: number) => {
      let policy = create(schema, { kind: { case: 'base', value: 1 } });
      for (let i = 0; i < levels / 2; i++) {
        policy = create(schema, { kind: { case: 'andCondition', value: { policies: [policy] } } });
      }
      return toBinary(schema, policy);
    };
    expect(toBinary(schema, decodeProto(schema, nested(100)))).toEqual(nested(100));
    expect(refusal(schema, nested(102)).details).toMatchObject({ fault: 'nesting too deep' });
    expect(refusal(schema, nested(400)).code).toBe('proto/malformed');
  });

  it('refuses groups nested deeper than the stack', () => {
    const bytes = new Uint8Array(200_000).fill(0x7b);
    expect(refusal(proto.MlsCredentialSchema, bytes).code).toBe('proto/malformed');
  });
});
