import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { concatBytes, EMPTY_BYTES } from '../bytes/bytes.js';
import { fromHex } from '../bytes/text.js';
import { decodePublicKey, verifyStrict } from '../ed25519/verify.js';
import { nobleCrypto } from '../noble/index.js';
import { describeProvider } from '../provider/compliance.testkit.js';
import { openBrowserCrypto } from './index.js';

const browserCrypto = await openBrowserCrypto();

describeProvider(browserCrypto);

describe('openBrowserCrypto', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('runs on libsodium where WebAssembly is at hand', () => {
    expect(browserCrypto.name).toBe('browser');
  });

  it('runs on plain JavaScript where it is not', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(await openBrowserCrypto()).toBe(nobleCrypto);
  });
});

describe('verifyMany', () => {
  it('lets other work in between', async () => {
    const key = browserCrypto.signaturePrivateKey(new Uint8Array(32));
    const job = { publicKey: key.publicKey, message: EMPTY_BYTES, signature: key.sign(EMPTY_BYTES) };
    const order: string[] = [];
    const checks = browserCrypto.verifyMany(Array.from({ length: 300 }, () => job)).then((results) => {
      order.push('checked');
      return results;
    });
    const other = new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('other work'));
    expect(await checks).toEqual(Array.from({ length: 300 }, () => true));
    await other;
    expect(order).toEqual(['other work', 'checked']);
  });
});

/** A point of order 8 (see `../ed25519/small-order.ts`); its multiples are all eight points of small order. */
const TORSION = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');

describe('Ed25519 with parts of small order', () => {
  const { Point } = ed25519;
  const torsion = Point.fromBytes(TORSION);
  const order = Point.Fn.ORDER;
  const littleEndian = (bytes: Uint8Array) => bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);

  it('in key and R in all combinations: as the definition says', () => {
    const verdicts = new Set<boolean>();
    for (let inKey = 0; inKey < 8; inKey++) {
      for (let inR = 0; inR < 8; inR++) {
        for (let attempt = 0; attempt < 4; attempt++) {
          const [secret, blinding] = [
            littleEndian(nobleCrypto.random(40)) % order,
            littleEndian(nobleCrypto.random(40)) % order,
          ];
          const publicKey = Point.BASE.multiply(secret)
            .add(torsion.multiplyUnsafe(BigInt(inKey)))
            .toBytes();
          const r = Point.BASE.multiply(blinding)
            .add(torsion.multiplyUnsafe(BigInt(inR)))
            .toBytes();
          const message = nobleCrypto.random(20);
          const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % order;
          const signature = concatBytes(r, Point.Fn.toBytes(Point.Fn.create(blinding + k * secret)));
          const decoded = decodePublicKey(publicKey);
          const expected = decoded !== undefined && verifyStrict(decoded, message, signature);
          expect(browserCrypto.signaturePublicKey(publicKey).verify(message, signature)).toBe(expected);
          verdicts.add(expected);
        }
      }
    }
    expect(verdicts).toEqual(new Set([true, false]));
  });
});
