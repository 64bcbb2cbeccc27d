/** Keccak-256 on libsodium's permutation: a sixth of plain JavaScript's time, which has no 64-bit numbers to rotate. */
import type { Sodium } from './library.js';

/** Bytes that go in between two permutations: 200 less twice the digest. */
const RATE = 136;
const DIGEST = 32;
/** Bytes kept for the state; the block stands behind it. */
const STATE = 256;

/** `CryptoProvider.keccak256` on libsodium. */
export function keccak256({ call, place, write, read }: Sodium, data: Uint8Array): Uint8Array {
  const blockAt = place + STATE;
  call.crypto_core_keccak1600_init(place);
  let start = 0;
  for (; data.length - start >= RATE; start += RATE) {
    write(blockAt, data.subarray(start, start + RATE));
    call.crypto_core_keccak1600_xor_bytes(place, blockAt, 0, RATE);
    call.crypto_core_keccak1600_permute_24(place);
  }
  const last = new Uint8Array(RATE);
  last.set(data.subarray(start));
  // The padding of Keccak as it was submitted, which Ethereum kept; SHA-3 begins with 0x06.
  last[data.length - start] = 0x01;
  last[RATE - 1] = (last[RATE - 1] as number) | 0x80;
  write(blockAt, last);
  call.crypto_core_keccak1600_xor_bytes(place, blockAt, 0, RATE);
  call.crypto_core_keccak1600_permute_24(place);
  call.crypto_core_keccak1600_extract_bytes(place, blockAt, 0, DIGEST);
  return read(blockAt, DIGEST);
}
