/** Keccak-256 as Ethereum has it, on @noble/hashes. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { CryptoProvider } from '../provider/provider.js';

/** `CryptoProvider.keccak256` on @noble/hashes. */
export const keccak256: CryptoProvider['keccak256'] = (data) => keccak_256(data);
