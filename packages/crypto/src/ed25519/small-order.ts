/**
 * The eight points of small order of edwards25519, by encoding. A key or an R among them lets one signature fit many
 * messages or keys, so the strict verification of MLS signatures refuses them.
 */
import { equalBytes } from '../bytes/bytes.js';
import { fromHex } from '../bytes/text.js';

/**
 * Every y of a small-order point, little-endian, also as y + p where that still fits 255 bits. The sign bit is left out:
 * both signs of each are small-order points, or (for x = 0) decode to one.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000', // 0, order 4
  '0100000000000000000000000000000000000000000000000000000000000000', // 1, the identity
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // order 8
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p - 1, order 2
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p, that is 0
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p + 1, that is 1
].map(fromHex);

/** True when 32 bytes encode, canonically or not, a point of small order. */
export function isSmallOrder(encoded: Uint8Array): boolean {
  const top = (encoded[31] as number) & 0x7f;
  // Only 4 of 128 values of the top byte occur; nearly every honest key ends here.
  if (top !== 0 && top !== 0x05 && top !== 0x7a && top !== 0x7f) return false;
  const y = new Uint8Array(encoded);
  y[31] = top;
  return SMALL_ORDER_Y.some((candidate) => equalBytes(candidate, y));
}
