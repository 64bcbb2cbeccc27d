import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@conclave/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importWalletKey } from './import-key.js';

const KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
/** Order of secp256k1 (SEC 2, section 2.4.1): the first number that is no private key. */
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const code = (expected: string) => expect.objectContaining({ code: expected });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-import-'));
  path = join(folder, 'key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('importWalletKey', () => {
  it.each([KEY, `0x${KEY}`, ` ${KEY.toUpperCase()}\r\n`])('reads %j', (text) => {
    writeFileSync(path, text);
    expect(toHex(importWalletKey(path))).toBe(KEY);
  });

  it.each([
    ['too short', KEY.slice(2)],
    ['too long', `${KEY}00`],
    ['not hexadecimal', KEY.replace('a', 'g')],
    ['two keys', `${KEY}\n${KEY}`],
    ['empty', ''],
    ['zero', '0'.repeat(64)],
    ['the order of the curve', ORDER],
  ])('refuses what is %s', (_name, text) => {
    writeFileSync(path, text);
    expect(() => importWalletKey(path)).toThrow(code('cli/bad-key-file'));
  });

  it('does not show the key in its error', () => {
    writeFileSync(path, `${KEY}0`);
    expect(() => importWalletKey(path)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(KEY) }));
  });

  it('names a file that is not there', () => {
    expect(() => importWalletKey(path)).toThrow(code('cli/unreadable-file'));
  });
});
