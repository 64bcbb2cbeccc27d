import { type DescMessage, fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as proto from './index.js';
import { toBinary } from './index.js';
import { real } from './lazy-descriptors.js';
import { arbitraryMessage } from './message.testkit.js';
import { readRegular } from './read-regular.js';
import { checkWire } from './wire-check.js';

const schemas = (Object.values(proto) as unknown[]).filter(
  (value): value is DescMessage =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'message',
);

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** What was read is what the library reads, and nothing that the check refuses. */
function agrees(schema: DescMessage, bytes: Uint8Array): boolean {
  const desc = real(schema);
  const read = readRegular(desc, bytes);
  if (read === undefined) return false;
  checkWire(desc, bytes);
  expect(read).toStrictEqual(fromBinary(desc, bytes));
  return true;
}

describe('readRegular', () => {
  it.each(schemas.map((schema) => [schema.typeName, schema] as const))(
    'reads %s as the library does, or not',
    (_, schema) => {
      fc.assert(
        fc.property(
          arbitraryMessage(schema),
          fc.nat(),
          fc.nat({ max: 255 }),
          fc.boolean(),
          (message, at, byte, cut) => {
            const bytes = toBinary(schema, message);
            agrees(schema, bytes);
            // Twice the same fields: lists grow, oneofs and messages are given twice.
            agrees(schema, Uint8Array.from([...bytes, ...bytes]));
            if (bytes.length === 0) return;
            const damaged = cut ? bytes.slice(0, at % bytes.length) : bytes.slice();
            if (!cut) damaged[at % bytes.length] = byte;
            agrees(schema, damaged);
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it('reads nothing from arbitrary bytes that the library reads otherwise', () => {
    const input = fc.tuple(fc.constantFrom(...schemas), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(input, ([schema, bytes]) => void agrees(schema, bytes)),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['an identity update', proto.IdentityUpdateSchema, '0a020a00' + '1001' + '1a0161'],
    ['an optional text that is absent', proto.CreateInboxSchema, '0a0161'],
    ['an optional text that is empty', proto.CreateInboxSchema, '2a00'],
    ['the largest uint64', proto.WelcomeMetadataSchema, '08ffffffffffffffffff01'],
    ['a uint64 over 49 bits', proto.WelcomeMetadataSchema, '0880808080808080808001'],
    ['a number in more bytes than it takes', proto.WelcomeMetadataSchema, '08818000'],
    ['a list of numbers, one by one', proto.WelcomePointeeEncryptionAeadTypesExtensionSchema, '08010803'],
    ['a list of numbers behind one length', proto.WelcomePointeeEncryptionAeadTypesExtensionSchema, '0a020103'],
  ] as const)('reads %s', (_, schema, hex) => {
    expect(agrees(schema, bytesOf(hex))).toBe(true);
  });

  it.each([
    ['a field that the schema does not know', proto.MlsCredentialSchema, '7a0101'],
    ['a message given twice', proto.UploadKeyPackageRequestSchema, '0a000a00'],
    ['a negative number', proto.WelcomeWrapperEncryptionSchema, '10ffffffffffffffffff01'],
    ['a map', proto.GroupMembershipSchema, '0a050a01611001'],
    ['text that is not UTF-8', proto.MlsCredentialSchema, '0a01ff'],
  ] as const)('leaves %s to the library', (_, schema, hex) => {
    expect(readRegular(real(schema), bytesOf(hex))).toBeUndefined();
  });

  it('gives every message lists and arrays of its own', () => {
    const [a, b] = [0, 1].map(() => readRegular(real(proto.IdentityUpdateSchema), new Uint8Array(0)));
    expect(a?.actions).not.toBe(b?.actions);
  });
});
