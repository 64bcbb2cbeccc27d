import { describe, expect, it } from 'vitest';
import { openBrowserCrypto } from '../browser/index.js';
import { concatBytes } from '../bytes/bytes.js';
import { fromHex, toHex } from '../bytes/text.js';
import { TlsReader } from '../codec/tls-reader.js';
import { nobleCrypto } from '../noble/index.js';
import { nodeCrypto } from '../node/index.js';
import { readVectors } from '../vectors.testkit.js';
import { setupBaseReceiver } from './hpke.js';
import type { HpkeSuite } from './key-schedule.js';
import {
  XWING_DRAFT_KEM_ID,
  XWING_ENC_LENGTH,
  XWING_PUBLIC_KEY_LENGTH,
  XWING_WELCOME_KEM_ID,
  xwingKem,
  xwingPrivateKey,
  xwingPublicKey,
} from './xwing.js';

interface DraftVector {
  readonly seed: string;
  readonly eseed: string;
  readonly ss: string;
  readonly pk: string;
  readonly ct: string;
}

interface WelcomeVector {
  readonly welcome_message_input: string;
  readonly xwing_private_seed: string;
  readonly xwing_public_key: string;
  readonly hpke_info: string;
  readonly shared_secret: string;
  readonly welcome_plaintext: string;
  readonly metadata_plaintext: string;
}

const draft = readVectors<DraftVector[]>('xwing/draft-06.json');
const { welcome_xwing: welcome } = readVectors<{ welcome_xwing: WelcomeVector }>('xmtp-wire/groups-1.10.0.json');

/** The two ciphertexts of the recorded WelcomeMessageInput: protobuf field 1 of the oneof, then its fields 2 and 7. */
function readWelcomeInput(input: Uint8Array): { enc: Uint8Array; welcome: Uint8Array; metadata: Uint8Array } {
  const outer = readFields(input);
  const fields = readFields(outer.get(1) as Uint8Array);
  const data = new TlsReader(fields.get(2) as Uint8Array);
  const enc = data.opaque();
  const ciphertext = data.opaque();
  data.end();
  return { enc, welcome: ciphertext, metadata: fields.get(7) as Uint8Array };
}

/** Length-delimited fields of one protobuf message; varint fields are passed over. */
function readFields(message: Uint8Array): Map<number, Uint8Array> {
  const reader = new TlsReader(message);
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = reader.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const fields = new Map<number, Uint8Array>();
  while (reader.remaining > 0) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 2) fields.set(tag >> 3, reader.raw(value));
  }
  return fields;
}

describe.each([nodeCrypto, nobleCrypto, await openBrowserCrypto()])('X-Wing on $name', (provider) => {
  const invalidKey = expect.objectContaining({ code: 'crypto/invalid-key' });

  it.each(draft)('matches draft vector $seed', (vector) => {
    const privateKey = xwingPrivateKey(provider, fromHex(vector.seed));
    expect(toHex(privateKey.publicKey)).toBe(vector.pk);
    const { enc, sharedSecret } = xwingKem(provider).encap(privateKey.publicKey, () => fromHex(vector.eseed));
    expect(toHex(enc)).toBe(vector.ct);
    expect(toHex(sharedSecret)).toBe(vector.ss);
    expect(toHex(privateKey.decapsulate(enc))).toBe(vector.ss);
  });

  it('opens both parts of a recorded welcome under the deployed code point, and not under that of the draft', () => {
    const privateKey = xwingPrivateKey(provider, fromHex(welcome.xwing_private_seed));
    expect(toHex(privateKey.publicKey)).toBe(welcome.xwing_public_key);
    const input = readWelcomeInput(fromHex(welcome.welcome_message_input));
    expect(toHex(privateKey.decapsulate(input.enc))).toBe(welcome.shared_secret);

    const open = (kemId: number) => {
      const suite: HpkeSuite = { provider, kem: xwingKem(provider, kemId), aead: 'chacha20-poly1305' };
      return setupBaseReceiver(suite, input.enc, privateKey, fromHex(welcome.hpke_info));
    };
    const context = open(XWING_WELCOME_KEM_ID);
    expect(toHex(context.open(new Uint8Array(0), input.welcome))).toBe(welcome.welcome_plaintext);
    expect(toHex(context.open(new Uint8Array(0), input.metadata))).toBe(welcome.metadata_plaintext);
    expect(() => open(XWING_DRAFT_KEM_ID).open(new Uint8Array(0), input.welcome)).toThrow(
      expect.objectContaining({ code: 'crypto/open-failed' }),
    );
  });

  it('overwrites the expanded ML-KEM key when it is wiped, and when only the public key was wanted', () => {
    const expanded: Uint8Array[] = [];
    const mlKem768 = {
      ...provider.mlKem768,
      keyPair: (seed: Uint8Array) => {
        const pair = provider.mlKem768.keyPair(seed);
        expanded.push(pair.secretKey);
        return pair;
      },
    };
    const noting = { ...provider, mlKem768 };
    const seed = new Uint8Array(32).fill(7);
    const privateKey = xwingPrivateKey(noting, seed);
    expect(expanded[0]?.some((byte) => byte !== 0)).toBe(true);
    privateKey.wipe();
    expect(xwingPublicKey(noting, seed)).toEqual(privateKey.publicKey);
    expect(seed).toEqual(new Uint8Array(32).fill(7));
    expect(expanded).toEqual([new Uint8Array(2400), new Uint8Array(2400)]);
  });

  it('gives another secret, not an error, for a forged ML-KEM part', () => {
    const privateKey = xwingPrivateKey(provider, new Uint8Array(32));
    const { enc, sharedSecret } = xwingKem(provider).encap(privateKey.publicKey, provider.random);
    enc[0] = (enc[0] as number) ^ 1;
    expect(privateKey.decapsulate(enc)).toHaveLength(32);
    expect(toHex(privateKey.decapsulate(enc))).not.toBe(toHex(sharedSecret));
  });

  it('refuses wrong lengths, coefficients over the modulus and small-order X25519 parts', () => {
    const kem = xwingKem(provider);
    const { publicKey } = xwingPrivateKey(provider, new Uint8Array(32));
    expect(() => xwingPrivateKey(provider, new Uint8Array(31))).toThrow(invalidKey);
    expect(() => kem.encap(publicKey.subarray(1), provider.random)).toThrow(invalidKey);
    expect(() =>
      xwingPrivateKey(provider, new Uint8Array(32)).decapsulate(new Uint8Array(XWING_ENC_LENGTH + 1)),
    ).toThrow(invalidKey);
    const overModulus = concatBytes(Uint8Array.of(0xff, 0xff), publicKey.subarray(2));
    expect(() => kem.encap(overModulus, provider.random)).toThrow(invalidKey);
    const smallOrder = new Uint8Array(publicKey);
    smallOrder.fill(0, XWING_PUBLIC_KEY_LENGTH - 32);
    const weak = expect.objectContaining({ code: 'crypto/weak-shared-secret' });
    expect(() => kem.encap(smallOrder, provider.random)).toThrow(weak);

    kem.checkPublicKey(publicKey);
    for (const bad of [publicKey.subarray(1), overModulus]) expect(() => kem.checkPublicKey(bad)).toThrow(invalidKey);
    expect(() => kem.checkPublicKey(smallOrder)).toThrow(weak);
  });

  it('wipes what it drew and agreed on for the others when one key of many is refused', async () => {
    const { publicKey } = xwingPrivateKey(provider, new Uint8Array(32));
    const smallOrder = new Uint8Array(publicKey);
    smallOrder.fill(0, XWING_PUBLIC_KEY_LENGTH - 32);
    for (const bad of [smallOrder, publicKey.subarray(1)]) {
      const secrets: (Uint8Array | undefined)[] = [];
      const kem = xwingKem({
        ...provider,
        agreeManyHybrid: async (jobs) => {
          const agreed = await provider.agreeManyHybrid(jobs);
          for (const each of agreed) secrets.push(each?.mlKemSecret, each?.x25519Secret);
          return agreed;
        },
      });
      const random = (length: number) => {
        const drawn = provider.random(length);
        secrets.push(drawn);
        return drawn;
      };
      await expect(kem.encapMany([publicKey, bad], random)).rejects.toMatchObject({ name: 'CryptoError' });
      expect(() => kem.encap(bad, random)).toThrow(expect.objectContaining({ name: 'CryptoError' }));
      const left = secrets.filter((secret) => secret?.some((byte) => byte !== 0));
      expect(left).toEqual([]);
      expect(secrets.length).toBeGreaterThan(0);
    }
  });

  it('checks a key as an encapsulation would, coefficient by coefficient', () => {
    const kem = xwingKem(provider);
    const { publicKey } = xwingPrivateKey(provider, new Uint8Array(32));
    for (const at of [0, 1, 2, 575, 576, 1149, 1150, 1151, 1152, 1183]) {
      for (const value of [0xd0, 0xcf, 0x0d, 0x01, 0xff]) {
        const changed = new Uint8Array(publicKey);
        changed[at] = value;
        const verdict = (work: () => unknown) => {
          try {
            work();
            return 'usable';
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        expect(verdict(() => kem.checkPublicKey(changed))).toBe(verdict(() => kem.encap(changed, provider.random)));
      }
    }
  });
});
