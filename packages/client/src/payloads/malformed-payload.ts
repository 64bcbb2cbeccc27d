/** How a payload decoder says that bytes are not a payload. */
import { CryptoError } from '@conclave/crypto';
import { ClientError } from '../errors.js';

/** The payloads, as errors name them. */
export type PayloadName = 'immutable metadata' | 'mutable metadata' | 'group membership' | 'permissions' | 'credential';

/** The error of a payload that breaks its schema. `reason` names the part, never its content. */
export function malformedPayload(payload: PayloadName, reason: string, cause?: unknown): ClientError {
  return new ClientError('client/payload-malformed', { payload, reason }, cause);
}

/**
 * Runs a decoder and turns codec errors into `client/payload-malformed`.
 * @throws ClientError `client/payload-malformed`
 */
export function decodePayload<T>(payload: PayloadName, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CryptoError) throw malformedPayload(payload, error.code, error);
    throw error;
  }
}
