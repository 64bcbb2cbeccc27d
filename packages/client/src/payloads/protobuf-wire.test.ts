import { encodeMessage } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { WireReader } from './protobuf-wire.js';

/** Reads all fields by passing over them. */
function skipAll(bytes: readonly number[]): number[] {
  const fields: number[] = [];
  const reader = new WireReader(Uint8Array.from(bytes));
  while (reader.next()) {
    fields.push(reader.field);
    reader.skip();
  }
  return fields;
}

const refusal = (code: string) => expect.objectContaining({ name: 'CryptoError', code });

describe('WireReader', () => {
  it('passes over every wire type', () => {
    const fields = [
      ...[0x08, 0x96, 0x01],
      ...[0x11, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0x1a, 2, 9, 9],
      ...[0x23, 0x08, 1, 0x2b, 0x2c, 0x24],
      ...[0x35, 1, 2, 3, 4],
    ];
    expect(skipAll(fields)).toEqual([1, 2, 3, 4, 6]);
  });

  it.each([
    ['field number 0', [0x02, 0], 'codec/invalid-value'],
    ['wire type 6', [0x0e], 'codec/invalid-value'],
    ['wire type 7', [0x0f], 'codec/invalid-value'],
    ['a tag over 32 bits', [0x88, 0x80, 0x80, 0x80, 0x10, 0], 'codec/invalid-value'],
    ['a group end alone', [0x0c], 'codec/invalid-value'],
    ['a group ended by another', [0x0b, 0x14], 'codec/invalid-value'],
    ['a group without end', [0x0b, 0x08, 1], 'codec/truncated'],
    ['a length beyond the end', [0x0a, 2, 0], 'codec/truncated'],
    ['a length of 2^63', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 'codec/length-limit'],
    ['a varint without end', [0x08, 0x80], 'codec/truncated'],
    ['a varint of 65 bits', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], 'codec/length-limit'],
    [
      'a varint of 11 bytes',
      [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
      'codec/length-limit',
    ],
    ['a short number', [0x11, 1, 2, 3], 'codec/truncated'],
    ['groups nested 101 times', Array<number>(101).fill(0x0b), 'codec/length-limit'],
  ])('refuses %s', (_name, bytes, code) => {
    expect(() => skipAll(bytes)).toThrow(refusal(code));
  });

  it('refuses a value of another wire type than asked for', () => {
    const varint = Uint8Array.of(0x08, 1);
    for (const read of [(r: WireReader) => r.bytes(), (r: WireReader) => r.string(), (r: WireReader) => r.message()]) {
      const reader = new WireReader(varint);
      reader.next();
      expect(() => read(reader)).toThrow(refusal('codec/invalid-value'));
    }
    const reader = new WireReader(Uint8Array.of(0x0a, 0));
    reader.next();
    expect(() => reader.uint64()).toThrow(refusal('codec/invalid-value'));
  });

  it('refuses text that is not UTF-8 and keeps a byte order mark', () => {
    const broken = new WireReader(Uint8Array.of(0x0a, 1, 0xff));
    broken.next();
    expect(() => broken.string()).toThrow(refusal('codec/invalid-text'));
    const marked = new WireReader(encodeMessage((writer) => writer.string(1, '\ufeffa')));
    marked.next();
    expect(marked.string()).toBe('\ufeffa');
  });

  it('does not let a nested message read what lies behind it', () => {
    const reader = new WireReader(Uint8Array.of(0x0a, 1, 0x08, 0x08, 1));
    reader.next();
    const inner = reader.message();
    inner.next();
    expect(() => inner.uint64()).toThrow(refusal('codec/truncated'));
  });

  it('reads numbers at the edges of their types', () => {
    for (const value of [0n, 1n, 127n, 128n, 2n ** 28n - 1n, 2n ** 28n, 2n ** 63n, 2n ** 64n - 1n]) {
      const reader = new WireReader(encodeMessage((writer) => writer.uint64(1, value)));
      expect(reader.next() ? reader.uint64() : 0n).toBe(value);
    }
    const minusOne = new WireReader(encodeMessage((writer) => writer.uint64(1, 2n ** 64n - 1n)));
    minusOne.next();
    expect(minusOne.int32()).toBe(-1);
  });

  it('writes messages whose length needs several bytes', () => {
    for (const size of [0, 127, 128, 16_383, 16_384, 2_097_152]) {
      const bytes = encodeMessage((writer) => writer.message(1, (inner) => inner.bytes(1, new Uint8Array(size))));
      const reader = new WireReader(bytes);
      reader.next();
      const inner = reader.message();
      expect(inner.next() ? inner.bytes().length : 0).toBe(size);
      expect(reader.next()).toBe(false);
    }
  });
});
