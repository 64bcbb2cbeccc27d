/** Reads a wallet key that the user brings: a file with 64 hex digits, `0x` optional, white space around it ignored. */
import { readFileSync } from 'node:fs';
import { fromHex } from '@conclave/crypto';
import { CliError } from '../errors.js';

/** @throws CliError `cli/bad-key-file` */
export function importWalletKey(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CliError('cli/bad-key-file', { path }, cause);
  }
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw new CliError('cli/bad-key-file', { path, expected: '64 hex digits' });
  return fromHex(digits);
}
