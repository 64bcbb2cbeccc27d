/** As much of the Solidity ABI as the test contracts need. */
import { concatBytes, fromHex, toHex, utf8 } from '@conclave/crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** A parameter: an address or a 32-byte word as 0x and hex, or bytes of any length. */
export type AbiValue = `0x${string}` | Uint8Array;

/** The calldata of a call: the first four bytes of the signature's hash, and its parameters. */
export function encodeCall(signature: string, ...values: AbiValue[]): Uint8Array {
  return concatBytes(keccak_256(utf8(signature)).subarray(0, 4), encodeParameters(...values));
}

/** Parameters, as a constructor takes them. */
export function encodeParameters(...values: AbiValue[]): Uint8Array {
  const head: Uint8Array[] = [];
  const tail: Uint8Array[] = [];
  let offset = 32 * values.length;
  for (const value of values) {
    if (typeof value === 'string') {
      head.push(fromHex(value.slice(2).padStart(64, '0')));
      continue;
    }
    const padded = new Uint8Array(Math.ceil(value.length / 32) * 32);
    padded.set(value);
    head.push(word(offset));
    tail.push(word(value.length), padded);
    offset += 32 + padded.length;
  }
  return concatBytes(...head, ...tail);
}

/** The one value of dynamic bytes in an answer. */
export function decodeBytes(answer: string): Uint8Array {
  const bytes = fromHex(answer.slice(2));
  const length = Number(`0x${toHex(bytes.subarray(32, 64))}`);
  return bytes.subarray(64, 64 + length);
}

function word(value: number): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}
