/**
 * The zstd stream around an archive's records (RFC 8878). Records are ciphertext, which no compressor makes smaller: what is
 * written is a frame of raw blocks, which every decoder reads. What is read may be compressed in any way.
 */
import { concatBytes } from '@conclave/crypto';
import { Decompress } from 'fzstd';
import { ClientError } from '../errors.js';
import { ZstdFrame } from './zstd-frame.js';

/** Magic number; a frame header without content size, checksum or dictionary; a window of 128 KiB (RFC 8878 section 3.1.1). */
const FRAME_HEADER = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38);
/** Largest block (RFC 8878 section 3.1.1.2.4). */
const MAX_BLOCK_BYTES = 128 * 1024;
/** Bytes collected before they are handed out. */
const OUTPUT_BYTES = 64 * 1024;
/** Bytes given to the decoder at once, so that what comes out of it is never much. */
const PIECE_BYTES = 16 * 1024;

/** Writes one frame of raw blocks, in pieces of some 64 KiB. */
export async function* rawZstdFrame(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [FRAME_HEADER];
  let bytes = FRAME_HEADER.length;
  for await (const chunk of chunks) {
    for (const block of rawBlocks(chunk)) {
      waiting.push(block);
      bytes += block.length;
    }
    if (bytes < OUTPUT_BYTES) continue;
    yield concatBytes(...waiting);
    waiting = [];
    bytes = 0;
  }
  yield concatBytes(...waiting, rawBlockHeader(0, true));
}

function* rawBlocks(chunk: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < chunk.length; start += MAX_BLOCK_BYTES) {
    const block = chunk.subarray(start, start + MAX_BLOCK_BYTES);
    yield concatBytes(rawBlockHeader(block.length, false), block);
  }
}

/** Block type 0 (RFC 8878 section 3.1.1.2). */
function rawBlockHeader(bytes: number, isLast: boolean): Uint8Array {
  const header = (bytes << 3) | (isLast ? 1 : 0);
  return Uint8Array.of(header & 0xff, (header >> 8) & 0xff, (header >> 16) & 0xff);
}

/**
 * Reads a zstd stream of one frame.
 * @throws ClientError `client/archive-invalid` with the fault; `client/archive-truncated`
 */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let out: Uint8Array[] = [];
  const frame = new ZstdFrame();
  const decoder = new Decompress((data) => {
    // The decoder goes on writing into what it hands out.
    if (data.length > 0) out.push(data.slice());
  });
  const push = (bytes: Uint8Array, isLast: boolean): void => {
    try {
      decoder.push(bytes, isLast);
    } catch (error) {
      // The library throws plain errors, and on some damage a RangeError or TypeError of its own making.
      throw new ClientError('client/archive-invalid', { structure: 'zstd' }, error);
    }
  };
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      const piece = chunk.subarray(start, start + PIECE_BYTES);
      frame.follow(piece);
      push(piece, false);
      const ready = out;
      out = [];
      yield* ready;
    }
  }
  if (!frame.ended) throw new ClientError('client/archive-truncated', { structure: 'zstd' });
  push(new Uint8Array(0), true);
  yield* out;
}
