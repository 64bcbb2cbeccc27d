import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader, requestBody } from './frames.js';

const encoder = new TextEncoder();
const frame = (flag: number, payload: Uint8Array): Uint8Array => {
  const body = requestBody(payload);
  body[0] = flag;
  return body;
};
const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const plain = (frames: Iterable<Frame>) =>
  [...frames].map((each) => (each.kind === 'message' ? [...each.bytes] : [...each.trailers]));

describe('frames of gRPC-web', () => {
  it('are the same however the bytes are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 });
    const cuts = fc.array(fc.nat(200), { maxLength: 12 });
    fc.assert(
      fc.property(messages, cuts, (payloads, places) => {
        const trailers = encoder.encode('grpc-status:0\r\ngrpc-message:fine\r\n');
        const bytes = joined([...payloads.map((payload) => frame(0, payload)), frame(0x80, trailers)]);
        const ends = [...new Set([...places.filter((place) => place < bytes.length), bytes.length])].sort(
          (a, b) => a - b,
        );
        const reader = new FrameReader();
        const found: Frame[] = [];
        let start = 0;
        for (const end of ends) {
          found.push(...reader.push(bytes.slice(start, end)));
          start = end;
        }
        expect(plain(found)).toEqual([
          ...payloads.map((payload) => [...payload]),
          [
            ['grpc-status', '0'],
            ['grpc-message', 'fine'],
          ],
        ]);
      }),
    );
  });

  it('read trailers that end in a line feed alone', () => {
    const [trailers] = new FrameReader().push(frame(0x80, encoder.encode('GRPC-Status: 5\ngrpc-message: a:b')));
    expect(plain([trailers as Frame])).toEqual([
      [
        ['grpc-status', '5'],
        ['grpc-message', 'a:b'],
      ],
    ]);
  });

  it.each([
    ['compressed', 'client/network-failed', Uint8Array.of(1, 0, 0, 0, 0)],
    ['beyond the limit', 'client/answer-too-large', Uint8Array.of(0, 0xff, 0, 0, 0)],
    ['trailers beyond the limit', 'client/network-failed', Uint8Array.of(0x80, 0xff, 0, 0, 0)],
  ])('that are %s are refused at once', (_, code, bytes) => {
    expect(() => [...new FrameReader().push(bytes)]).toThrow(expect.objectContaining({ code }));
  });
});
