/** UpdatePath (RFC 9420 section 7.6): new public keys along a committer's path, and the path secrets, encrypted. */
import { type Sequence, type TlsReader, TlsWriter, VectorView } from '@conclave/crypto';
import {
  type HpkeCiphertext,
  readHpkeCiphertext,
  skipHpkeCiphertext,
  writeHpkeCiphertext,
} from '../crypto/hpke-ciphertext.js';
import { decodeExactly } from '../errors.js';
import { type LeafNode, readLeafNode } from './leaf-node.js';

/** One node of a path. */
export interface UpdatePathNode {
  /** HPKE public key. */
  readonly encryptionKey: Uint8Array;
  /** One per node of the resolution of the copath child, new leaves left out. */
  readonly encryptedPathSecret: Sequence<HpkeCiphertext>;
}

/** A committer's new leaf and the nodes above it. */
export interface UpdatePath {
  readonly leafNode: LeafNode;
  /** One per node of the filtered direct path, from the bottom. */
  readonly nodes: readonly UpdatePathNode[];
}

/** Reads a path; its byte fields are views of the input. */
export function readUpdatePath(reader: TlsReader): UpdatePath {
  return { leafNode: readLeafNode(reader), nodes: reader.vector(readUpdatePathNode) };
}

function readUpdatePathNode(reader: TlsReader): UpdatePathNode {
  return {
    encryptionKey: reader.opaque(),
    encryptedPathSecret: VectorView.read(reader, readHpkeCiphertext, skipHpkeCiphertext),
  };
}

/** Writes a path, the leaf as it was received or signed. */
export function writeUpdatePath(writer: TlsWriter, { leafNode, nodes }: UpdatePath): void {
  writer.raw(leafNode.raw).vector((inner) => {
    for (const { encryptionKey, encryptedPathSecret } of nodes) {
      inner.opaque(encryptionKey).vector((ciphertexts) => {
        for (const ciphertext of encryptedPathSecret) writeHpkeCiphertext(ciphertexts, ciphertext);
      });
    }
  });
}

/** Decodes an update path that fills `bytes`. @throws MlsError `mls/malformed` */
export function decodeUpdatePath(bytes: Uint8Array): UpdatePath {
  return decodeExactly('UpdatePath', bytes, readUpdatePath);
}

/** The encoding; decoding and encoding again gives the same bytes. */
export function encodeUpdatePath(path: UpdatePath): Uint8Array {
  const writer = new TlsWriter(1024);
  writeUpdatePath(writer, path);
  return writer.finish();
}
