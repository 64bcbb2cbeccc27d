/** The two codecs of Connect: protobuf, which passes through, and protobuf's JSON form, which is translated at the edge. */
import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import type { Rpc } from '../../api/rpc.js';
import { NodeError } from '../../errors.js';
import { FrameReader, framesOf } from '../../frame.js';

/** Between the bytes of a client and the bytes that an rpc takes and gives. */
export interface Codec {
  /** @throws NodeError `node/malformed-request` */
  decode(request: Uint8Array): Uint8Array;
  encode(answer: Uint8Array): Uint8Array;
  /** The same for whole frames of a stream. */
  encodeFrames(frames: Uint8Array): Uint8Array;
}

const PROTO: Codec = { decode: (bytes) => bytes, encode: (bytes) => bytes, encodeFrames: (frames) => frames };

/** @param format the end of the content type */
export function codecOf(format: 'proto' | 'json', { schemas }: Rpc): Codec {
  if (format === 'proto' || schemas === undefined) return PROTO;
  const { input, output } = schemas;
  const encode = (answer: Uint8Array): Uint8Array =>
    Buffer.from(JSON.stringify(toJson(output, fromBinary(output, answer))));
  return {
    decode(request) {
      try {
        const json = request.length === 0 ? {} : (JSON.parse(Buffer.from(request).toString('utf8')) as JsonValue);
        return toBinary(input, fromJson(input, json));
      } catch (error) {
        // The sentence of the JSON reader names the field; it may quote its value, so it is bounded.
        const reason = error instanceof Error ? error.message.slice(0, 200) : 'not JSON';
        throw new NodeError('node/malformed-request', { reason }, error);
      }
    },
    encode,
    encodeFrames(frames) {
      const reader = new FrameReader(Number.MAX_SAFE_INTEGER);
      reader.push(Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength));
      const answers: Uint8Array[] = [];
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) answers.push(encode(frame.payload));
      return framesOf(answers);
    },
  };
}
