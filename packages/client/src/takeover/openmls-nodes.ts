/**
 * Leaves, parents and key packages as OpenMLS stores them (the revision in libxmtp 1.10.0), brought to their form on the wire (RFC 9420): what
 * they signed and hashed can then be checked.
 */
import { CryptoError, TlsWriter } from '@conclave/crypto';
import type { BincodeReader } from './bincode.js';

/** Numbers on the wire of what stands as a variant; the variant behind them carries its number itself. */
const EXTENSION_TYPES = [1, 2, 3, 4, 5, 10, 0xf000] as const;
const PROPOSAL_TYPES = [1, 2, 3, 4, 5, 6, 7, 10] as const;
const CREDENTIAL_TYPES = [1, 2] as const;
const VERSIONS = [1] as const;
const CIPHER_SUITES = [1, 2, 3, 4, 5, 6, 7] as const;

function variant(reader: BincodeReader, numbers: readonly number[]): number {
  const index = reader.u32();
  const number = numbers[index];
  if (number !== undefined) return number;
  if (index !== numbers.length) throw new CryptoError('codec/invalid-value', { field: 'variant', value: index });
  return reader.u16();
}

function numberList(writer: TlsWriter, numbers: readonly number[]): void {
  writer.vectorLength(2 * numbers.length);
  for (const number of numbers) writer.u16(number);
}

/** Extension: a known one by its variant with its content, another with its number. Those that no leaf or key package has are not read. */
function writeExtensions(writer: TlsWriter, reader: BincodeReader): void {
  const extensions = reader.list((each) => {
    const index = each.u32();
    // ApplicationId { key_id }: its content is the id with its length.
    if (index === 0) return { type: 1, data: new TlsWriter(80).opaque(each.bytes()).finish() };
    // LastResort {}
    if (index === 5) return { type: 10, data: new Uint8Array(0) };
    if (index === EXTENSION_TYPES.length) return { type: each.u16(), data: each.bytes() };
    throw new CryptoError('codec/invalid-value', { field: 'extension', value: index });
  });
  writer.vector((inner) => {
    for (const { type, data } of extensions) inner.u16(type).opaque(data);
  });
}

/** Credential: its type, and its content as it stands behind the type. */
export function readCredential(reader: BincodeReader): { readonly type: number; readonly content: Uint8Array } {
  return { type: variant(reader, CREDENTIAL_TYPES), content: reader.bytes() };
}

/** LeafNode, in its form on the wire. */
export function leafNode(reader: BincodeReader): Uint8Array {
  const writer = new TlsWriter(512).opaque(reader.bytes()).opaque(reader.bytes());
  const credential = readCredential(reader);
  writer.u16(credential.type).opaque(credential.content);
  numberList(
    writer,
    reader.list((each) => variant(each, VERSIONS)),
  );
  numberList(
    writer,
    reader.list((each) => each.u16()),
  );
  for (const numbers of [EXTENSION_TYPES, PROPOSAL_TYPES, CREDENTIAL_TYPES]) {
    numberList(
      writer,
      reader.list((each) => variant(each, numbers)),
    );
  }
  writeSource(writer, reader);
  writeExtensions(writer, reader);
  return writer.opaque(reader.bytes()).finish();
}

/** LeafNodeSource: KeyPackage(Lifetime), Update, Commit(ParentHash). */
function writeSource(writer: TlsWriter, reader: BincodeReader): void {
  const index = reader.u32();
  writer.u8(index + 1);
  if (index === 0) writer.u64(reader.u64()).u64(reader.u64());
  else if (index === 2) writer.opaque(reader.bytes());
  else if (index !== 1) throw new CryptoError('codec/invalid-value', { field: 'leaf_node_source', value: index });
}

/** ParentNode, in its form on the wire. */
export function parentNode(reader: BincodeReader): Uint8Array {
  const writer = new TlsWriter(128).opaque(reader.bytes()).opaque(reader.bytes());
  const unmerged = reader.list((each) => each.u32());
  writer.vectorLength(4 * unmerged.length);
  for (const leaf of unmerged) writer.u32(leaf);
  return writer.finish();
}

/** TreeSync: leaves and parents apart, each of them perhaps blank, and the tree hash. As the content of a ratchet_tree extension. */
export function ratchetTree(reader: BincodeReader): Uint8Array {
  const leaves = reader.list((each) => each.option(leafNode));
  const parents = reader.list((each) => each.option(parentNode));
  // What stands where the vectors end: blanks.
  reader.option(leafNode);
  reader.option(parentNode);
  reader.bytes();
  const nodes = leaves.flatMap((leaf, index) => [leaf, parents[index]]);
  while (nodes.length > 0 && nodes.at(-1) === undefined) nodes.pop();
  const writer = new TlsWriter(1024);
  for (const [node, encoded] of nodes.entries()) {
    if (encoded === undefined) writer.u8(0);
    else
      writer
        .u8(1)
        .u8((node % 2) + 1)
        .raw(encoded);
  }
  const content = writer.finish();
  return new TlsWriter(content.length + 4).opaque(content).finish();
}

/** KeyPackageBundle. */
export interface KeyPackageBundle {
  /** In its form on the wire. */
  readonly keyPackage: Uint8Array;
  readonly initPrivateKey: Uint8Array;
  readonly encryptionPrivateKey: Uint8Array;
}

/** Reads a key package with its private keys. */
export function keyPackageBundle(reader: BincodeReader): KeyPackageBundle {
  const writer = new TlsWriter(2048).u16(variant(reader, VERSIONS)).u16(variant(reader, CIPHER_SUITES));
  writer.opaque(reader.bytes()).raw(leafNode(reader));
  writeExtensions(writer, reader);
  const keyPackage = writer.opaque(reader.bytes()).finish();
  return { keyPackage, initPrivateKey: reader.bytes(), encryptionPrivateKey: reader.bytes() };
}
