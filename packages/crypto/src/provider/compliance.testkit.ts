/**
 * What every back end must do. A new back end passes by one call of `describeProvider`; expected values come from
 * standards and vectors, so two back ends that pass also agree with each other.
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { describe, expect, it } from 'vitest';
import { concatBytes, EMPTY_BYTES } from '../bytes/bytes.js';
import { fromHex, toHex, utf8 } from '../bytes/text.js';
import { readVectors } from '../vectors.testkit.js';
import type { AeadId, CryptoProvider } from './provider.js';

interface Ed25519EdgeCase {
  readonly name: string;
  readonly prehashed: boolean;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
}

const PUBLIC_CONTEXT = utf8('PUBLIC SIGNATURE CONTEXT');
const AEADS: readonly (readonly [AeadId, number])[] = [
  ['aes-128-gcm', 16],
  ['aes-256-gcm', 32],
  ['chacha20-poly1305', 32],
];

/** Public keys whose X25519 product with any scalar is zero (RFC 7748 section 6.1), with a non-canonical spelling. */
const SMALL_ORDER_X25519: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  '0100000000000000000000000000000000000000000000000000000000000080',
];

/** X25519(00 01 … 1f, u = 2), on which the three libraries agree. */
const TWIST_SECRET = 'dccdd10f7b3192c526ef0674b53287527de909fdfe2c741c6bd49520da678a53';

function counting(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => start + i);
}

/** Runs the whole suite on one back end. */
export function describeProvider(provider: CryptoProvider): void {
  describe(`crypto provider ${provider.name}`, () => {
    describeHashes(provider);
    describeAead(provider);
    describeEd25519(provider);
    describeX25519(provider);
    describeSecp256k1(provider);

    it('gives plain Uint8Arrays, whose slice copies', () => {
      const key = provider.dhPrivateKey(counting(32));
      const signer = provider.signaturePrivateKey(counting(32));
      const sealed = provider.aeadSeal('aes-128-gcm', counting(16), counting(12), EMPTY_BYTES, utf8('text'));
      const kem = provider.mlKem768.keyPair(counting(64));
      const results = [
        provider.random(8),
        provider.hash('sha256', utf8('a')),
        provider.hash('sha256', utf8('a'), utf8('b')),
        provider.hmac('sha512', utf8('k'), utf8('a')),
        provider.hkdfExtract(EMPTY_BYTES, utf8('a')),
        provider.hkdfExpand(counting(32), EMPTY_BYTES, 8),
        sealed,
        provider.aeadOpen('aes-128-gcm', counting(16), counting(12), EMPTY_BYTES, sealed),
        signer.publicKey,
        signer.sign(EMPTY_BYTES),
        provider.signaturePublicKey(signer.publicKey).bytes,
        provider.signPrehashed(counting(32), EMPTY_BYTES, EMPTY_BYTES),
        key.publicKey,
        key.dh(provider.dhPrivateKey(counting(32, 1)).publicKey),
        kem.publicKey,
        ...Object.values(provider.mlKem768.encapsulate(kem.publicKey, counting(32))),
      ];
      for (const result of results) expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
    });

    it('gives fresh random bytes of the length asked for', () => {
      expect(provider.random(0)).toHaveLength(0);
      expect(provider.random(1000)).toHaveLength(1000);
      expect(toHex(provider.random(32))).not.toBe(toHex(provider.random(32)));
    });
  });
}

function describeHashes(provider: CryptoProvider): void {
  it('hashes (FIPS 180-4 examples), parts as one message', () => {
    expect(toHex(provider.hash('sha256', utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(provider.hash('sha256'))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(toHex(provider.hash('sha512', utf8('a'), utf8(''), utf8('bc')))).toBe(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    );
  });

  it.each([
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ])('hashes %j with Keccak as Ethereum does', (text, digest) => {
    expect(toHex(provider.keccak256(utf8(text)))).toBe(digest);
  });

  it('hashes any length with Keccak as the portable code does', () => {
    for (const length of [1, 64, 134, 135, 136, 137, 271, 272, 273, 420, 1000]) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
      expect(provider.keccak256(data)).toEqual(keccak_256(data));
    }
  });

  it('computes HMAC (RFC 4231 case 2), parts as one message', () => {
    const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(toHex(provider.hmac('sha256', utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(mac);
    expect(toHex(provider.hmac('sha256', utf8('Jefe'), utf8('what do ya '), utf8('want for nothing?')))).toBe(mac);
  });

  it('extracts and expands HKDF (RFC 5869 A.1, A.2, A.3)', () => {
    const prk = provider.hkdfExtract(counting(13), new Uint8Array(22).fill(0x0b));
    expect(toHex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    expect(toHex(provider.hkdfExpand(prk, counting(10, 0xf0), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
    const prk2 = provider.hkdfExtract(counting(80, 0x60), counting(80));
    expect(toHex(provider.hkdfExpand(prk2, counting(80, 0xb0), 82))).toBe(
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
        '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    );
    const prk3 = provider.hkdfExtract(EMPTY_BYTES, new Uint8Array(22).fill(0x0b));
    expect(toHex(prk3)).toBe('19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04');
    expect(provider.hkdfExtract(new Uint8Array(32), new Uint8Array(22).fill(0x0b))).toEqual(prk3);
  });

  it('expands to any length up to 8160 bytes, each a prefix of the next', () => {
    const prk = counting(32);
    const longest = provider.hkdfExpand(prk, utf8('info'), 8160);
    for (const length of [0, 1, 16, 31, 32, 33, 64, 65, 8159]) {
      expect(provider.hkdfExpand(prk, utf8('info'), length)).toEqual(longest.slice(0, length));
    }
    expect(() => provider.hkdfExpand(prk, utf8('info'), 8161)).toThrow(
      expect.objectContaining({ code: 'codec/length-limit' }),
    );
  });
}

function describeAead(provider: CryptoProvider): void {
  it('seals as RFC 8439 section 2.8.2', () => {
    const plaintext = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = provider.aeadSeal(
      'chacha20-poly1305',
      counting(32, 0x80),
      fromHex('070000004041424344454647'),
      fromHex('50515253c0c1c2c3c4c5c6c7'),
      plaintext,
    );
    expect(toHex(sealed.subarray(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691');
    expect(toHex(sealed.subarray(0, 16))).toBe('d31a8d34648e60db7b86afbc53ef7ec2');
  });

  it('seals as the GCM specification, test cases 4 and 14', () => {
    const key = fromHex('feffe9928665731c6d6a8f9467308308');
    const aad = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const plaintext = fromHex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
        '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    );
    const sealed = provider.aeadSeal('aes-128-gcm', key, fromHex('cafebabefacedbaddecaf888'), aad, plaintext);
    expect(toHex(sealed.subarray(-16))).toBe('5bc94fbc3221a5db94fae95ae7121a47');
    const zeros = provider.aeadSeal(
      'aes-256-gcm',
      new Uint8Array(32),
      new Uint8Array(12),
      EMPTY_BYTES,
      new Uint8Array(16),
    );
    expect(toHex(zeros)).toBe('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919');
  });

  for (const [id, keyLength] of AEADS) {
    it(`${id}: opens what it sealed, refuses everything else with crypto/open-failed`, () => {
      const key = counting(keyLength);
      const nonce = counting(12);
      const aad = utf8('associated');
      for (const length of [0, 1, 15, 16, 17, 1000]) {
        const plaintext = counting(length);
        const sealed = provider.aeadSeal(id, key, nonce, aad, plaintext);
        expect(sealed).toHaveLength(length + 16);
        expect(provider.aeadOpen(id, key, nonce, aad, sealed)).toEqual(plaintext);
      }
      const sealed = provider.aeadSeal(id, key, nonce, aad, utf8('text'));
      const refused = expect.objectContaining({ code: 'crypto/open-failed' });
      for (let i = 0; i < sealed.length; i++) {
        const altered = new Uint8Array(sealed);
        altered[i] = (altered[i] as number) ^ 1;
        expect(() => provider.aeadOpen(id, key, nonce, aad, altered)).toThrow(refused);
        expect(() => provider.aeadOpen(id, key, nonce, aad, sealed.subarray(0, i))).toThrow(refused);
      }
      expect(() => provider.aeadOpen(id, key, nonce, EMPTY_BYTES, sealed)).toThrow(refused);
      expect(() => provider.aeadOpen(id, key, counting(12, 1), aad, sealed)).toThrow(refused);
      expect(() => provider.aeadOpen(id, counting(keyLength, 1), nonce, aad, sealed)).toThrow(refused);
    });

    it(`${id}: refuses keys and nonces of another length`, () => {
      const invalid = expect.objectContaining({ code: 'crypto/invalid-key' });
      for (const length of [0, 12, 15, 17, 24, 31, 33].filter((n) => n !== keyLength)) {
        const nonce = counting(12);
        expect(() => provider.aeadSeal(id, counting(length), nonce, EMPTY_BYTES, EMPTY_BYTES)).toThrow(invalid);
        expect(() => provider.aeadOpen(id, counting(length), nonce, EMPTY_BYTES, counting(16))).toThrow(invalid);
      }
      for (const length of [0, 8, 11, 13, 16]) {
        const nonce = counting(length);
        expect(() => provider.aeadSeal(id, counting(keyLength), nonce, EMPTY_BYTES, EMPTY_BYTES)).toThrow(invalid);
        expect(() => provider.aeadOpen(id, counting(keyLength), nonce, EMPTY_BYTES, counting(16))).toThrow(invalid);
      }
    });
  }
}

function describeEd25519(provider: CryptoProvider): void {
  const edgeCases = readVectors<Ed25519EdgeCase[]>('ed25519/edge.json');

  it('signs as RFC 8032 section 7.1, tests 1 and 2', () => {
    const key = provider.signaturePrivateKey(
      fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
    );
    expect(toHex(key.publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    expect(toHex(key.sign(EMPTY_BYTES))).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
        '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
    const key2 = provider.signaturePrivateKey(
      fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
    );
    expect(toHex(key2.sign(fromHex('72')))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  it.each(edgeCases.filter((edge) => !edge.prehashed))('Ed25519 edge: $name ($valid)', async (edge) => {
    const job = {
      publicKey: fromHex(edge.publicKey),
      message: utf8(edge.message),
      signature: fromHex(edge.signature),
    };
    expect(provider.signaturePublicKey(job.publicKey).verify(job.message, job.signature)).toBe(edge.valid);
    // Two: one of them may be checked on another thread.
    expect(await provider.verifyMany([job, job])).toEqual([edge.valid, edge.valid]);
  });

  it.each(edgeCases.filter((edge) => edge.prehashed))('Ed25519ph edge: $name ($valid)', (edge) => {
    const signature = fromHex(edge.signature);
    expect(provider.verifyPrehashed(fromHex(edge.publicKey), utf8(edge.message), PUBLIC_CONTEXT, signature)).toBe(
      edge.valid,
    );
  });

  it('refuses seeds that are not 32 bytes', () => {
    const invalid = expect.objectContaining({ code: 'crypto/invalid-key' });
    for (const length of [0, 31, 33, 64]) {
      expect(() => provider.signaturePrivateKey(counting(length))).toThrow(invalid);
      expect(() => provider.signPrehashed(counting(length), EMPTY_BYTES, EMPTY_BYTES)).toThrow(invalid);
    }
  });

  it('keeps own copies of the bytes that a handle was made from', () => {
    const seed = counting(32);
    const key = provider.signaturePrivateKey(seed);
    const expected = toHex(key.sign(utf8('m')));
    const publicBytes = new Uint8Array(key.publicKey);
    const publicKey = provider.signaturePublicKey(publicBytes);
    seed.fill(0);
    publicBytes.fill(0);
    expect(toHex(key.sign(utf8('m')))).toBe(expected);
    expect(publicKey.verify(utf8('m'), fromHex(expected))).toBe(true);
  });

  it('checks many signatures, in the order of the jobs', async () => {
    const key = provider.signaturePrivateKey(counting(32));
    const jobs = Array.from({ length: 200 }, (_, i) => {
      const message = Uint8Array.of(i);
      const signature = i % 3 === 0 ? counting(i % 70) : key.sign(i % 3 === 1 ? message : Uint8Array.of(i, 0));
      return { publicKey: key.publicKey, message, signature };
    });
    for (const count of [0, 1, 2, 3, 31, 32, 200]) {
      const verdicts = await provider.verifyMany(jobs.slice(0, count));
      expect(verdicts).toEqual(jobs.slice(0, count).map((_, i) => i % 3 === 1));
    }
  });

  it('signs Ed25519ph as RFC 8032 section 7.3 and as the deployed client', () => {
    const seed = fromHex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42');
    expect(toHex(provider.signPrehashed(seed, utf8('abc'), EMPTY_BYTES))).toBe(
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
        '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
    );
    const recorded = provider.signPrehashed(counting(32), utf8('conclave'), PUBLIC_CONTEXT);
    expect(toHex(recorded)).toBe(
      '16afe47d9cf06661f0c84d3e1266c34944b066e2120aedaceb6fa5313d9e47b3' +
        'e21c53f4cc9ce6acb5b827a8e79b8f32b573710096fcb6542ec7ab015ad7e800',
    );
    const { publicKey } = provider.signaturePrivateKey(counting(32));
    expect(provider.verifyPrehashed(publicKey, utf8('conclave'), PUBLIC_CONTEXT, recorded)).toBe(true);
    expect(provider.verifyPrehashed(publicKey, utf8('conclave'), utf8('OTHER'), recorded)).toBe(false);
    expect(provider.verifyPrehashed(publicKey, utf8('conclavE'), PUBLIC_CONTEXT, recorded)).toBe(false);
  });

  it('takes contexts of up to 255 bytes', () => {
    const message = utf8('m');
    const context = new Uint8Array(255);
    const signature = provider.signPrehashed(counting(32), message, context);
    const { publicKey } = provider.signaturePrivateKey(counting(32));
    expect(provider.verifyPrehashed(publicKey, message, context, signature)).toBe(true);
    const tooLong = expect.objectContaining({ code: 'codec/length-limit' });
    expect(() => provider.signPrehashed(counting(32), message, new Uint8Array(256))).toThrow(tooLong);
    expect(() => provider.verifyPrehashed(publicKey, message, new Uint8Array(256), signature)).toThrow(tooLong);
  });
}

function describeX25519(provider: CryptoProvider): void {
  it('agrees as RFC 7748 section 6.1', () => {
    const alice = provider.dhPrivateKey(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = provider.dhPrivateKey(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    expect(toHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(alice.dh(bob.publicKey))).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
    expect(bob.dh(alice.publicKey)).toEqual(alice.dh(bob.publicKey));
  });

  it('ignores the top bit of a public key (RFC 7748 section 5)', () => {
    const alice = provider.dhPrivateKey(counting(32));
    const peer = provider.dhPrivateKey(counting(32, 1)).publicKey;
    const spelled = concatBytes(peer.subarray(0, 31), Uint8Array.of((peer[31] as number) | 0x80));
    expect(alice.dh(spelled)).toEqual(alice.dh(peer));
  });

  it('reads a public key at or above p as its remainder (RFC 7748 section 5)', () => {
    const alice = provider.dhPrivateKey(counting(32));
    // p = 2^255 - 19, so that ff...f6 with the top bit clear is p + 9 and agrees like the base point; once with the bit.
    const canonical = concatBytes(Uint8Array.of(9), new Uint8Array(31));
    for (const top of ['7f', 'ff']) {
      const spelled = fromHex(`f6${'ff'.repeat(30)}${top}`);
      expect(toHex(alice.dh(spelled))).toBe(toHex(alice.dh(canonical)));
    }
    expect(alice.dh(canonical)).toEqual(alice.publicKey);
  });

  it('agrees with points of the twist (u = 2), which RFC 7748 does not refuse', () => {
    const alice = provider.dhPrivateKey(counting(32));
    const secret = alice.dh(concatBytes(Uint8Array.of(2), new Uint8Array(31)));
    expect(toHex(secret)).toBe(TWIST_SECRET);
  });

  it.each(SMALL_ORDER_X25519)('refuses the all-zero secret of %s', (publicKey) => {
    expect(() => provider.dhPrivateKey(counting(32)).dh(fromHex(publicKey))).toThrow(
      expect.objectContaining({ code: 'crypto/weak-shared-secret' }),
    );
  });

  it('refuses keys that are not 32 bytes', () => {
    const invalid = expect.objectContaining({ code: 'crypto/invalid-key' });
    for (const length of [0, 31, 33, 1216]) {
      expect(() => provider.dhPrivateKey(new Uint8Array(length))).toThrow(invalid);
      expect(() => provider.dhPrivateKey(counting(32)).dh(new Uint8Array(length))).toThrow(invalid);
    }
  });
}

/** The wallet of EIP-155's example: private key of 32 bytes 0x46, and its signature over the example's digest. */
const EIP155 = {
  digest: 'daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53',
  r: '28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276',
  s: '67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
  publicKey:
    '044bc2a31265153f07e70e0bab08724e6b85e217f8cd628ceb62974247bb493382ce28cab79ad7119ee1ad3ebcdb98a16805211530ecc6cfefa1b88e6dff99232a',
};
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';

function describeSecp256k1(provider: CryptoProvider): void {
  const recover = (digest: string, r: string, s: string, parity: 0 | 1 = 0) => {
    const key = provider.recoverSecp256k1(fromHex(digest), fromHex(r + s), parity);
    return key === undefined ? undefined : toHex(key);
  };
  const { digest, r, s, publicKey } = EIP155;

  it('recovers the key of the example in EIP-155, and another with the other parity', () => {
    expect(recover(digest, r, s)).toBe(publicKey);
    expect(recover(digest, r, s, 1)).toMatch(/^04[0-9a-f]{128}$/);
    expect(recover(digest, r, s, 1)).not.toBe(publicKey);
  });

  it.each([
    ['R of zero', '00'.repeat(32), s],
    ['S of zero', r, '00'.repeat(32)],
    ['R at the order', ORDER, s],
    ['S at the order', r, ORDER],
    ['R that is no x coordinate of the curve', `${'00'.repeat(31)}05`, s],
    ['a signature cut short', r, s.slice(2)],
    ['a signature that is too long', r, `${s}00`],
  ])('recovers nothing from %s', (_, badR, badS) => {
    expect(recover(digest, badR, badS)).toBeUndefined();
  });
}
