import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { expectSturdyCodec } from './codec.testkit.js';
import type { Extension } from './extension.js';
import { createKeyPackage, decodeKeyPackage, type KeyPackage, keyPackageRef, verifyKeyPackage } from './key-package.js';
import { signLeafNode } from './tree/leaf-node.js';
import { CAPABILITIES, SUITE, seededRandom, testMember } from './tree/tree.testkit.js';
import { expectRule } from './validation/expect-rule.testkit.js';
import { RFC_POLICY, XMTP_POLICY } from './validation/policy.js';

const recorded = JSON.parse(
  readFileSync(new URL('../../../vectors/xmtp-wire/groups-1.10.0.json', import.meta.url), 'utf8'),
) as { key_package: string };

function create(change: Partial<Parameters<typeof createKeyPackage>[0]> = {}): KeyPackage {
  return createKeyPackage({
    ...{ suite: SUITE, signatureKey: testMember('bob').signatureKey, random: seededRandom('bob') },
    ...{ credential: { type: 1, identity: new Uint8Array(4) }, capabilities: CAPABILITIES },
    lifetime: { notBefore: 1000n, notAfter: 2000n },
    leafExtensions: [],
    extensions: [{ type: 0x000a, data: new Uint8Array(0) }],
    ...change,
  }).keyPackage;
}

const verify = (keyPackage: KeyPackage, nowSeconds?: bigint) => () =>
  verifyKeyPackage(SUITE, keyPackage, XMTP_POLICY, nowSeconds);

describe('KeyPackage', () => {
  it('of the deployed client is read, verified and written byte for byte', () => {
    const bytes = fromHex(recorded.key_package);
    const keyPackage = decodeKeyPackage(bytes);
    expect(toHex(keyPackage.raw)).toBe(recorded.key_package);
    const { leafNode, extensions } = keyPackage;
    expect(leafNode.capabilities).toEqual({
      versions: [1],
      cipherSuites: [3],
      extensions: [0x000a, 0x0001, 0xff02, 0xff00, 0xff01, 0xff03, 0xff04, 0xf000],
      proposals: [7],
      credentials: [1],
    });
    expect(extensions.map(({ type }) => type)).toEqual([0x000a, 0xff04, 0xff03]);
    const { notBefore = 0n, notAfter = 0n } = leafNode.lifetime ?? {};
    expect(notAfter - notBefore).toBe(7_261_200n);
    for (const policy of [RFC_POLICY, XMTP_POLICY]) {
      expect(() => verifyKeyPackage(SUITE, keyPackage, policy, notBefore + 3600n)).not.toThrow();
    }
    expectRule('leaf-lifetime', verify(keyPackage, notAfter));
    for (const at of [40, 300, bytes.length - 1]) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(verify(decodeKeyPackage(changed))).toThrow(expect.objectContaining({ code: 'mls/validation' }));
    }
  });

  it('of our own verifies, differs from the next, and its keys belong together', () => {
    const random = seededRandom('keys');
    const params = { capabilities: CAPABILITIES, lifetime: { notBefore: 0n, notAfter: 1n } };
    const own = {
      suite: SUITE,
      signatureKey: testMember('bob').signatureKey,
      random,
      leafExtensions: [],
      extensions: [],
    };
    const credential = { type: 1, identity: new Uint8Array(0) } as const;
    const [first, second] = [0, 1].map(() => createKeyPackage({ ...own, ...params, credential }));
    if (first === undefined || second === undefined) throw new TypeError('two were made');
    const { keyPackage, initPrivateKey, encryptionPrivateKey } = first;
    expect(verify(keyPackage)).not.toThrow();
    expect(SUITE.provider.dhPrivateKey(initPrivateKey).publicKey).toEqual(keyPackage.initKey);
    expect(SUITE.provider.dhPrivateKey(encryptionPrivateKey).publicKey).toEqual(keyPackage.leafNode.encryptionKey);
    expect(keyPackageRef(SUITE, keyPackage)).not.toEqual(keyPackageRef(SUITE, second.keyPackage));
  });

  it('survives damage', () => {
    expectSturdyCodec(create().raw, decodeKeyPackage, ({ raw }) => raw);
  });
});

describe('each rule on key packages', () => {
  it('key-package-version and key-package-suite', () => {
    expectRule('key-package-version', verify({ ...create(), version: 2 }));
    expectRule('key-package-suite', verify({ ...create(), suite: 1 }));
  });

  it('key-package-signature', () => {
    const keyPackage = create();
    const raw = keyPackage.raw.slice();
    raw[5] = (raw[5] as number) ^ 1;
    expectRule('key-package-signature', verify({ ...keyPackage, raw }));
  });

  it('key-package-init-key: the same as the encryption key, or of a wrong length', () => {
    const sameKeys = create({ random: (length) => new Uint8Array(length).fill(5) });
    expectRule('key-package-init-key', verify(sameKeys));
    expectRule('key-package-init-key', verify({ ...create(), initKey: new Uint8Array(31) }));
  });

  it('key-package-extensions, duplicate-extension, extension-content', () => {
    const withExtensions = (...extensions: Extension[]) => verify(create({ extensions }));
    const empty = new Uint8Array(0);
    expectRule('key-package-extensions', withExtensions({ type: 0xff99, data: empty }));
    expectRule('duplicate-extension', withExtensions({ type: 0x000a, data: empty }, { type: 0x000a, data: empty }));
    expectRule('extension-content', withExtensions({ type: 0x000a, data: new Uint8Array(1) }));
    // The deployed engine reads a tree wherever it stands.
    const withTree = create({ extensions: [{ type: 2, data: empty }] });
    expectRule('extension-content', (policy = RFC_POLICY) => verifyKeyPackage(SUITE, withTree, policy, 1500n));
  });

  it('key-package-lifetime-range, for the one who adds and only under the policy of XMTP', () => {
    const long = create({ lifetime: { notBefore: 1000n, notAfter: 7_262_201n } });
    expectRule('key-package-lifetime-range', verify(long, 1500n));
    // Nothing is within a lifetime that ends before it begins.
    const inverted = verify(create({ lifetime: { notBefore: 2n, notAfter: 1n } }), 1n);
    expectRule('key-package-lifetime-range', inverted, { alsoBroken: ['leaf-lifetime'] });
    expect(verify(long)).not.toThrow();
    expect(() => verifyKeyPackage(SUITE, long, RFC_POLICY, 1500n)).not.toThrow();
    expect(verify(create({ lifetime: { notBefore: 1000n, notAfter: 7_262_200n } }), 1500n)).not.toThrow();
  });

  it('leaf-source: a leaf that was made in a group', () => {
    const { leafNode } = create();
    const binding = { groupId: new Uint8Array(1), leafIndex: 0 };
    const bound = signLeafNode(leafNode, { source: 2, binding }, testMember('bob').signatureKey);
    // Its signature covers a group, which a key package does not have.
    const alsoBroken = ['leaf-signature', 'key-package-signature'] as const;
    expectRule('leaf-source', verify({ ...create(), leafNode: bound }), { alsoBroken });
  });
});
