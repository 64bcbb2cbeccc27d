import { concatBytes, fromHex, toHex, xwingPrivateKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { createKeyPackage, decodeKeyPackage, getCipherSuite, type KeyPackage, keyPackageRef } from '@conclave/mls';
import { create, toBinary, WelcomeWrapperAlgorithm, WelcomeWrapperEncryptionSchema } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { NS_PER_DAY, NS_PER_SECOND } from '../host.js';
import { TEST_START_NS } from '../host.testkit.js';
import { wireVectors } from '../wire-vectors.testkit.js';
import { inboxCredential, inboxOfCredential } from './credential.js';
import {
  acceptKeyPackage,
  createInstallationKeyPackage,
  KEY_PACKAGE_CAPABILITIES,
  leafLifetime,
  XMTP_CIPHER_SUITE,
} from './key-package.js';

const suite = getCipherSuite(XMTP_CIPHER_SUITE, nodeCrypto);
const golden = decodeKeyPackage(fromHex(wireVectors().key_package));
const goldenInbox = inboxOfCredential(golden.leafNode.credential);
const goldenNowNs = ((golden.leafNode.lifetime?.notBefore as bigint) + 3_600n) * NS_PER_SECOND;
const nowNs = TEST_START_NS;

function own(inboxId = goldenInbox, atNs = nowNs) {
  const signatureKey = nodeCrypto.signaturePrivateKey(nodeCrypto.random(32));
  const identity = { inboxId, signatureKey, credential: inboxCredential(inboxId) };
  const row = createInstallationKeyPackage({ suite, identity, nowNs: atNs, random: nodeCrypto.random });
  return { row, identity, keyPackage: decodeKeyPackage(row.keyPackage) };
}

const refusal = (rule: string) =>
  expect.objectContaining({ code: 'client/key-package-invalid', details: expect.objectContaining({ rule }) });

describe('our key package', () => {
  /** Everything but keys and signatures, which are random, and times, which are now. */
  function structure({ version, suite: suiteId, leafNode, extensions, initKey, signature, raw }: KeyPackage) {
    const { capabilities, credential, lifetime, source } = leafNode;
    return {
      version,
      suiteId,
      length: raw.length,
      lengths: [initKey, leafNode.encryptionKey, leafNode.signatureKey, leafNode.signature, signature].map(
        (each) => each.length,
      ),
      capabilities,
      credential,
      source,
      lifetimeSpan: (lifetime?.notAfter as bigint) - (lifetime?.notBefore as bigint),
      leafExtensions: leafNode.extensions,
      // The X-Wing key stands between four bytes of tag and length and two of algorithm.
      extensions: extensions.map(({ type, data }) => ({
        type,
        data: data.length < 1000 ? data : concatBytes(data.subarray(0, 3), data.subarray(3 + 1216)),
      })),
    };
  }

  it('has the structure of the recorded one in every field, and lists app data besides', () => {
    const recorded = structure(golden);
    const { extensions, proposals, ...others } = recorded.capabilities;
    const capabilities = { ...others, extensions: [...extensions, 0x0006], proposals: [...proposals, 0x0008] };
    expect(structure(own().keyPackage)).toEqual({ ...recorded, capabilities, length: recorded.length + 4 });
    expect(golden.raw).toHaveLength(1659);
  });

  it('is valid from an hour ago for 84 days', () => {
    const lifetime = leafLifetime(nowNs);
    expect(lifetime.notBefore).toBe(nowNs / NS_PER_SECOND - 3600n);
    expect(lifetime.notAfter - lifetime.notBefore).toBe(7_261_200n);
  });

  it('is stored with the keys that belong to it', () => {
    const { row, keyPackage } = own();
    expect(row.ref).toEqual(keyPackageRef(suite, keyPackage));
    expect(nodeCrypto.dhPrivateKey(row.initPrivateKey).publicKey).toEqual(row.initPublicKey);
    expect(nodeCrypto.dhPrivateKey(row.encryptionPrivateKey).publicKey).toEqual(keyPackage.leafNode.encryptionKey);
    expect(xwingPrivateKey(nodeCrypto, row.wrapperSeed).publicKey).toEqual(row.wrapperPublicKey);
    expect(toHex(row.keyPackage)).toContain(toHex(row.wrapperPublicKey));
  });

  it('is different every time', () => {
    const [one, two] = [own().row, own().row];
    expect(one.initPrivateKey).not.toEqual(two.initPrivateKey);
    expect(one.wrapperSeed).not.toEqual(two.wrapperSeed);
    expect(one.encryptionPrivateKey).not.toEqual(one.initPrivateKey);
  });
});

describe('accepting a key package', () => {
  const expected = { inboxId: goldenInbox, installationId: golden.leafNode.signatureKey };
  const accept = (bytes: Uint8Array, who = expected, atNs = goldenNowNs) => acceptKeyPackage(suite, bytes, who, atNs);

  it('takes the recorded one', () => {
    const accepted = accept(golden.raw);
    expect(accepted).toMatchObject({ inboxId: goldenInbox, supportsPointers: true });
    expect(accepted.wrapperKey.algorithm).toBe('xwing');
    expect(accepted.wrapperKey.publicKey).toHaveLength(1216);
    expect(accepted.installationId).toEqual(expected.installationId);
  });

  it('refuses one that is missing, truncated anywhere, or has more bytes', () => {
    expect(() => accept(new Uint8Array(0))).toThrow(refusal('missing'));
    for (let length = 1; length < golden.raw.length; length += 13) {
      expect(() => accept(golden.raw.subarray(0, length))).toThrow(refusal('malformed'));
    }
    expect(() => accept(concatBytes(golden.raw, Uint8Array.of(0)))).toThrow(refusal('malformed'));
  });

  it('refuses every single flipped bit', () => {
    for (let index = 0; index < golden.raw.length; index += 7) {
      const damaged = golden.raw.slice();
      damaged[index] = (damaged[index] as number) ^ (1 << (index % 8));
      expect(() => accept(damaged), `byte ${index}`).toThrow(
        expect.objectContaining({ code: 'client/key-package-invalid' }),
      );
    }
  });

  it('refuses one of another installation or inbox than was asked for', () => {
    expect(() => accept(golden.raw, { ...expected, installationId: nodeCrypto.random(32) })).toThrow(
      refusal('installation'),
    );
    expect(() => accept(golden.raw, { ...expected, inboxId: 'ab'.repeat(32) })).toThrow(refusal('inbox'));
  });

  it('refuses one before and after its lifetime', () => {
    expect(() => accept(golden.raw, expected, goldenNowNs - NS_PER_DAY)).toThrow(refusal('leaf-lifetime'));
    expect(() => accept(golden.raw, expected, goldenNowNs + 85n * NS_PER_DAY)).toThrow(refusal('leaf-lifetime'));
  });

  /** A validly signed key package with some part changed. */
  function variant(
    change: (params: Parameters<typeof createKeyPackage>[0]) => Partial<Parameters<typeof createKeyPackage>[0]>,
  ) {
    const { identity, keyPackage } = own();
    const params: Parameters<typeof createKeyPackage>[0] = {
      suite,
      signatureKey: identity.signatureKey,
      credential: identity.credential,
      capabilities: KEY_PACKAGE_CAPABILITIES,
      lifetime: leafLifetime(nowNs),
      leafExtensions: keyPackage.leafNode.extensions,
      extensions: keyPackage.extensions,
      random: nodeCrypto.random,
    };
    const built = createKeyPackage({ ...params, ...change(params) }).keyPackage;
    const who = { inboxId: identity.inboxId, installationId: identity.signatureKey.publicKey };
    return { built, accept: () => acceptKeyPackage(suite, built.raw, who, nowNs) };
  }

  const wrapper = (algorithm: WelcomeWrapperAlgorithm, pubKey: Uint8Array) => ({
    type: 0xff03,
    data: toBinary(WelcomeWrapperEncryptionSchema, create(WelcomeWrapperEncryptionSchema, { algorithm, pubKey })),
  });

  it('wraps to the init key where no other is named', () => {
    const { built, accept: acceptIt } = variant(() => ({ extensions: [] }));
    const wrapperKey = { algorithm: 'curve25519', publicKey: built.initKey };
    expect(acceptIt()).toMatchObject({ supportsPointers: false, wrapperKey });
  });

  it.each([
    ['Curve25519', WelcomeWrapperAlgorithm.CURVE25519],
    ['no algorithm', WelcomeWrapperAlgorithm.UNSPECIFIED],
    ['an algorithm that it does not know', 9 as WelcomeWrapperAlgorithm],
  ])('wraps with Curve25519 to the key that is named for %s, as the deployed client', (_, algorithm) => {
    const { publicKey } = nodeCrypto.dhPrivateKey(nodeCrypto.random(32));
    const named = (key: Uint8Array) => variant(() => ({ extensions: [wrapper(algorithm, key)] })).accept;
    expect(named(publicKey)()).toMatchObject({ wrapperKey: { algorithm: 'curve25519', publicKey } });
    expect(named(publicKey.subarray(1))).toThrow(refusal('wrapper-key'));
    expect(named(new Uint8Array(0))).toThrow(refusal('wrapper-key'));
    expect(named(new Uint8Array(32))).toThrow(refusal('unusable-key'));
  });

  it('does not wrap to a key that is for pointees', () => {
    const extension = wrapper(WelcomeWrapperAlgorithm.SYMMETRIC_KEY, nodeCrypto.random(32));
    expect(variant(() => ({ extensions: [extension] })).accept).toThrow(refusal('wrapper-key'));
  });

  it('refuses broken XMTP extensions', () => {
    const bad = (type: number, data: Uint8Array) => variant(() => ({ extensions: [{ type, data }] })).accept;
    expect(bad(0xff03, Uint8Array.of(0x0a, 0x05, 1))).toThrow(refusal('wrapper-key'));
    expect(bad(0xff04, Uint8Array.of(0x0a, 0x05, 1))).toThrow(refusal('pointee-aeads'));
    const short = wrapper(WelcomeWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6, nodeCrypto.random(1215));
    expect(variant(() => ({ extensions: [short] })).accept).toThrow(refusal('wrapper-key'));
  });

  it('refuses keys that nothing can be encrypted to', () => {
    const overflow = nodeCrypto.random(1216).fill(0xff, 0, 1184);
    for (const key of [new Uint8Array(1216), overflow]) {
      const extension = wrapper(WelcomeWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6, key);
      expect(variant(() => ({ extensions: [extension] })).accept).toThrow(refusal('unusable-key'));
    }
  });

  it('refuses a member that could not understand the group', () => {
    const without = (type: number) => () => ({
      capabilities: {
        ...KEY_PACKAGE_CAPABILITIES,
        extensions: KEY_PACKAGE_CAPABILITIES.extensions.filter((each) => each !== type),
      },
    });
    expect(variant(without(0xff01)).accept).toThrow(refusal('leaf-required-capabilities'));
    expect(variant(without(0xff03)).accept).toThrow(refusal('key-package-extensions'));
  });

  it('refuses a lifetime longer than anybody accepts', () => {
    const lifetime = { notBefore: nowNs / NS_PER_SECOND - 3600n, notAfter: nowNs / NS_PER_SECOND + 85n * 86_400n };
    expect(variant(() => ({ lifetime })).accept).toThrow(refusal('key-package-lifetime-range'));
  });

  it('refuses a credential that names no inbox', () => {
    expect(variant(() => ({ credential: { type: 1, identity: Uint8Array.of(1, 2, 3) } })).accept).toThrow(
      refusal('inbox'),
    );
  });
});

describe('the credential', () => {
  it('is 66 bytes and gives the inbox back', () => {
    const credential = inboxCredential('0f'.repeat(32));
    expect(credential).toMatchObject({ type: 1 });
    expect('identity' in credential && toHex(credential.identity)).toBe(
      `0a40${toHex(new TextEncoder().encode('0f'.repeat(32)))}`,
    );
    expect(inboxOfCredential(credential)).toBe('0f'.repeat(32));
    expect(() => inboxOfCredential({ type: 2, raw: new Uint8Array(0) })).toThrow(
      expect.objectContaining({ code: 'client/payload-malformed' }),
    );
  });
});
