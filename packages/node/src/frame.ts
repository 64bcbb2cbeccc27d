/**
 * The frame that gRPC, gRPC-web and Connect streams share, so that a message is framed once for all of them:
 *
 *     flag:u8 length:u32 payload        flag bit 0: the payload is compressed
 *
 * Source: gRPC over HTTP/2, "Length-Prefixed-Message"; gRPC-web, "PROTOCOL-WEB"; Connect protocol, "Enveloped-Message".
 */
import { NodeError } from './errors.js';
import { unfilledBytes } from './unfilled-bytes.js';

/** Bytes in front of every payload. */
export const FRAME_HEAD_BYTES = 5;

/** Bit of a flag byte that says that the payload is compressed. */
export const COMPRESSED_FLAG = 1;

/** Arrays that have room for a head in front of a payload, and the flag of the one that stands there. */
const ROOMY = new WeakMap<ArrayBufferLike, number | undefined>();

/** Room for a large payload, not cleared, which `frameOf` frames where it is. Every byte must be written. */
export function framedPayload(length: number): Uint8Array {
  const frame = unfilledBytes(FRAME_HEAD_BYTES + length);
  ROOMY.set(frame.buffer, undefined);
  return frame.subarray(FRAME_HEAD_BYTES);
}

/** A message, or with a flag what else a protocol frames, behind its head. Cost: one copy, unless it is a `framedPayload`, framed alike before or never. */
export function frameOf(payload: Uint8Array, flag = 0): Uint8Array {
  const { buffer } = payload;
  const isWhole = payload.byteOffset === FRAME_HEAD_BYTES && payload.length === buffer.byteLength - FRAME_HEAD_BYTES;
  if (isWhole && ROOMY.has(buffer) && (ROOMY.get(buffer) ?? flag) === flag) {
    const frame = new Uint8Array(buffer);
    if (ROOMY.get(buffer) === undefined) writeFrameHead(frame, 0, payload.length, flag);
    ROOMY.set(buffer, flag);
    return frame;
  }
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  writeFrameHead(frame, 0, payload.length, flag);
  frame.set(payload, FRAME_HEAD_BYTES);
  return frame;
}

/** Writes a head at `at`; the payload follows behind it. */
export function writeFrameHead(out: Uint8Array, at: number, length: number, flag = 0): void {
  out[at] = flag;
  out[at + 1] = length >>> 24;
  out[at + 2] = length >>> 16;
  out[at + 3] = length >>> 8;
  out[at + 4] = length;
}

/** Messages behind one another, each framed, in one array. Cost: one copy of each. */
export function framesOf(payloads: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const { length } of payloads) size += FRAME_HEAD_BYTES + length;
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const payload of payloads) {
    writeFrameHead(out, at, payload.length);
    out.set(payload, at + FRAME_HEAD_BYTES);
    at += FRAME_HEAD_BYTES + payload.length;
  }
  return out;
}

/** A frame as it was read. */
export interface Frame {
  readonly flag: number;
  readonly payload: Uint8Array;
}

/** Takes frames out of chunks of any size. Holds at most one frame that is not complete. */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** @param maxBytes largest payload */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds what has arrived. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /**
   * The next frame that is complete.
   * @throws NodeError `node/request-too-large`, as soon as the head is there
   */
  next(): Frame | undefined {
    if (this.#bytes < FRAME_HEAD_BYTES) return undefined;
    if ((this.#chunks[0] as Buffer).length < FRAME_HEAD_BYTES) this.#join();
    const head = this.#chunks[0] as Buffer;
    const length = head.readUInt32BE(1);
    if (length > this.#maxBytes)
      throw new NodeError('node/request-too-large', { bytes: length, maxBytes: this.#maxBytes });
    const end = FRAME_HEAD_BYTES + length;
    if (this.#bytes < end) return undefined;
    if (head.length < end) this.#join();
    const whole = this.#chunks[0] as Buffer;
    const frame = { flag: whole[0] as number, payload: whole.subarray(FRAME_HEAD_BYTES, end) };
    this.#bytes -= end;
    if (whole.length > end) this.#chunks[0] = whole.subarray(end);
    else this.#chunks.shift();
    return frame;
  }

  /** Bytes of a frame that is not complete. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }
}
