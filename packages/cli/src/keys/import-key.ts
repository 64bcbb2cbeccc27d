/** Reads a wallet key that the user brings: 64 hex digits, `0x` optional, white space around them ignored. */
import { readFileSync } from 'node:fs';
import { fromHex } from '@conclave/crypto';
import { createEOASigner, SdkError } from '@conclave/node-sdk';
import { CliError } from '../errors.js';

/**
 * @param path - of the file; `-` reads stdin, so that the key need not lie on a disk
 * @returns 32 bytes
 * @throws CliError `cli/unreadable-file`, `cli/bad-key-file` when it is not a private key of secp256k1
 */
export function importWalletKey(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8').trim();
  } catch (cause) {
    throw new CliError('cli/unreadable-file', { option: '--import', path }, cause);
  }
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text)?.[1];
  if (digits === undefined) throw new CliError('cli/bad-key-file', { path, expected: '64 hex digits' });
  const key = fromHex(digits.toLowerCase());
  try {
    createEOASigner(key);
  } catch (cause) {
    if (!(cause instanceof SdkError)) throw cause;
    throw new CliError('cli/bad-key-file', { path, expected: 'a private key of secp256k1' }, cause);
  }
  return key;
}
