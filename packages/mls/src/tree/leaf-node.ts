/**
 * LeafNode (RFC 9420 section 7.2): one client's appearance in the group, signed by that client. The bytes that were
 * received are kept and go into hashes, signatures and messages as they are.
 */
import {
  CryptoError,
  encodeTls,
  type SignaturePrivateKey,
  type SignaturePublicKey,
  type TlsReader,
  TlsWriter,
} from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { type Credential, readCredential, writeCredential } from '../crypto/credential.js';
import { signWithLabel, withoutSignature } from '../crypto/labels.js';
import { type SignedStructure, verifyOnce } from '../crypto/verified-signatures.js';
import { decodeExactly } from '../errors.js';
import { type Extension, readExtensions, writeExtensions } from '../extension.js';
import { type Capabilities, readCapabilities, writeCapabilities } from './capabilities.js';
import { type Lifetime, readLifetime, writeLifetime } from './lifetime.js';

/** How a leaf came into the tree. */
export const LEAF_NODE_SOURCE = { keyPackage: 1, update: 2, commit: 3 } as const;

/** LeafNodeSource values. */
export type LeafNodeSource = (typeof LEAF_NODE_SOURCE)[keyof typeof LEAF_NODE_SOURCE];

/** What a leaf says about its client, whatever its source. */
export interface LeafNodeContent {
  /** HPKE public key, 32 bytes once validated. */
  readonly encryptionKey: Uint8Array;
  /** Ed25519 public key, 32 bytes once validated. */
  readonly signatureKey: Uint8Array;
  readonly credential: Credential;
  readonly capabilities: Capabilities;
  readonly extensions: readonly Extension[];
}

/** A leaf as it stands in the tree or in a key package. */
export interface LeafNode extends LeafNodeContent {
  readonly source: LeafNodeSource;
  /** With source key_package. */
  readonly lifetime?: Lifetime;
  /** With source commit: parent hash of the next non-blank node above, 32 bytes, or empty where there is none. */
  readonly parentHash?: Uint8Array;
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
  /** The encoding, signature included. */
  readonly raw: Uint8Array;
}

/** The group and position that a leaf of source update or commit is bound to by its signature. */
export interface LeafNodeBinding {
  readonly groupId: Uint8Array;
  readonly leafIndex: number;
}

/** Reads a leaf; every byte field of it is a view of the input. */
export function readLeafNode(reader: TlsReader): LeafNode {
  const start = reader.offset;
  const encryptionKey = reader.opaque();
  const signatureKey = reader.opaque();
  const credential = readCredential(reader);
  const capabilities = readCapabilities(reader);
  const source = readSource(reader);
  const lifetime = source === LEAF_NODE_SOURCE.keyPackage ? readLifetime(reader) : undefined;
  const parentHash = source === LEAF_NODE_SOURCE.commit ? reader.opaque() : undefined;
  const extensions = readExtensions(reader);
  const signature = reader.opaque();
  const raw = reader.slice(start, reader.offset);
  const leaf = { encryptionKey, signatureKey, credential, capabilities, source, extensions, signature, raw };
  if (lifetime !== undefined) return Object.assign(leaf, { lifetime });
  return parentHash === undefined ? leaf : Object.assign(leaf, { parentHash });
}

function readSource(reader: TlsReader): LeafNodeSource {
  const value = reader.u8();
  if (value < LEAF_NODE_SOURCE.keyPackage || value > LEAF_NODE_SOURCE.commit) {
    throw new CryptoError('codec/invalid-value', { field: 'leaf_node_source', value });
  }
  return value as LeafNodeSource;
}

/** Decodes a leaf that fills `bytes`. @throws MlsError `mls/malformed` */
export function decodeLeafNode(bytes: Uint8Array): LeafNode {
  return decodeExactly('LeafNode', bytes, readLeafNode);
}

/** What differs between the sources: the lifetime of a key package, the binding of the others. */
export type LeafNodeOrigin =
  | { readonly source: 1; readonly lifetime: Lifetime }
  | { readonly source: 2; readonly binding: LeafNodeBinding }
  | { readonly source: 3; readonly parentHash: Uint8Array; readonly binding: LeafNodeBinding };

/** Encodes and signs a leaf. The signature key is the public half of `key`. */
export function signLeafNode(
  content: Omit<LeafNodeContent, 'signatureKey'>,
  origin: LeafNodeOrigin,
  key: SignaturePrivateKey,
): LeafNode {
  const writer = new TlsWriter(512).opaque(content.encryptionKey).opaque(key.publicKey);
  writeCredential(writer, content.credential);
  writeCapabilities(writer, content.capabilities);
  writer.u8(origin.source);
  if (origin.source === LEAF_NODE_SOURCE.keyPackage) writeLifetime(writer, origin.lifetime);
  if (origin.source === LEAF_NODE_SOURCE.commit) writer.opaque(origin.parentHash);
  writeExtensions(writer, content.extensions);
  const body = writer.finish();
  const bound = origin.source === LEAF_NODE_SOURCE.keyPackage ? [] : [encodeBinding(origin.binding)];
  const signature = signWithLabel(key, 'LeafNodeTBS', body, ...bound);
  return decodeLeafNode(new TlsWriter(body.length + 66).raw(body).opaque(signature).finish());
}

function encodeBinding({ groupId, leafIndex }: LeafNodeBinding): Uint8Array {
  return encodeTls(groupId, (writer) => writer.opaque(groupId).u32(leafIndex));
}

/**
 * What the signature of a leaf covers (LeafNodeTBS); undefined when the binding that its source asks for is not given.
 *
 * @param binding - group and position; ignored for the source key_package, whose signature covers neither
 */
export function signedLeafNode(leaf: LeafNode, binding: LeafNodeBinding | undefined): SignedStructure | undefined {
  const { signatureKey: publicKey, signature } = leaf;
  const body = withoutSignature(leaf.raw, signature);
  const isBound = leaf.source !== LEAF_NODE_SOURCE.keyPackage;
  if (isBound && binding === undefined) return undefined;
  const content = isBound && binding !== undefined ? [body, encodeBinding(binding)] : [body];
  return { label: 'LeafNodeTBS', content, publicKey, signature };
}

/**
 * Whether the signature of a leaf verifies. Cost: a hash where it did before.
 *
 * @param key - the leaf's signature key where it is already imported
 */
export function verifyLeafNodeSignature(
  suite: CipherSuite,
  leaf: LeafNode,
  binding: LeafNodeBinding | undefined,
  key?: SignaturePublicKey,
): boolean {
  const signed = signedLeafNode(leaf, binding);
  return signed !== undefined && verifyOnce(suite, signed, key);
}
