import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES } from '../bytes/bytes.js';
import { fromHex, toHex, utf8 } from '../bytes/text.js';
import { nobleCrypto } from '../noble/index.js';
import { nodeCrypto } from '../node/index.js';
import type { AeadId, CryptoProvider, Random } from '../provider/provider.js';
import { readVectors } from '../vectors.testkit.js';
import { HpkeContext } from './context.js';
import { deriveX25519PrivateKey, x25519Kem } from './dhkem-x25519.js';
import { createHpkeSealer, hpkeOpen, setupBaseReceiver, setupBaseSender } from './hpke.js';
import { HPKE_AEAD_IDS, type HpkeSuite, keyScheduleContext, scheduleSecret } from './key-schedule.js';
import { xwingKem, xwingPrivateKey } from './xwing.js';

interface Rfc9180Vector {
  readonly section: string;
  readonly aead_id: number;
  readonly info: string;
  readonly ikmE: string;
  readonly skEm: string;
  readonly pkEm: string;
  readonly ikmR: string;
  readonly skRm: string;
  readonly pkRm: string;
  readonly enc: string;
  readonly shared_secret: string;
  readonly key_schedule_context: string;
  readonly secret: string;
  readonly encryptions: readonly { sequence_number: number; pt: string; aad: string; ct: string }[];
  readonly exports: readonly { exporter_context: string; L: number; exported_value: string }[];
}

const vectors = readVectors<Rfc9180Vector[]>('hpke/rfc9180-base-x25519.json');
const providers = [nodeCrypto, nobleCrypto];

/** Gives out `bytes` from the front, so that a run can be replayed. */
function replay(bytes: Uint8Array): Random {
  let offset = 0;
  return (length) => {
    offset += length;
    return bytes.slice(offset - length, offset);
  };
}

function aeadOf(code: number): AeadId {
  return (Object.keys(HPKE_AEAD_IDS) as AeadId[]).find((id) => HPKE_AEAD_IDS[id] === code) as AeadId;
}

describe.each(providers)('HPKE base mode on $name', (provider) => {
  describe.each(vectors)('RFC 9180 $section', (vector) => {
    const suite: HpkeSuite = { provider, kem: x25519Kem(provider), aead: aeadOf(vector.aead_id) };
    const info = fromHex(vector.info);

    it('derives the key pairs', () => {
      expect(toHex(deriveX25519PrivateKey(provider, fromHex(vector.ikmE)))).toBe(vector.skEm);
      expect(toHex(deriveX25519PrivateKey(provider, fromHex(vector.ikmR)))).toBe(vector.skRm);
      expect(toHex(provider.dhPrivateKey(fromHex(vector.skRm)).publicKey)).toBe(vector.pkRm);
    });

    it('encapsulates, decapsulates and runs the key schedule', () => {
      const { enc, sharedSecret } = suite.kem.encap(fromHex(vector.pkRm), replay(fromHex(vector.skEm)));
      expect(toHex(enc)).toBe(vector.enc);
      expect(toHex(sharedSecret)).toBe(vector.shared_secret);
      expect(suite.kem.decap(enc, provider.dhPrivateKey(fromHex(vector.skRm)))).toEqual(sharedSecret);
      expect(toHex(keyScheduleContext(suite, info))).toBe(vector.key_schedule_context);
      expect(toHex(scheduleSecret(suite, sharedSecret))).toBe(vector.secret);
    });

    it('seals, opens and exports in sequence', () => {
      const sender = setupBaseSender(suite, fromHex(vector.pkRm), info, replay(fromHex(vector.skEm)));
      const receiver = setupBaseReceiver(suite, sender.enc, provider.dhPrivateKey(fromHex(vector.skRm)), info);
      const plaintext = fromHex(vector.encryptions[0]?.pt as string);
      for (let sequence = 0; sequence <= 256; sequence++) {
        const listed = vector.encryptions.find((entry) => entry.sequence_number === sequence);
        const aad = utf8(`Count-${sequence}`);
        if (listed !== undefined) expect(toHex(aad)).toBe(listed.aad);
        const sealed = sender.context.seal(aad, plaintext);
        if (listed !== undefined) expect(toHex(sealed)).toBe(listed.ct);
        expect(receiver.open(aad, sealed)).toEqual(plaintext);
      }
      expect(vector.exports.length).toBeGreaterThan(0);
      for (const { exporter_context, L, exported_value } of vector.exports) {
        expect(toHex(sender.context.exportSecret(fromHex(exporter_context), L))).toBe(exported_value);
        expect(toHex(receiver.exportSecret(fromHex(exporter_context), L))).toBe(exported_value);
      }
    });
  });
});

describe('HPKE', () => {
  const suite: HpkeSuite = { provider: nodeCrypto, kem: x25519Kem(nodeCrypto), aead: 'chacha20-poly1305' };
  const privateKey = nodeCrypto.dhPrivateKey(new Uint8Array(32).fill(7));
  const refused = expect.objectContaining({ code: 'crypto/open-failed' });
  const invalidKey = expect.objectContaining({ code: 'crypto/invalid-key' });
  const weak = expect.objectContaining({ code: 'crypto/weak-shared-secret' });

  it('opens what any suite sealed, across back ends', () => {
    const input = fc.record({
      aead: fc.constantFrom<AeadId>('aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'),
      kem: fc.constantFrom('x25519', 'xwing'),
      seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      info: fc.uint8Array({ maxLength: 80 }),
      aad: fc.uint8Array({ maxLength: 80 }),
      plaintext: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(input, ({ aead, kem, seed, info, aad, plaintext }) => {
        const [from, to] = [nodeCrypto, nobleCrypto].map((provider): HpkeSuite => {
          return { provider, aead, kem: kem === 'xwing' ? xwingKem(provider) : x25519Kem(provider) };
        }) as [HpkeSuite, HpkeSuite];
        const key = kem === 'xwing' ? xwingPrivateKey(nobleCrypto, seed) : nobleCrypto.dhPrivateKey(seed);
        const { enc, ciphertext } = createHpkeSealer(from, info).seal(key.publicKey, aad, plaintext, nodeCrypto.random);
        expect(enc).toHaveLength(from.kem.encLength);
        expect(hpkeOpen(to, enc, key, info, aad, ciphertext)).toEqual(plaintext);
        expect(() => hpkeOpen(to, enc, key, info, aad, ciphertext.subarray(1))).toThrow(refused);
      }),
      { numRuns: 25 },
    );
  });

  it('seals to many recipients with one sealer, each with an own encapsulation', () => {
    const sealer = createHpkeSealer(suite, utf8('info'));
    const keys = [1, 2, 3].map((fill) => nodeCrypto.dhPrivateKey(new Uint8Array(32).fill(fill)));
    const sealed = keys.map((key) => sealer.seal(key.publicKey, EMPTY_BYTES, utf8('secret'), nodeCrypto.random));
    expect(new Set(sealed.map(({ enc }) => toHex(enc))).size).toBe(3);
    keys.forEach((key, i) => {
      const { enc, ciphertext } = sealed[i] as (typeof sealed)[number];
      expect(hpkeOpen(suite, enc, key, utf8('info'), EMPTY_BYTES, ciphertext)).toEqual(utf8('secret'));
    });
  });

  it('binds info, associated data, recipient and suite', () => {
    const [info, aad] = [utf8('info'), utf8('aad')];
    const { enc, ciphertext } = createHpkeSealer(suite, info).seal(
      privateKey.publicKey,
      aad,
      utf8('x'),
      nodeCrypto.random,
    );
    const other = nodeCrypto.dhPrivateKey(new Uint8Array(32).fill(8));
    expect(() => hpkeOpen(suite, enc, privateKey, utf8('infO'), aad, ciphertext)).toThrow(refused);
    expect(() => hpkeOpen(suite, enc, privateKey, info, utf8('aaD'), ciphertext)).toThrow(refused);
    expect(() => hpkeOpen(suite, enc, other, info, aad, ciphertext)).toThrow(refused);
    expect(() => hpkeOpen({ ...suite, aead: 'aes-256-gcm' }, enc, privateKey, info, aad, ciphertext)).toThrow(refused);
  });

  it('keeps its place when a ciphertext is refused', () => {
    const sender = setupBaseSender(suite, privateKey.publicKey, EMPTY_BYTES, nodeCrypto.random);
    const receiver = setupBaseReceiver(suite, sender.enc, privateKey, EMPTY_BYTES);
    const [first, second] = [utf8('first'), utf8('second')].map((text) => sender.context.seal(EMPTY_BYTES, text));
    expect(() => receiver.open(EMPTY_BYTES, second as Uint8Array)).toThrow(refused);
    expect(receiver.open(EMPTY_BYTES, first as Uint8Array)).toEqual(utf8('first'));
    expect(receiver.open(EMPTY_BYTES, second as Uint8Array)).toEqual(utf8('second'));
  });

  it('refuses public keys and encapsulations that cannot be used', () => {
    const sealer = createHpkeSealer(suite, EMPTY_BYTES);
    const seal = (publicKey: Uint8Array) => sealer.seal(publicKey, EMPTY_BYTES, EMPTY_BYTES, nodeCrypto.random);
    expect(() => seal(new Uint8Array(31))).toThrow(invalidKey);
    expect(() => seal(new Uint8Array(32))).toThrow(weak);
    expect(() => setupBaseReceiver(suite, new Uint8Array(33), privateKey, EMPTY_BYTES)).toThrow(invalidKey);
    expect(() => setupBaseReceiver(suite, new Uint8Array(32), privateKey, EMPTY_BYTES)).toThrow(weak);
    const xwing = xwingPrivateKey(nodeCrypto, new Uint8Array(32));
    expect(() => setupBaseReceiver(suite, new Uint8Array(32), xwing, EMPTY_BYTES)).toThrow(invalidKey);
    const xwingSuite: HpkeSuite = { ...suite, kem: xwingKem(nodeCrypto) };
    expect(() => setupBaseReceiver(xwingSuite, new Uint8Array(1120), privateKey, EMPTY_BYTES)).toThrow(invalidKey);
  });

  it.each(providers)('checks a key as an agreement on $name would', (provider) => {
    const verdict = (work: () => unknown) => {
      try {
        work();
        return 'usable';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const ofSmallOrder = [
      ...[0, 1].map((u) => Uint8Array.of(u, ...new Uint8Array(31))),
      ...['ec', 'ed', 'ee'].map((low) => fromHex(`${low}${'ff'.repeat(30)}7f`)),
      fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
      fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
    ];
    // Each with its top bit, which does not count, and its neighbours; and what is nothing in particular.
    const spellings = ofSmallOrder.flatMap((key) =>
      [0, 1, 2, 0x80].flatMap((low) =>
        [0, 0x80].map((top) => Uint8Array.from(key, (byte, i) => byte ^ (i === 0 ? low : i === 31 ? top : 0))),
      ),
    );
    const others = Array.from({ length: 100 }, () => provider.random(32));
    const kem = x25519Kem(provider);
    const own = provider.dhPrivateKey(new Uint8Array(32).fill(5));
    const verdicts = [...spellings, ...others, new Uint8Array(31), new Uint8Array(33)].map((key) => {
      const found = verdict(() => kem.checkPublicKey(key));
      expect({ key, found }).toEqual({ key, found: verdict(() => own.dh(key)) });
      return found;
    });
    expect(verdicts.filter((each) => each === 'crypto/weak-shared-secret').length).toBeGreaterThanOrEqual(14);
    expect(verdicts.filter((each) => each === 'usable').length).toBeGreaterThan(100);
  });

  it('wipes the shared secret it was given', () => {
    const sharedSecret = new Uint8Array(32).fill(9);
    new HpkeContext(suite, sharedSecret, keyScheduleContext(suite, EMPTY_BYTES));
    expect(sharedSecret).toEqual(new Uint8Array(32));
  });

  it('wipes what a context derived, when it has done its work', () => {
    const made: Uint8Array[] = [];
    const watched: CryptoProvider = {
      ...nodeCrypto,
      hmac: (...args) => {
        const output = nodeCrypto.hmac(...args);
        made.push(output);
        return output;
      },
    };
    const scheduleContext = keyScheduleContext(suite, EMPTY_BYTES);
    const context = new HpkeContext({ ...suite, provider: watched }, new Uint8Array(32).fill(9), scheduleContext);
    context.wipe();
    expect(made).toHaveLength(4);
    for (const output of made) expect(output).toEqual(new Uint8Array(32));
    // The nonce is a part of what was derived: with key and nonce of zeroes the same comes out.
    const zero = new Uint8Array(32);
    const sealed = nodeCrypto.aeadSeal(suite.aead, zero, zero.subarray(20), EMPTY_BYTES, utf8('x'));
    expect(context.seal(EMPTY_BYTES, utf8('x'))).toEqual(sealed);
  });
});
