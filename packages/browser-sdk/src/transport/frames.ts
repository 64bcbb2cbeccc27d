/** Frames of gRPC-web (grpc/grpc doc/PROTOCOL-WEB.md): flag byte, length as u32, payload; the trailers are the last frame. */
import { answerTooLarge, GRPC_STATUS, MAX_NETWORK_MESSAGE_BYTES, NetworkError } from '@conclave/client';

const HEADER_LENGTH = 5;
const TRAILERS = 0x80;
const decoder = new TextDecoder();

/** One frame. */
export type Frame =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'trailers'; readonly trailers: ReadonlyMap<string, string> };

/** A message as the body of a request. */
export function requestBody(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(HEADER_LENGTH + message.length);
  new DataView(body.buffer).setUint32(1, message.length);
  body.set(message, HEADER_LENGTH);
  return body;
}

/** Cuts what arrives into frames, wherever it is split. */
export class FrameReader {
  /** What arrived and is no whole frame yet; joined only when a frame is complete, so that a large one costs its length. */
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** @throws NetworkError OUT_OF_RANGE on a message beyond the limit; INTERNAL on trailers beyond it, or a compressed frame */
  *push(chunk: Uint8Array): Generator<Frame, undefined> {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length < HEADER_LENGTH) return;
      const header = this.#joined(HEADER_LENGTH);
      const flag = header[0] as number;
      const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
      if (flag === 0 && length > MAX_NETWORK_MESSAGE_BYTES) throw answerTooLarge('gRPC-web');
      if (length > MAX_NETWORK_MESSAGE_BYTES || (flag !== 0 && flag !== TRAILERS)) {
        throw new NetworkError(GRPC_STATUS.INTERNAL, { reason: 'a frame of the answer is malformed', flag, length });
      }
      if (this.#length < HEADER_LENGTH + length) return;
      const bytes = this.#joined(HEADER_LENGTH + length).subarray(HEADER_LENGTH, HEADER_LENGTH + length);
      this.#drop(HEADER_LENGTH + length);
      yield flag === TRAILERS ? { kind: 'trailers', trailers: readTrailers(bytes) } : { kind: 'message', bytes };
    }
  }

  /** The first bytes in one piece. */
  #joined(length: number): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) return first;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }

  #drop(length: number): void {
    const [first = new Uint8Array(0)] = this.#chunks;
    this.#length -= length;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
  }
}

function readTrailers(bytes: Uint8Array): ReadonlyMap<string, string> {
  const lines = decoder.decode(bytes).split(/\r?\n/).filter(Boolean);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
