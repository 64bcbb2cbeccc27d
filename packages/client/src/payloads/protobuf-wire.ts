/**
 * Protocol buffers wire format for bytes on which all members of a group must agree.
 *
 * Whether a commit is valid depends on whether these bytes decode, and to what. A member that reads what others refuse,
 * or the other way round, is forked out of the group. The generated code gives maps as plain objects, which lose the
 * key `__proto__`: a membership naming such an inbox would look unchanged. This reader feeds Maps, refuses what the
 * deployed client's decoder refuses and merges what it merges:
 *
 * - a field of the wrong wire type, a group end without its start, a nested message that does not end where its
 *   length says, text that is not UTF-8, a varint over 64 bits, a tag over 32 bits: refused
 * - unknown fields: skipped, in map entries too; a repeated singular field: the last one wins, nested messages are merged
 * - more than 100 levels of nesting: refused, which also bounds the stack
 *
 * Slices are views of the input. Nothing is allocated on the word of a length before its bytes are there. Where maps
 * and agreement do not matter, `decodeProto` of `@conclave/proto` is used instead.
 */
import { CryptoError, fromUtf8 } from '@conclave/crypto';

/** Levels of nested messages below the outermost one that the deployed client reads. */
export const MAX_MESSAGE_DEPTH = 100;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/**
 * Reads one message field by field: `while (reader.next()) switch (reader.field) { case 1: … default: reader.skip(); }`.
 * Every method throws CryptoError `codec/…` on bytes that do not fit.
 */
export class WireReader {
  /** Number of the current field; 0 before the first. */
  field = 0;
  #wireType = 0;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #levelsLeft: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, levelsLeft = MAX_MESSAGE_DEPTH) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
    this.#levelsLeft = levelsLeft;
  }

  /** Moves to the next field; false at the end of the message. Each field must then be read or skipped once. */
  next(): boolean {
    if (this.#offset >= this.#end) return false;
    this.#tag();
    return true;
  }

  uint64(): bigint {
    this.#expect(VARINT);
    return this.#varint();
  }

  /** An int32 or enum value: the low 32 bits, signed. */
  int32(): number {
    this.#expect(VARINT);
    return this.#varint32() | 0;
  }

  uint32(): number {
    this.#expect(VARINT);
    return this.#varint32() >>> 0;
  }

  /** The bytes as a view. */
  bytes(): Uint8Array {
    const start = this.#delimited();
    return this.#bytes.subarray(start, this.#offset);
  }

  string(): string {
    return fromUtf8(this.bytes());
  }

  /** A reader of the nested message. */
  message(): WireReader {
    const start = this.#delimited();
    if (this.#levelsLeft === 0) throw new CryptoError('codec/length-limit', { levels: MAX_MESSAGE_DEPTH });
    return new WireReader(this.#bytes, start, this.#offset, this.#levelsLeft - 1);
  }

  /** Passes over the current field. */
  skip(): void {
    this.#skip(this.field, this.#wireType, this.#levelsLeft);
  }

  #skip(field: number, wireType: number, levelsLeft: number): void {
    if (levelsLeft === 0) throw new CryptoError('codec/length-limit', { levels: MAX_MESSAGE_DEPTH });
    switch (wireType) {
      case VARINT:
        this.#varint();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case FIXED32:
        this.#advance(4);
        return;
      case LENGTH_DELIMITED:
        this.#advance(this.#varintNumber());
        return;
      case START_GROUP:
        for (;;) {
          this.#tag();
          if (this.#wireType === END_GROUP) {
            if (this.field !== field) throw new CryptoError('codec/invalid-value', { field: 'group end' });
            return;
          }
          this.#skip(this.field, this.#wireType, levelsLeft - 1);
        }
      default:
        throw new CryptoError('codec/invalid-value', { field: 'group end' });
    }
  }

  #tag(): void {
    const tag = this.#varintNumber();
    if (tag > 0xffff_ffff) throw new CryptoError('codec/invalid-value', { field: 'tag' });
    this.#wireType = tag & 7;
    this.field = tag >>> 3;
    if (this.#wireType > FIXED32 || this.field === 0) throw new CryptoError('codec/invalid-value', { field: 'tag' });
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) {
      throw new CryptoError('codec/invalid-value', { field: this.field, wireType: this.#wireType });
    }
  }

  #delimited(): number {
    this.#expect(LENGTH_DELIMITED);
    const length = this.#varintNumber();
    const start = this.#offset;
    this.#advance(length);
    return start;
  }

  #advance(length: number): void {
    if (length > this.#end - this.#offset) {
      throw new CryptoError('codec/truncated', { needed: length, left: this.#end - this.#offset });
    }
    this.#offset += length;
  }

  #byte(): number {
    if (this.#offset >= this.#end) throw new CryptoError('codec/truncated', { needed: 1, left: 0 });
    return this.#bytes[this.#offset++] as number;
  }

  /** Tags and lengths: no bigint arithmetic up to 28 bits, which is nearly always. */
  #varintNumber(): number {
    const start = this.#offset;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#offset = start;
    const wide = this.#varint();
    if (wide > BigInt(Number.MAX_SAFE_INTEGER)) throw new CryptoError('codec/length-limit', { field: 'varint' });
    return Number(wide);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      // The tenth byte has room for one bit, so a longer varint ends here, too.
      if (shift === 63n && byte > 1) throw new CryptoError('codec/length-limit', { field: 'varint' });
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #varint32(): number {
    return Number(BigInt.asUintN(32, this.#varint()));
  }
}
