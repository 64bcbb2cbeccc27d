import { utf8 } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { expectSturdyCodec } from '../codec.testkit.js';
import type { Extension } from '../extension.js';
import { expectRule } from '../validation/expect-rule.testkit.js';
import { RFC_POLICY } from '../validation/policy.js';
import type { Capabilities } from './capabilities.js';
import {
  decodeLeafNode,
  LEAF_NODE_SOURCE,
  type LeafNode,
  type LeafNodeOrigin,
  signLeafNode,
  verifyLeafNodeSignature,
} from './leaf-node.js';
import { type LeafPlace, validateLeafNode } from './leaf-validation.js';
import { CAPABILITIES, SUITE, testMember } from './tree.testkit.js';

const { signatureKey, keyPackage } = testMember('alice');
const binding = { groupId: utf8('group'), leafIndex: 3 };
const ORIGINS: Record<'keyPackage' | 'update' | 'commit', LeafNodeOrigin> = {
  keyPackage: { source: LEAF_NODE_SOURCE.keyPackage, lifetime: { notBefore: 1000n, notAfter: 2000n } },
  update: { source: LEAF_NODE_SOURCE.update, binding },
  commit: { source: LEAF_NODE_SOURCE.commit, parentHash: new Uint8Array(32).fill(7), binding },
};

function leaf(
  change: { capabilities?: Partial<Capabilities>; extensions?: Extension[]; encryptionKey?: Uint8Array } = {},
  origin: LeafNodeOrigin = ORIGINS.keyPackage,
): LeafNode {
  const { credential, encryptionKey, extensions } = keyPackage.leafNode;
  const capabilities = { ...CAPABILITIES, ...change.capabilities };
  return signLeafNode({ credential, encryptionKey, extensions, ...change, capabilities }, origin, signatureKey);
}

function validate(node: LeafNode, place: Partial<LeafPlace> = {}): () => void {
  const sources = Object.values(LEAF_NODE_SOURCE);
  return () => validateLeafNode(node, { suite: SUITE, policy: RFC_POLICY, sources, binding, ...place });
}

describe('LeafNode', () => {
  it.each(Object.entries(ORIGINS))('of source %s round-trips and survives damage', (_, origin) => {
    const node = leaf({ extensions: [{ type: 1, data: utf8('\x05hello') }] }, origin);
    expect(decodeLeafNode(node.raw)).toEqual(node);
    expectSturdyCodec(node.raw, decodeLeafNode, (decoded) => decoded.raw);
    expect(validate(node)).not.toThrow();
  });

  it('is bound to group and position, except in a key package', () => {
    for (const origin of [ORIGINS.update, ORIGINS.commit]) {
      const node = leaf({}, origin);
      expect(verifyLeafNodeSignature(SUITE, node, binding)).toBe(true);
      expect(verifyLeafNodeSignature(SUITE, node, { ...binding, leafIndex: 4 })).toBe(false);
      expect(verifyLeafNodeSignature(SUITE, node, { ...binding, groupId: utf8('other') })).toBe(false);
      expect(verifyLeafNodeSignature(SUITE, node, undefined)).toBe(false);
    }
    expect(verifyLeafNodeSignature(SUITE, leaf(), undefined)).toBe(true);
  });
});

describe('each rule on leaves', () => {
  it('leaf-signature', () => {
    const node = leaf();
    const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    // The last 66 bytes are the signature and its length; what is before them is covered.
    for (let i = 0; i < node.raw.length - 66; i += 5) {
      expectRule('leaf-signature', validate({ ...node, raw: flipped(node.raw, i) }));
    }
    expectRule('leaf-signature', validate({ ...node, signature: flipped(node.signature, 63) }));
  });

  it('leaf-source', () => {
    expectRule('leaf-source', validate(leaf(), { sources: [LEAF_NODE_SOURCE.update] }));
    expectRule('leaf-source', validate(leaf({}, ORIGINS.commit), { sources: [LEAF_NODE_SOURCE.keyPackage] }));
  });

  it('leaf-key-length', () => {
    expectRule('leaf-key-length', validate(leaf({ encryptionKey: new Uint8Array(31) })));
    const longKey = validate({ ...leaf(), signatureKey: new Uint8Array(33) });
    expectRule('leaf-key-length', longKey, { alsoBroken: ['leaf-signature'] });
  });

  it('leaf-version-in-capabilities, leaf-suite-in-capabilities, leaf-credential-in-capabilities', () => {
    expectRule('leaf-version-in-capabilities', validate(leaf({ capabilities: { versions: [] } })));
    expectRule('leaf-suite-in-capabilities', validate(leaf({ capabilities: { cipherSuites: [1] } })));
    expectRule('leaf-credential-in-capabilities', validate(leaf({ capabilities: { credentials: [2] } })));
  });

  it('leaf-extensions-in-capabilities: only types that are not default have to be listed', () => {
    const own = { type: 0xff02, data: new Uint8Array(0) };
    const applicationId = { type: 1, data: new Uint8Array(1) };
    expect(validate(leaf({ extensions: [own, applicationId] }))).not.toThrow();
    const unlisted = leaf({ extensions: [own], capabilities: { extensions: [] } });
    expectRule('leaf-extensions-in-capabilities', validate(unlisted));
  });

  it('duplicate-extension and extension-content', () => {
    const own = { type: 0xff02, data: new Uint8Array(0) };
    expectRule('duplicate-extension', validate(leaf({ extensions: [own, own] })));
    expectRule('extension-content', validate(leaf({ extensions: [{ type: 1, data: new Uint8Array([9]) }] })));
    expectRule('extension-content', validate(leaf({ extensions: [{ type: 3, data: new Uint8Array(3) }] })));
  });

  it('leaf-group-extensions and leaf-required-capabilities', () => {
    const extensions = [{ type: 0xff02, data: new Uint8Array(0) }];
    expect(validate(leaf(), { demands: { extensions } })).not.toThrow();
    const without = leaf({ capabilities: { extensions: [] } });
    expectRule('leaf-group-extensions', validate(without, { demands: { extensions } }));
    const nothing = { extensions: [], proposals: [], credentials: [] };
    for (const required of [
      { ...nothing, extensions: [0xff77] },
      { ...nothing, proposals: [0xff77] },
      { ...nothing, credentials: [2] },
    ]) {
      const demands = { extensions: [], requiredCapabilities: required };
      expectRule('leaf-required-capabilities', validate(leaf(), { demands }));
    }
    const defaults = { extensions: [1, 2, 3, 4, 5], proposals: [1, 2, 3, 4, 5, 6, 7], credentials: [1] };
    expect(validate(leaf(), { demands: { extensions: [], requiredCapabilities: defaults } })).not.toThrow();
  });

  it('leaf-lifetime', () => {
    for (const nowSeconds of [999n, 2000n]) expectRule('leaf-lifetime', validate(leaf(), { nowSeconds }));
    for (const nowSeconds of [1000n, 1999n, undefined]) expect(validate(leaf(), { nowSeconds })).not.toThrow();
    expect(validate(leaf({}, ORIGINS.commit), { nowSeconds: 9999n })).not.toThrow();
  });
});

describe('long lists', () => {
  const LENGTH = 2000;
  /** Reads of numbers of the lists that `counted` gives. */
  let reads = 0;
  const counted = (list: readonly number[]): readonly number[] =>
    new Proxy(list, {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads++;
        return Reflect.get(target, key, receiver);
      },
    });
  const types = Array.from({ length: LENGTH }, (_, i) => 0x2000 + i);
  const node = leaf({
    capabilities: { extensions: types, proposals: types, credentials: [...types, 1] },
    extensions: types.map((type) => ({ type, data: new Uint8Array(0) })),
  });
  const { capabilities } = node;
  const long = {
    ...node,
    capabilities: {
      ...capabilities,
      extensions: counted(capabilities.extensions),
      proposals: counted(capabilities.proposals),
      credentials: counted(capabilities.credentials),
    },
  };

  it('of capabilities and of what is asked are each read once', () => {
    reads = 0;
    const requiredCapabilities = { extensions: types, proposals: types, credentials: types };
    const extensions = types.map((type) => ({ type, data: new Uint8Array(0) }));
    expect(validate(long, { demands: { requiredCapabilities, extensions } })).not.toThrow();
    expect(reads).toBeLessThan(4 * LENGTH);
  });

  it('of extensions are searched for a type twice before anything else', () => {
    const twice = { ...long, extensions: [...long.extensions, ...long.extensions] };
    expectRule('duplicate-extension', validate(twice), { alsoBroken: ['leaf-signature'] });
  });

  it('a type that is missing in a long list is missed', () => {
    const requiredCapabilities = { extensions: [0x1fff], proposals: [], credentials: [] };
    const place = { demands: { requiredCapabilities, extensions: [] } };
    expectRule('leaf-required-capabilities', validate(node, place));
  });
});
