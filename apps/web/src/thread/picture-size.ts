/**
 * How large a picture says it is, read from its head before anything decodes it: a few hundred bytes can hold an enormous picture,
 * and decoding it would take the browser's memory.
 *
 * PNG: RFC 2083 section 4.1.1. GIF: 89a section 18. WebP: its container specification. JPEG: ITU-T T.81 annex B. AVIF: ISO/IEC 23008-12 (`ispe`).
 */

/** Width and height in pixels. */
export type Size = readonly [width: number, height: number];

/** The size; undefined for what is none of these or says nothing sensible. Cost: linear in the bytes at worst. */
export function pictureSize(bytes: Uint8Array): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const size = png(view) ?? gif(view) ?? webp(view) ?? jpeg(view) ?? avif(view);
    return size === undefined || size[0] === 0 || size[1] === 0 ? undefined : size;
  } catch (error) {
    // It breaks off.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const four = (view: DataView, at: number) => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

function png(view: DataView): Size | undefined {
  if (view.getUint32(0) !== 0x89504e47) return undefined;
  return [view.getUint32(16), view.getUint32(20)];
}

function gif(view: DataView): Size | undefined {
  if (four(view, 0) !== 'GIF8') return undefined;
  return [view.getUint16(6, true), view.getUint16(8, true)];
}

function webp(view: DataView): Size | undefined {
  if (four(view, 0) !== 'RIFF' || four(view, 8) !== 'WEBP') return undefined;
  switch (four(view, 12)) {
    case 'VP8X':
      return [1 + uint24(view, 24), 1 + uint24(view, 27)];
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)];
    }
    case 'VP8 ':
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    default:
      return undefined;
  }
}

const uint24 = (view: DataView, at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);

/** Segments up to the frame header, SOF0 to SOF15 without DHT, JPG and DAC. */
function jpeg(view: DataView): Size | undefined {
  if (view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker < 0xffc0 || marker === 0xffd9 || marker === 0xffda) return undefined;
    const isFrame = marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc;
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
}

/** The largest `ispe` property counts: there is one for each tile, and one for the whole. */
function avif(view: DataView): Size | undefined {
  if (four(view, 4) !== 'ftyp') return undefined;
  let largest: Size | undefined;
  for (let at = 0; at + 16 <= view.byteLength; at++) {
    if (view.getUint32(at) !== 0x69737065) continue;
    const size: Size = [view.getUint32(at + 8), view.getUint32(at + 12)];
    if (largest === undefined || size[0] * size[1] > largest[0] * largest[1]) largest = size;
  }
  return largest;
}
