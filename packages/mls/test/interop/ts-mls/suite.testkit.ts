/**
 * Cipher suites for ts-mls. Suite 0x0001 is its own; for 0x0003 it wants an AEAD package of its HPKE library, in whose
 * place node:crypto stands here. The key agreement, HPKE, hashes and signatures stay those of ts-mls.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { createRequire } from 'node:module';
import { type CiphersuiteImpl, getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls';
import { makeGenericHpke } from 'ts-mls/crypto/implementation/hpke.js';

const TAG_LENGTH = 16;
const OPTIONS = { authTagLength: TAG_LENGTH };

function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, OPTIONS);
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return new Uint8Array(Buffer.concat([body, cipher.getAuthTag()]));
}

function open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const length = ciphertext.length - TAG_LENGTH;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, OPTIONS);
  decipher.setAuthTag(ciphertext.subarray(length));
  decipher.setAAD(aad, { plaintextLength: length });
  return new Uint8Array(Buffer.concat([decipher.update(ciphertext.subarray(0, length)), decipher.final()]));
}

const bytes = (buffer: ArrayBuffer) => new Uint8Array(buffer);
const buffer = (view: Uint8Array) => view.slice().buffer as ArrayBuffer;

/** The AEAD in the form of the HPKE library (RFC 9180 section 7.3, aead_id 0x0003). */
const CHACHA20_POLY1305 = {
  id: 0x0003,
  keySize: 32,
  nonceSize: 12,
  tagSize: TAG_LENGTH,
  createEncryptionContext: (key: ArrayBuffer) => ({
    seal: async (nonce: ArrayBuffer, data: ArrayBuffer, aad: ArrayBuffer) =>
      buffer(seal(bytes(key), bytes(nonce), bytes(aad), bytes(data))),
    open: async (nonce: ArrayBuffer, data: ArrayBuffer, aad: ArrayBuffer) =>
      buffer(open(bytes(key), bytes(nonce), bytes(aad), bytes(data))),
  }),
};

type HpkeSuite = Parameters<typeof makeGenericHpke>[2];
interface HpkeLibrary {
  CipherSuite: new (parts: { kem: unknown; kdf: unknown; aead: typeof CHACHA20_POLY1305 }) => HpkeSuite;
  DhkemX25519HkdfSha256: new () => unknown;
  HkdfSha256: new () => unknown;
}

/** The library that ts-mls itself depends on, found where ts-mls finds it. */
function loadHpkeLibrary(): HpkeLibrary {
  const fromTsMls = createRequire(createRequire(import.meta.url).resolve('ts-mls/index.js'));
  const name = '@hpke/core';
  return fromTsMls(name) as HpkeLibrary;
}

async function chachaSuite(): Promise<CiphersuiteImpl> {
  const { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = loadHpkeLibrary();
  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: CHACHA20_POLY1305 });
  const aead = {
    encrypt: async (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, data: Uint8Array) =>
      seal(key, nonce, aad, data),
    decrypt: async (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, data: Uint8Array) =>
      open(key, nonce, aad, data),
  };
  const name = 'MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519';
  const aes = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'));
  return { ...aes, name, hpke: await makeGenericHpke(getCiphersuiteFromName(name).hpke, aead, suite) };
}

/** The suite with this number: 0x0001 or 0x0003. */
export async function tsMlsSuite(id: number): Promise<CiphersuiteImpl> {
  if (id === 0x0003) return chachaSuite();
  return getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'));
}
