import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../frame.js';
import { GrpcStatus } from '../../grpc-status.js';
import { readRequestFrame, trailersFrame } from './grpc-web-frames.js';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('readRequestFrame', () => {
  it('returns the message of one whole frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        const { flag, payload } = readRequestFrame(frameOf(message));
        expect([flag, [...payload]]).toEqual([0, [...message]]);
      }),
    );
  });

  it('refuses a frame cut off anywhere, trailing bytes and length bombs', () => {
    const body = Uint8Array.from(frameOf(Uint8Array.of(1, 2, 3)));
    for (let length = 0; length < body.length; length++) {
      expect(() => readRequestFrame(body.subarray(0, length))).toThrow('frame');
    }
    expect(() => readRequestFrame(Uint8Array.from([...body, 0]))).toThrow('one whole frame');
    expect(() => readRequestFrame(Uint8Array.from([0, 255, 255, 255, 255, 1]))).toThrow('one whole frame');
  });
});

describe('trailersFrame', () => {
  it('has the form that the browser client reads', () => {
    expect([...trailersFrame(GrpcStatus.OK)]).toEqual([0x80, 0, 0, 0, 15, ...Buffer.from('grpc-status:0\r\n')]);
  });

  it('percent-encodes the message so that it is one line of printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const lines = text(trailersFrame(GrpcStatus.ABORTED, message).subarray(5)).split('\r\n');
        expect(lines).toHaveLength(3);
        expect(lines[1]).toMatch(/^grpc-message:[\x20-\x7e]*$/);
        expect(decodeURIComponent(lines[1]!.slice('grpc-message:'.length))).toBe(
          Buffer.from(message, 'utf8').toString('utf8'),
        );
      }),
    );
  });
});
