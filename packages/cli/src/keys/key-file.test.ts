import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConclaveError, toHex } from '@conclave/crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyFilePath, keyProtection, readKeyFile, writeKeyFile } from './key-file.js';

const KEYS = { walletKey: new Uint8Array(32).fill(7), databaseKey: new Uint8Array(32).fill(9) };
const PASSPHRASE = 'crème brûlée';
const code = (expected: string) => expect.objectContaining({ code: expected });
const nobodyAsks = async (): Promise<string> => expect.unreachable();

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-key-'));
  path = keyFilePath(join(folder, 'alice.db3'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

describe('the key file', () => {
  it('is sealed under a passphrase, and shows neither key', async () => {
    writeKeyFile(path, KEYS, PASSPHRASE);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain(toHex(KEYS.walletKey).slice(0, 16));
    expect(text).not.toContain(toHex(KEYS.databaseKey).slice(0, 16));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keyProtection(path)).toBe('passphrase');
    // The same passphrase from another keyboard: accents as letters of their own.
    expect(await readKeyFile(path, async () => PASSPHRASE.normalize('NFD'))).toEqual(KEYS);
    await expect(readKeyFile(path, async () => 'creme brulee')).rejects.toThrow(code('cli/wrong-passphrase'));
  });

  it('refuses a sealed file in which a bit was changed', async () => {
    writeKeyFile(path, KEYS, PASSPHRASE);
    const file = JSON.parse(readFileSync(path, 'utf8'));
    put(JSON.stringify({ ...file, sealed: file.sealed.replace(/.$/, (last: string) => (last === '0' ? '1' : '0')) }));
    await expect(readKeyFile(path, async () => PASSPHRASE)).rejects.toThrow(code('cli/wrong-passphrase'));
    put(JSON.stringify({ ...file, nonce: '00' }));
    await expect(readKeyFile(path, async () => PASSPHRASE)).rejects.toThrow(code('cli/bad-key-file'));
  });

  it('stands in the clear for throw-away keys, readable by the owner alone, and asks nothing', async () => {
    writeKeyFile(path, KEYS, '');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keyProtection(path)).toBe('none');
    expect(await readKeyFile(path, nobodyAsks)).toEqual(KEYS);
  });

  it('is never written over', () => {
    writeKeyFile(path, KEYS, '');
    const before = readFileSync(path, 'utf8');
    expect(() => writeKeyFile(path, { ...KEYS, walletKey: new Uint8Array(32) }, '')).toThrow(code('cli/key-exists'));
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('names a folder that is not there', () => {
    expect(() => writeKeyFile(join(folder, 'none', 'x.key'), KEYS, '')).toThrow(code('cli/key-file-not-written'));
  });

  it.each([0o644, 0o640, 0o604, 0o620])('is refused with mode %o', async (mode) => {
    writeKeyFile(path, KEYS, '');
    chmodSync(path, mode);
    await expect(readKeyFile(path, nobodyAsks)).rejects.toThrow(code('cli/key-file-open-to-others'));
    expect(() => keyProtection(path)).toThrow(code('cli/key-file-open-to-others'));
  });

  it('is missed when it is not there', async () => {
    await expect(readKeyFile(path, nobodyAsks)).rejects.toThrow(code('cli/no-key'));
  });

  it('gives a typed error wherever it is cut off', async () => {
    writeKeyFile(path, KEYS, '');
    const text = readFileSync(path, 'utf8').trimEnd();
    for (let length = 0; length < text.length; length++) {
      put(text.slice(0, length));
      await expect(readKeyFile(path, nobodyAsks)).rejects.toThrow(code('cli/bad-key-file'));
    }
  });

  it('gives a typed error for whatever else is in it', async () => {
    const fields = fc.record(
      {
        version: fc.constantFrom(1, 2, '1'),
        kdf: fc.constant('none'),
        walletKey: fc.oneof(fc.jsonValue(), fc.string({ unit: fc.constantFrom('0', 'a', 'g'), maxLength: 70 })),
        databaseKey: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fields.map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        put(text);
        const error = await readKeyFile(path, nobodyAsks).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ConclaveError);
        expect(error).toEqual(code('cli/bad-key-file'));
      }),
    );
  });
});
