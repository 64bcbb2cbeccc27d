/**
 * The plaintext of an MLS application message (libxmtp 1.10.0, `PlaintextEnvelope`).
 *
 * ```
 * 1 v1 { 1 content, 2 idempotency_key }      content is normally an EncodedContent; any bytes are tolerated
 * 2 v2 { … }                                  old device sync: accepted and ignored
 * ```
 *
 * Written by hand because every message passes here: content is a view of the plaintext, not a copy.
 */
import { CryptoError, EMPTY_BYTES } from '@conclave/crypto';
import { encodeMessage } from '@conclave/proto';
import { ClientError } from '../errors.js';
import { WireReader } from '../payloads/protobuf-wire.js';

/** What a sender says: bytes, and the key that tells equal bytes apart. */
export interface Envelope {
  readonly content: Uint8Array;
  readonly idempotencyKey: string;
}

/** A decoded plaintext; `ignored` is a kind of envelope that is accepted and carries nothing for us. */
export type DecodedEnvelope = ({ readonly kind: 'message' } & Envelope) | { readonly kind: 'ignored' };

/** Bytes of a V1 envelope. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeMessage((writer) => {
    writer.message(1, (v1) => v1.bytes(1, envelope.content).string(2, envelope.idempotencyKey));
  });
}

/**
 * Reads the plaintext of an application message.
 * @throws ClientError `client/message-invalid` when it is malformed or has no content; it never will have
 */
export function decodeEnvelope(plaintext: Uint8Array): DecodedEnvelope {
  try {
    return readEnvelope(new WireReader(plaintext));
  } catch (error) {
    if (error instanceof CryptoError) throw new ClientError('client/message-invalid', { reason: error.code }, error);
    throw error;
  }
}

function readEnvelope(reader: WireReader): DecodedEnvelope {
  let kind: 'message' | 'ignored' | undefined;
  let content: Uint8Array = EMPTY_BYTES;
  let idempotencyKey = '';
  while (reader.next()) {
    if (reader.field === 2) {
      kind = 'ignored';
      reader.message();
    } else if (reader.field === 1) {
      if (kind !== 'message') {
        kind = 'message';
        content = EMPTY_BYTES;
        idempotencyKey = '';
      }
      const v1 = reader.message();
      while (v1.next()) {
        if (v1.field === 1) content = v1.bytes();
        else if (v1.field === 2) idempotencyKey = v1.string();
        else v1.skip();
      }
    } else reader.skip();
  }
  if (kind === undefined) throw new ClientError('client/message-invalid', { reason: 'no content' });
  return kind === 'ignored' ? { kind } : { kind, content, idempotencyKey };
}
