import { describe, expect, it } from 'vitest';
import { pictureSize } from './picture-size.js';

const bytes = (...parts: (string | readonly number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : part)));
const nothing = (length: number) => Array<number>(length).fill(0);

/** Heads of pictures of 640 by 480. */
const HEADS: Readonly<Record<string, Uint8Array>> = {
  PNG: bytes([0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0, 0, 13], 'IHDR', [0, 0, 2, 128, 0, 0, 1, 224]),
  GIF: bytes('GIF89a', [128, 2, 224, 1]),
  'WebP, extended': bytes('RIFF', nothing(4), 'WEBPVP8X', nothing(8), [127, 2, 0, 223, 1, 0]),
  'WebP, lossless': bytes('RIFF', nothing(4), 'WEBPVP8L', nothing(4), [0x2f, 127, 194, 119, 0]),
  'WebP, lossy': bytes('RIFF', nothing(4), 'WEBPVP8 ', nothing(7), [0x9d, 1, 0x2a, 128, 2, 224, 1]),
  JPEG: bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 2, 0xff, 0xc2, 0, 17, 8, 1, 224, 2, 128]),
  AVIF: bytes(
    nothing(4),
    'ftypavif',
    nothing(4),
    'ispe',
    nothing(4),
    [0, 0, 0, 9, 0, 0, 0, 9],
    'ispe',
    nothing(4),
    [0, 0, 2, 128, 0, 0, 1, 224],
  ),
};

describe('how large a picture says it is', () => {
  it.each(Object.entries(HEADS))('%s', (_, head) => {
    expect(pictureSize(head)).toEqual([640, 480]);
  });

  it.each(Object.entries(HEADS))('%s that breaks off has none, wherever that is', (_, head) => {
    for (let length = 0; length < head.length; length++) {
      expect([undefined, [9, 9]]).toContainEqual(pictureSize(head.subarray(0, length)));
    }
  });

  it('is unknown of what is no picture', () => {
    expect(pictureSize(bytes('<!doctype html><script>'))).toBeUndefined();
    expect(pictureSize(new Uint8Array(64))).toBeUndefined();
  });
});
