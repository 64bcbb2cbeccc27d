/** `0x` and hex digits, as applications write keys. */
import { SdkError } from './errors.js';
import type { HexString } from './types.js';

/** True for `0x` and at least one pair of hex digits. */
export function isHexString(value: unknown): value is HexString {
  return typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2})+$/.test(value);
}

/** The value, when it is a HexString. @throws SdkError `sdk/not-hex` */
export function validHex(value: unknown): HexString {
  if (!isHexString(value)) throw new SdkError('sdk/not-hex');
  return value;
}
