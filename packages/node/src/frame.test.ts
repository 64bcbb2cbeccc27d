import { describe, expect, it } from 'vitest';
import { FRAME_HEAD_BYTES, FrameReader, framedPayload, frameOf } from './frame.js';

const read = (frame: Uint8Array) => {
  const reader = new FrameReader(1_000_000);
  reader.push(Buffer.from(frame));
  const first = reader.next();
  expect(reader.pendingBytes).toBe(0);
  return first;
};

describe('a frame', () => {
  it.each([0, 1, 5, 4_096, 100_000])(
    'of %i bytes that have room for their head is made where they are, whoever else is sent it',
    (length) => {
      const payload = framedPayload(length).fill(7);
      const frame = frameOf(payload);
      expect(frame.buffer === payload.buffer && frame.length === FRAME_HEAD_BYTES + length).toBe(true);
      expect(read(frame)).toEqual({ flag: 0, payload: Buffer.alloc(length, 7) });
      expect(frameOf(payload).buffer === payload.buffer).toBe(true);
      const other = frameOf(payload, 1);
      expect(other.buffer === payload.buffer).toBe(false);
      expect(read(other)).toEqual({ flag: 1, payload: Buffer.alloc(length, 7) });
      expect(read(frame)?.flag).toBe(0);
      expect(frameOf(payload).buffer === payload.buffer).toBe(true);
    },
  );

  it('leaves alone what only stands where a payload would', () => {
    const whole = new Uint8Array(20).fill(9);
    expect(read(frameOf(whole.subarray(FRAME_HEAD_BYTES)))).toEqual({ flag: 0, payload: Buffer.alloc(15, 9) });
    expect(whole).toEqual(new Uint8Array(20).fill(9));
  });
});
