/** Random messages of any schema, for property tests. */
import {
  create,
  type DescField,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  ScalarType,
} from '@bufbuild/protobuf';
import fc from 'fast-check';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

/** Generated maps are plain objects and lose the key `__proto__`: `decodeProto` says so, and has a test of its own. */
const mapKey = text.filter((key) => key !== '__proto__');

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 40 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.UINT64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case ScalarType.INT64:
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.UINT32:
      return fc.integer({ min: 0, max: 0xffff_ffff });
    default:
      throw new TypeError(`no generator for scalar type ${type}: add one when a .proto file uses it`);
  }
}

function value(field: DescField, depth: number): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar);
    case 'enum':
      return fc.oneof(fc.constantFrom(...field.enum.values.map((entry) => entry.number)), fc.nat({ max: 99 }));
    case 'message':
      return initOf(field.message, depth - 1);
    case 'list':
      return fc.array(
        field.listKind === 'message'
          ? initOf(field.message, depth - 1)
          : field.listKind === 'enum'
            ? fc.nat({ max: 9 })
            : scalar(field.scalar),
        { maxLength: 3 },
      );
    case 'map':
      return fc.dictionary(
        mapKey,
        field.mapKind === 'message' ? initOf(field.message, depth - 1) : scalar(field.scalar as ScalarType),
        { maxKeys: 3, noNullPrototype: true },
      );
  }
}

function initOf(desc: DescMessage, depth: number): fc.Arbitrary<unknown> {
  if (depth <= 0) return fc.constant({});
  const plain: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of desc.members) {
    if (member.kind === 'field') {
      plain[member.localName] = fc.option(value(member, depth), { nil: undefined });
      continue;
    }
    const cases = member.fields.map((field) =>
      value(field, depth).map((content) => ({ case: field.localName, value: content })),
    );
    plain[member.localName] = fc.option(fc.oneof(...cases), { nil: undefined });
  }
  return fc
    .record(plain)
    .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, content]) => content !== undefined)));
}

/** Random message of a schema; also unknown enum numbers. Nesting is cut off after a few levels. */
export function arbitraryMessage<Desc extends DescMessage>(desc: Desc): fc.Arbitrary<MessageShape<Desc>> {
  return initOf(desc, 4).map((init) => create(desc, init as MessageInitShape<Desc>));
}
