/** Lengths of attributes, in bytes of UTF-8 (libxmtp 1.10.0). Group size is not limited by any receiver. */
import { utf8 } from '@conclave/crypto';
import { ATTRIBUTE_MAX_BYTES } from '../payloads/mutable-metadata.js';

/**
 * The limit that a value exceeds, or undefined. Keys without a limit have none.
 * Cost: linear in the value only when it is near the limit.
 */
export function exceededLimit(key: string, value: string): number | undefined {
  const maxBytes = ATTRIBUTE_MAX_BYTES.get(key);
  // A UTF-16 code unit takes one to three bytes.
  if (maxBytes === undefined || value.length * 3 <= maxBytes) return undefined;
  return value.length > maxBytes || utf8(value).length > maxBytes ? maxBytes : undefined;
}
