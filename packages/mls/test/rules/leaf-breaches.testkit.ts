/** Leaves and key packages that break one rule each. */
import { TlsWriter, utf8 } from '@conclave/crypto';
import { signWithLabel } from '../../src/crypto/labels.js';
import { writeExtensions } from '../../src/extension.js';
import {
  type Credential,
  type Extension,
  encodeRequiredCapabilities,
  type KeyPackage,
  type LeafNode,
  verifyKeyPackage,
} from '../../src/index.js';
import { decodeKeyPackage } from '../../src/key-package.js';
import type { Capabilities } from '../../src/tree/capabilities.js';
import { LEAF_NODE_SOURCE, type LeafNodeOrigin, signLeafNode } from '../../src/tree/leaf-node.js';
import { type LeafPlace, validateLeafNode } from '../../src/tree/leaf-validation.js';
import { CAPABILITIES, SUITE, testMember } from '../../src/tree/tree.testkit.js';
import type { Attempt, Breach } from './breach.testkit.js';

const member = testMember('a member of its own');
const binding = { groupId: utf8('group'), leafIndex: 2 };
const LIFETIME = { notBefore: 1000n, notAfter: 2000n };
const EMPTY = new Uint8Array(0);

interface LeafChange {
  readonly credential?: Credential;
  readonly capabilities?: Partial<Capabilities>;
  readonly extensions?: readonly Extension[];
  readonly encryptionKey?: Uint8Array;
}

/** A signed leaf that differs from a good one in this. */
function leaf(change: LeafChange = {}, origin: LeafNodeOrigin = { source: 1, lifetime: LIFETIME }): LeafNode {
  const { credential, encryptionKey, extensions } = member.keyPackage.leafNode;
  const capabilities = { ...CAPABILITIES, ...change.capabilities };
  return signLeafNode({ credential, encryptionKey, extensions, ...change, capabilities }, origin, member.signatureKey);
}

function validated(node: LeafNode, place: Partial<LeafPlace> = {}): Attempt {
  const sources = Object.values(LEAF_NODE_SOURCE);
  return (policy) => validateLeafNode(node, { suite: SUITE, policy, sources, binding, ...place });
}

/** A signed key package that differs from a good one in this. */
function keyPackage(
  change: Partial<Pick<KeyPackage, 'version' | 'suite' | 'initKey' | 'leafNode' | 'extensions'>>,
): KeyPackage {
  const { version, suite, initKey, leafNode, extensions } = { ...member.keyPackage, ...change };
  const writer = new TlsWriter().u16(version).u16(suite).opaque(initKey).raw(leafNode.raw);
  writeExtensions(writer, extensions);
  const body = writer.finish();
  const signature = signWithLabel(member.signatureKey, 'KeyPackageTBS', body);
  return decodeKeyPackage(new TlsWriter().raw(body).opaque(signature).finish());
}

function verified(changed: KeyPackage, nowSeconds?: bigint): Attempt {
  return (policy) => verifyKeyPackage(SUITE, changed, policy, nowSeconds);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

const own = { type: 0xff02, data: EMPTY };
const unlisted = { type: 0xff99, data: EMPTY };
const required = (extensions: number[]) => ({ extensions, proposals: [], credentials: [] });

export const LEAF_BREACHES: readonly Breach[] = [
  {
    rule: 'leaf-signature',
    title: 'a changed signature',
    broken: validated({ ...leaf(), signature: flipped(leaf().signature, 40) }),
  },
  {
    rule: 'leaf-signature',
    title: 'another place in the tree',
    broken: validated(leaf({}, { source: 2, binding: { ...binding, leafIndex: 3 } })),
  },
  {
    rule: 'leaf-source',
    title: 'a key package’s leaf where an update is due',
    broken: validated(leaf(), { sources: [LEAF_NODE_SOURCE.update] }),
  },
  {
    rule: 'credential-content',
    title: 'half a certificate',
    broken: validated(leaf({ credential: { type: 2, raw: Uint8Array.of(5, 1) }, capabilities: { credentials: [2] } })),
  },
  {
    rule: 'leaf-credential-in-capabilities',
    title: 'a basic credential that the capabilities do not list',
    broken: validated(leaf({ capabilities: { credentials: [2] } })),
  },
  {
    rule: 'leaf-extensions-in-capabilities',
    title: 'an extension that the capabilities do not list',
    broken: validated(leaf({ extensions: [unlisted] })),
  },
  { rule: 'duplicate-extension', title: 'a type twice', broken: validated(leaf({ extensions: [own, own] })) },
  {
    rule: 'extension-content',
    title: 'an application_id without its length',
    broken: validated(leaf({ extensions: [{ type: 1, data: Uint8Array.of(9) }] })),
  },
  {
    rule: 'leaf-extension-place',
    title: 'required_capabilities in a leaf',
    broken: validated(leaf({ extensions: [{ type: 3, data: encodeRequiredCapabilities(required([])) }] })),
  },
  {
    rule: 'extension-place',
    title: 'required_capabilities in a key package',
    broken: verified(keyPackage({ extensions: [{ type: 3, data: encodeRequiredCapabilities(required([])) }] })),
  },
  {
    rule: 'leaf-version-in-capabilities',
    title: 'no version listed',
    broken: validated(leaf({ capabilities: { versions: [] } })),
  },
  {
    rule: 'leaf-suite-in-capabilities',
    title: 'another suite listed',
    broken: validated(leaf({ capabilities: { cipherSuites: [1] } })),
  },
  {
    rule: 'leaf-required-capabilities',
    title: 'a required extension type that is not listed',
    broken: validated(leaf(), { demands: { extensions: [], requiredCapabilities: required([0xff99]) } }),
  },
  {
    rule: 'leaf-group-extensions',
    title: 'an extension type of the group that is not listed',
    broken: validated(leaf(), { demands: { extensions: [unlisted] } }),
  },
  { rule: 'leaf-lifetime', title: 'expired', broken: validated(leaf(), { nowSeconds: 2000n }) },
  { rule: 'leaf-lifetime', title: 'of the future', broken: validated(leaf(), { nowSeconds: 999n }) },
  {
    rule: 'joined-leaf-lifetime',
    title: 'expired in the tree',
    broken: validated(leaf(), { nowSeconds: 2000n, lifetimeRule: 'joined-leaf-lifetime' }),
  },
  {
    rule: 'leaf-key-length',
    title: 'an encryption key of 31 bytes',
    broken: validated(leaf({ encryptionKey: new Uint8Array(31) })),
  },
  { rule: 'key-package-version', title: 'version 2', broken: verified(keyPackage({ version: 2 })) },
  { rule: 'key-package-suite', title: 'another suite', broken: verified(keyPackage({ suite: 1 })) },
  {
    rule: 'key-package-signature',
    title: 'a changed signature',
    broken: verified({ ...member.keyPackage, signature: flipped(member.keyPackage.signature, 40) }),
  },
  {
    rule: 'key-package-init-key',
    title: 'the same key for both',
    broken: verified(keyPackage({ initKey: member.keyPackage.leafNode.encryptionKey })),
  },
  {
    rule: 'key-package-init-key-length',
    title: '31 bytes',
    broken: verified(keyPackage({ initKey: new Uint8Array(31) })),
  },
  {
    rule: 'key-package-extensions',
    title: 'an extension that the capabilities do not list',
    broken: verified(keyPackage({ extensions: [unlisted] })),
  },
  {
    rule: 'key-package-lifetime-range',
    title: 'a second more than 84 days and an hour',
    broken: verified(
      keyPackage({ leafNode: leaf({}, { source: 1, lifetime: { notBefore: 1000n, notAfter: 7_262_201n } }) }),
      1500n,
    ),
  },
];
