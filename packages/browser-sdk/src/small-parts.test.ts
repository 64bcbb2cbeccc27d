/** libsodium as it is bundled, without what is not used: it starts, and does what the whole one does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CryptoProvider } from '@conclave/crypto';
import { nobleCrypto } from '@conclave/crypto/noble';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
let folder: string;
let provider: CryptoProvider;

beforeAll(async () => {
  const { smallSodium } = await import(new URL('../scripts/small-parts.mjs', import.meta.url).href);
  const { oneNoble } = await import(new URL('../../../scripts/bundling/plugins.mjs', import.meta.url).href);
  folder = await mkdtemp(join(tmpdir(), 'conclave-small-'));
  const outfile = join(folder, 'crypto.mjs');
  await build({
    stdin: { contents: "export { openBrowserCrypto } from '@conclave/crypto/browser';", resolveDir: PACKAGE },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['conclave-source', 'browser', 'import'],
    plugins: [oneNoble, smallSodium],
    logLevel: 'error',
    outfile,
  });
  provider = await (await import(pathToFileURL(outfile).href)).openBrowserCrypto();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('libsodium as it is bundled', () => {
  it('starts', () => {
    expect(provider.name).toBe('browser');
  });

  it('signs and verifies as noble does', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => i);
    const message = new TextEncoder().encode('a message');
    const key = provider.signaturePrivateKey(seed);
    const signature = key.sign(message);
    expect(signature).toEqual(nobleCrypto.signaturePrivateKey(seed).sign(message));
    const publicKey = provider.signaturePublicKey(key.publicKey);
    expect(publicKey.verify(message, signature)).toBe(true);
    expect(publicKey.verify(Uint8Array.of(1), signature)).toBe(false);
  });

  it('agrees on keys as noble does', () => {
    const [own, peer] = [new Uint8Array(32).fill(5), new Uint8Array(32).fill(6)];
    const { publicKey } = nobleCrypto.dhPrivateKey(peer);
    expect(provider.dhPrivateKey(own).dh(publicKey)).toEqual(nobleCrypto.dhPrivateKey(own).dh(publicKey));
    expect(provider.dhPrivateKey(own).publicKey).toEqual(nobleCrypto.dhPrivateKey(own).publicKey);
  });

  it('seals and opens as noble does', () => {
    const [key, nonce] = [new Uint8Array(32).fill(7), new Uint8Array(12).fill(9)];
    const [aad, plaintext] = [Uint8Array.of(1, 2), new Uint8Array(300).fill(3)];
    const sealed = provider.aeadSeal('chacha20-poly1305', key, nonce, aad, plaintext);
    expect(sealed).toEqual(nobleCrypto.aeadSeal('chacha20-poly1305', key, nonce, aad, plaintext));
    expect(provider.aeadOpen('chacha20-poly1305', key, nonce, aad, sealed)).toEqual(plaintext);
  });
});
