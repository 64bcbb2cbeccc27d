/** Text forms of bytes: lower-case hex, base64url without padding (RFC 4648 section 5), UTF-8. */
import { CryptoError } from '../errors.js';

/** Character codes of the digits. */
const HEX_CODES = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Bytes whose digits are decoded at once. */
const HEX_CHUNK = 256;
const hexDigits = new Uint8Array(2 * HEX_CHUNK);
/** Value of each character code; 16 where it is no hex digit. */
const HEX_DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 16 : value;
});
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const encoder = new TextEncoder();
const hexDecoder = new TextDecoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Lower-case hex, two characters per byte. */
export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (let start = 0; start < bytes.length; start += HEX_CHUNK) {
    const count = Math.min(HEX_CHUNK, bytes.length - start);
    for (let i = 0; i < count; i++) {
      const byte = bytes[start + i] as number;
      hexDigits[2 * i] = HEX_CODES[byte >> 4] as number;
      hexDigits[2 * i + 1] = HEX_CODES[byte & 15] as number;
    }
    // Text that is put together digit by digit is a chain of as many pieces: twice the time, and ten times the memory until it is read.
    out += hexDecoder.decode(hexDigits.subarray(0, 2 * count));
  }
  return out;
}

/**
 * Reads hex of either case, without `0x`.
 * @throws CryptoError `codec/invalid-text` on an odd length or another character
 */
export function fromHex(text: string): Uint8Array {
  const out = new Uint8Array(text.length >> 1);
  let invalid = text.length & 1;
  for (let i = 0; i < out.length; i++) {
    const high = HEX_DIGITS[text.charCodeAt(2 * i)] ?? 16;
    const low = HEX_DIGITS[text.charCodeAt(2 * i + 1)] ?? 16;
    invalid |= (high | low) >> 4;
    out[i] = (high << 4) | low;
  }
  if (invalid !== 0) throw new CryptoError('codec/invalid-text', { expected: 'hex', length: text.length });
  return out;
}

/** base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += ALPHABET[word >> 18];
    out += ALPHABET[(word >> 12) & 63];
    if (left > 1) out += ALPHABET[(word >> 6) & 63];
    if (left > 2) out += ALPHABET[word & 63];
  }
  return out;
}

/**
 * Reads base64url without padding.
 * @throws CryptoError `codec/invalid-text`
 */
export function fromBase64Url(text: string): Uint8Array {
  if (text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) {
    throw new CryptoError('codec/invalid-text', { expected: 'base64url', length: text.length });
  }
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let offset = 0;
  for (let i = 0; i < text.length; i++) {
    word = ((word << 6) | ALPHABET.indexOf(text[i] as string)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[offset++] = (word >> bits) & 255;
    }
  }
  return out;
}

/** The bytes of base64 that this project itself has written: nothing is checked. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64: native } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  // Ten times as fast; browsers have it since 2025.
  if (native !== undefined) return native.call(Uint8Array, text);
  const binary = (globalThis as unknown as { atob(base64: string): string }).atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** UTF-8 bytes of the text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * Text of UTF-8 bytes; a byte order mark is kept.
 * @throws CryptoError `codec/invalid-text` when the bytes are not UTF-8
 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (cause) {
    throw new CryptoError('codec/invalid-text', { expected: 'utf-8', length: bytes.length }, cause);
  }
}
