/**
 * Structure of protobuf bytes, checked before they are decoded (protobuf encoding specification).
 *
 * Members of a group must agree on which bytes are a message: an extension that one client reads and another refuses
 * splits the group. The generated code is lenient where deployed clients are strict, so this walk refuses what they
 * refuse: a wire type that is not the field's, a nested length that leaves its message, a varint over 64 bits,
 * unbalanced groups, nesting over 100 levels.
 *
 * Stricter than deployed clients in one point: an unknown field inside a map entry is refused.
 */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { ProtoError } from './errors.js';

/** Levels of nesting below the outermost message. */
export const MAX_NESTING = 100;

/** Position in the bytes; `pos` only moves forward. */
interface Cursor {
  readonly bytes: Uint8Array;
  pos: number;
}

function refuse(fault: string, cursor: Cursor): never {
  throw new ProtoError('proto/malformed', { fault, offset: cursor.pos });
}

const fieldsByNumber = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldOf(desc: DescMessage, fieldNo: number): DescField | undefined {
  let fields = fieldsByNumber.get(desc);
  if (fields === undefined) {
    fields = new Map(desc.fields.map((field) => [field.number, field]));
    fieldsByNumber.set(desc, fields);
  }
  return fields.get(fieldNo);
}

/** Reads a varint of at most 64 bits. Exact up to 2^53, larger ones are only ever compared with smaller bounds. */
function varint(cursor: Cursor, end: number): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 10; count++) {
    if (cursor.pos >= end) refuse('truncated varint', cursor);
    const byte = cursor.bytes[cursor.pos++] as number;
    if (count === 9 && byte > 1) break;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return value;
  }
  refuse('varint over 64 bits', cursor);
}

function tag(cursor: Cursor, end: number): { fieldNo: number; wireType: number } {
  const key = varint(cursor, end);
  if (key > 0xffff_ffff) refuse('tag over 32 bits', cursor);
  const fieldNo = Math.floor(key / 8);
  if (fieldNo === 0) refuse('field number 0', cursor);
  return { fieldNo, wireType: key % 8 };
}

/** Reads a length and gives the end of what it covers. */
function delimited(cursor: Cursor, end: number): number {
  const length = varint(cursor, end);
  if (length > end - cursor.pos) refuse('length beyond the message', cursor);
  return cursor.pos + length;
}

function fixed(cursor: Cursor, end: number, size: number): void {
  if (size > end - cursor.pos) refuse('truncated number', cursor);
  cursor.pos += size;
}

/** Passes over one value that is not looked into. */
function skip(cursor: Cursor, end: number, fieldNo: number, wireType: number, budget: number): void {
  switch (wireType) {
    case WireType.Varint:
      varint(cursor, end);
      return;
    case WireType.Bit64:
      fixed(cursor, end, 8);
      return;
    case WireType.Bit32:
      fixed(cursor, end, 4);
      return;
    case WireType.LengthDelimited:
      cursor.pos = delimited(cursor, end);
      return;
    case WireType.StartGroup: {
      if (budget === 0) refuse('nesting too deep', cursor);
      for (;;) {
        const inner = tag(cursor, end);
        if (inner.wireType === WireType.EndGroup) {
          if (inner.fieldNo !== fieldNo) refuse('wrong end of group', cursor);
          return;
        }
        skip(cursor, end, inner.fieldNo, inner.wireType, budget - 1);
      }
    }
    default:
      refuse('invalid wire type', cursor);
  }
}

function scalarWireType(scalar: ScalarType): WireType {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}

/** One scalar or enum value; with `packable`, also a run of them behind one length. */
function checkScalar(
  cursor: Cursor,
  end: number,
  wireType: number,
  scalar: ScalarType | undefined,
  packable: boolean,
): void {
  const expected = scalar === undefined ? WireType.Varint : scalarWireType(scalar);
  if (wireType === expected) {
    skip(cursor, end, 0, wireType, 0);
    return;
  }
  if (!packable || wireType !== WireType.LengthDelimited) refuse('wire type of another field kind', cursor);
  const runEnd = delimited(cursor, end);
  while (cursor.pos < runEnd) skip(cursor, runEnd, 0, expected, 0);
}

/** The nested message or map entry that comes next. */
function checkNested(
  cursor: Cursor,
  end: number,
  wireType: number,
  budget: number,
  check: (end: number, budget: number) => void,
): void {
  if (wireType !== WireType.LengthDelimited) refuse('wire type of another field kind', cursor);
  if (budget === 0) refuse('nesting too deep', cursor);
  check(delimited(cursor, end), budget - 1);
}

type MapField = DescField & { fieldKind: 'map' };

function checkMapEntry(cursor: Cursor, end: number, field: MapField, budget: number): void {
  while (cursor.pos < end) {
    const { fieldNo, wireType } = tag(cursor, end);
    if (fieldNo === 1) {
      checkScalar(cursor, end, wireType, field.mapKey, false);
    } else if (fieldNo !== 2) {
      refuse('unknown field in a map entry', cursor);
    } else if (field.mapKind === 'message') {
      const { message } = field;
      checkNested(cursor, end, wireType, budget, (to, left) => checkMessage(cursor, to, message, left));
    } else {
      checkScalar(cursor, end, wireType, field.scalar, false);
    }
  }
}

function checkField(cursor: Cursor, end: number, field: DescField, wireType: number, budget: number): void {
  if (field.fieldKind === 'map') {
    checkNested(cursor, end, wireType, budget, (to, left) => checkMapEntry(cursor, to, field, left));
  } else if (field.message !== undefined) {
    const { message } = field;
    checkNested(cursor, end, wireType, budget, (to, left) => checkMessage(cursor, to, message, left));
  } else {
    const packable =
      field.fieldKind === 'list' && field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES;
    checkScalar(cursor, end, wireType, field.scalar, packable);
  }
}

function checkMessage(cursor: Cursor, end: number, desc: DescMessage, budget: number): void {
  while (cursor.pos < end) {
    const { fieldNo, wireType } = tag(cursor, end);
    const field = fieldOf(desc, fieldNo);
    if (field === undefined) skip(cursor, end, fieldNo, wireType, budget);
    else checkField(cursor, end, field, wireType, budget);
  }
}

/**
 * Checks that `bytes` are structurally a message of type `desc`.
 * @throws ProtoError `proto/malformed` with the first fault and its offset
 * Cost: linear in the number of fields; the contents of bytes and strings are not touched.
 */
export function checkWire(desc: DescMessage, bytes: Uint8Array): void {
  checkMessage({ bytes, pos: 0 }, bytes.length, desc, MAX_NESTING);
}
