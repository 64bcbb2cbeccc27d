/**
 * Where a zstd frame ends and how much memory it asks for (RFC 8878 section 3.1.1), read before the bytes reach the decoder: the
 * library allocates whatever window a header names, and begins a new frame behind the last.
 */
import { ClientError } from '../errors.js';

/** Largest window that is decoded, bytes: what RFC 8878 section 3.1.1.1.2 recommends decoders to support. */
export const MAX_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024;

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const BLOCK_HEADER_BYTES = 3;

/** Follows one frame through the chunks of a stream. */
export class ZstdFrame {
  /** The header that is being collected: of the frame, then of each block. */
  #header: number[] = [];
  #inFrameHeader = true;
  #hasChecksum = false;
  /** Bytes to pass before the next header. */
  #skip = 0;
  #isLastBlock = false;
  #ended = false;

  /** Whether the last block, and the checksum behind it, have been seen. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Looks at the next bytes. @throws ClientError `client/archive-invalid` */
  follow(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#ended) throw refused('bytes behind the frame');
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, chunk.length - at);
        this.#skip -= passed;
        at += passed;
      } else {
        this.#header.push(chunk[at] as number);
        at += 1;
        if (this.#inFrameHeader) this.#readFrameHeader();
        else if (this.#header.length === BLOCK_HEADER_BYTES) this.#readBlockHeader();
      }
      this.#ended = this.#isLastBlock && this.#skip === 0;
    }
  }

  #readFrameHeader(): void {
    const { length } = this.#header;
    const newest = this.#header[length - 1];
    if (length <= MAGIC.length) {
      if (newest !== MAGIC[length - 1]) throw refused('magic number');
      return;
    }
    const descriptor = this.#header[4] as number;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const contentSizeFlag = descriptor >> 6;
    const contentSizeBytes =
      contentSizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[contentSizeFlag] as number);
    const windowBytes = isSingleSegment ? 0 : 1;
    const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] as number;
    if (length < 5 + windowBytes + dictionaryBytes + contentSizeBytes) return;
    if (dictionaryBytes > 0) throw refused('dictionary');
    const window = isSingleSegment
      ? contentSize(this.#header.slice(length - contentSizeBytes), contentSizeFlag)
      : windowSize(this.#header[5] as number);
    if (window > MAX_ZSTD_WINDOW_BYTES) throw refused('window');
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#inFrameHeader = false;
    this.#header = [];
  }

  #readBlockHeader(): void {
    const [low, middle, high] = this.#header as [number, number, number];
    const header = low | (middle << 8) | (high << 16);
    const isRepeatedByte = ((header >> 1) & 3) === 1;
    this.#isLastBlock = (header & 1) === 1;
    this.#skip = (isRepeatedByte ? 1 : header >> 3) + (this.#isLastBlock && this.#hasChecksum ? 4 : 0);
    this.#header = [];
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(littleEndian: readonly number[], flag: number): number {
  const value = littleEndian.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return flag === 1 ? value + 256 : value;
}

function refused(fault: string): ClientError {
  return new ClientError('client/archive-invalid', { structure: 'zstd', fault });
}
