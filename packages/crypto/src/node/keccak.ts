/** Keccak-256 on libsodium; in plain JavaScript where WebAssembly cannot be started. */
import { keccak256 as portable } from '../noble/keccak.js';
import type { CryptoProvider } from '../provider/provider.js';
import { keccak256 as onSodium } from '../sodium/keccak.js';
import { openSodium } from './sodium.js';

/** `CryptoProvider.keccak256` on Node. */
export const keccak256: CryptoProvider['keccak256'] = (data) => {
  const sodium = openSodium();
  return sodium === undefined ? portable(data) : onSodium(sodium, data);
};
