/** Ed25519ph on libsodium and in plain JavaScript: the same signatures, and the same verdicts on whatever can be made up. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concatBytes } from '../bytes/bytes.js';
import { fromHex, utf8 } from '../bytes/text.js';
import * as portable from '../ed25519/ed25519ph.js';
import { nodeCrypto } from './index.js';
import { openSodium } from './sodium.js';

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
/** A point of order 8; its multiples are all eight points of small order. */
const TORSION = Point.fromBytes(fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'));
const CONTEXT = utf8('PUBLIC SIGNATURE CONTEXT');
const { random, signPrehashed, verifyPrehashed } = nodeCrypto;

const fromLittleEndian = (bytes: Uint8Array) => bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
const toLittleEndian = (value: bigint) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const randomScalar = () => fromLittleEndian(random(40)) % ORDER;
const times = (scalar: bigint, point = Point.BASE) => (scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar));

/** The verdict of the reference, once it is also the one of libsodium. */
function verdict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const expected = portable.verifyPrehashed(publicKey, message, CONTEXT, signature);
  const found = verifyPrehashed(publicKey, message, CONTEXT, signature);
  if (found !== expected) expect({ publicKey, message, signature, verdict: found }).toEqual({ verdict: expected });
  return expected;
}

/** A signature over a key and an R with the given parts of small order, such that S is what an honest signer computes. */
function signOddly(secret: bigint, inKey: bigint, inR: bigint) {
  const nonce = randomScalar();
  const publicKey = times(secret).add(times(inKey, TORSION)).toBytes();
  const r = times(nonce).add(times(inR, TORSION)).toBytes();
  const message = random(20);
  const k = fromLittleEndian(sha512(concatBytes(portable.prehashDomain(CONTEXT), r, publicKey, sha512(message))));
  return { publicKey, message, signature: concatBytes(r, toLittleEndian((nonce + (k % ORDER) * secret) % ORDER)) };
}

describe('Ed25519ph on libsodium', () => {
  it('runs on it', () => {
    expect(openSodium()).toBeDefined();
  });

  it('gives the signatures of the reference', () => {
    for (let i = 0; i < 200; i++) {
      const [seed, message, context] = [random(32), random(i), random(i)];
      const signature = signPrehashed(seed, message, context);
      expect(signature).toEqual(portable.signPrehashed(seed, message, context));
      const { publicKey } = nodeCrypto.signaturePrivateKey(seed);
      expect(verifyPrehashed(publicKey, message, context, signature)).toBe(true);
    }
  });

  it('judges parts of small order in key and R as the reference, also where nothing else is in them', () => {
    const accepted = { withTorsion: 0, ofSmallOrder: 0 };
    let refused = 0;
    for (let inKey = 0n; inKey < 8n; inKey++) {
      for (let inR = 0n; inR < 8n; inR++) {
        for (let attempt = 0; attempt < 16; attempt++) {
          const secret = attempt < 8 ? 0n : randomScalar();
          const { publicKey, message, signature } = signOddly(secret, inKey, inR);
          if (!verdict(publicKey, message, signature)) refused++;
          else if (secret === 0n) accepted.ofSmallOrder++;
          else if (inKey !== 0n) accepted.withTorsion++;
        }
      }
    }
    expect(accepted.withTorsion).toBeGreaterThan(10);
    expect(accepted.ofSmallOrder).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(500);
  });

  it('judges scalars at and over the order, of zero and of all ones, and keys in every other spelling, as the reference', () => {
    const seed = random(32);
    const { publicKey } = nodeCrypto.signaturePrivateKey(seed);
    const message = utf8('m');
    const signature = signPrehashed(seed, message, CONTEXT);
    const s = fromLittleEndian(signature.subarray(32));
    for (const other of [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, s + ORDER, s + 2n * ORDER, 2n ** 256n - 1n]) {
      expect(verdict(publicKey, message, concatBytes(signature.subarray(0, 32), toLittleEndian(other)))).toBe(false);
    }
    const prime = Point.Fp.ORDER;
    const nothing = new Uint8Array(32);
    let accepted = 0;
    for (let y = 0n; y < 19n; y++) {
      for (const spelled of [y, y + prime, y | (1n << 255n), (y + prime) | (1n << 255n)]) {
        // R = -[k]A for S = 0, for each of the eight points that -[k]A may be when A is of small order.
        for (let i = 0n; i < 8n; i++) {
          const r = times(i, TORSION).toBytes();
          if (verdict(toLittleEndian(spelled), message, concatBytes(r, nothing))) accepted++;
        }
      }
    }
    expect(accepted).toBeGreaterThan(2);
  });

  it('judges thousands of damaged and made-up signatures as the reference', () => {
    let accepted = 0;
    for (let i = 0; i < 2500; i++) {
      const seed = random(32);
      const message = random(i % 50);
      const parts = [
        new Uint8Array(nodeCrypto.signaturePrivateKey(seed).publicKey),
        message,
        signPrehashed(seed, message, CONTEXT),
      ] as const;
      const [publicKey, , signature] = parts;
      const kind = i % 5;
      if (kind === 1) signature.set(random(32));
      if (kind === 2) publicKey.set(random(32));
      if (kind === 3) signature.set(random(31), 32);
      if (kind === 4) {
        const target = [publicKey, signature][i % 2] as Uint8Array;
        const at = (random(1)[0] as number) % target.length;
        target[at] = (target[at] as number) ^ (1 << (i % 8));
      }
      if (verdict(...parts)) accepted++;
    }
    expect(accepted).toBe(500);
  });

  it('refuses wrong lengths without a word', () => {
    const key = new Uint8Array(32);
    for (const length of [0, 31, 33, 63, 65]) {
      expect(verifyPrehashed(key, key, CONTEXT, new Uint8Array(length))).toBe(false);
      expect(verifyPrehashed(new Uint8Array(length), key, CONTEXT, new Uint8Array(64))).toBe(false);
    }
  });
});

describe('where WebAssembly cannot be started', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('signs, verifies and encapsulates in plain JavaScript', async () => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    const { signPrehashed: sign, verifyPrehashed: verify } = await import('./ed25519ph.js');
    const { mlKem768 } = await import('./mlkem768.js');
    const { openSodium: open } = await import('./sodium.js');
    expect(open()).toBeUndefined();
    const seed = random(32);
    const signature = signPrehashed(seed, utf8('m'), CONTEXT);
    expect(sign(seed, utf8('m'), CONTEXT)).toEqual(signature);
    expect(verify(nodeCrypto.signaturePrivateKey(seed).publicKey, utf8('m'), CONTEXT, signature)).toBe(true);
    const pair = mlKem768.keyPair(new Uint8Array(64));
    expect(pair).toEqual(nodeCrypto.mlKem768.keyPair(new Uint8Array(64)));
    const { ciphertext, sharedSecret } = mlKem768.encapsulate(pair.publicKey, new Uint8Array(32));
    expect(mlKem768.decapsulate(ciphertext, pair.secretKey)).toEqual(sharedSecret);
    expect(nodeCrypto.mlKem768.decapsulate(ciphertext, pair.secretKey)).toEqual(sharedSecret);
  });
});
