/**
 * Extensions (RFC 9420 sections 13.4 and 17.3): lists of `(type, data)`, the data opaque. What is known of a type is
 * in one table: where it may stand and how its content is checked; unknown types stay opaque and are kept.
 */
import { decodeTls, EMPTY_BYTES, type TlsReader, TlsWriter } from '@conclave/crypto';
import { readCredential } from './crypto/credential.js';
import { decodeExactly } from './errors.js';
import { EXTENSION_TYPE } from './registry.js';
import { readUint16List, writeUint16List } from './tree/capabilities.js';
import { refuse, type ValidationPolicy } from './validation/policy.js';

/** One extension as it travels. */
export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Where a list of extensions stands. */
export type ExtensionPlace = 'leaf-node' | 'key-package' | 'group-context' | 'group-info';

interface ExtensionDefinition {
  readonly places: readonly ExtensionPlace[];
  /** Reads the content to its end; throws when it is not of the type. */
  readonly read: (reader: TlsReader) => unknown;
}

/** RequiredCapabilities (section 11.1). */
export interface RequiredCapabilities {
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

function readRequiredCapabilities(reader: TlsReader): RequiredCapabilities {
  return {
    extensions: readUint16List(reader),
    proposals: readUint16List(reader),
    credentials: readUint16List(reader),
  };
}

function readExternalSender(reader: TlsReader): unknown {
  return { signatureKey: reader.opaque(), credential: readCredential(reader) };
}

const DEFINITIONS: ReadonlyMap<number, ExtensionDefinition> = new Map<number, ExtensionDefinition>([
  [EXTENSION_TYPE.applicationId, { places: ['leaf-node'], read: (reader) => reader.opaque() }],
  // The tree is read where it is used; here it only has to be a vector.
  [EXTENSION_TYPE.ratchetTree, { places: ['group-info'], read: (reader) => reader.opaque() }],
  [EXTENSION_TYPE.requiredCapabilities, { places: ['group-context'], read: readRequiredCapabilities }],
  [EXTENSION_TYPE.externalPub, { places: ['group-info'], read: (reader) => reader.opaque() }],
  [EXTENSION_TYPE.externalSenders, { places: ['group-context'], read: (reader) => reader.vector(readExternalSender) }],
  [EXTENSION_TYPE.lastResort, { places: ['key-package'], read: () => EMPTY_BYTES }],
]);

/** Reads `Extension extensions<V>`; the data are views. */
export function readExtensions(reader: TlsReader): Extension[] {
  return reader.vector((inner) => ({ type: inner.u16(), data: inner.opaque() }));
}

/** Writes `Extension extensions<V>` in the given order. */
export function writeExtensions(writer: TlsWriter, extensions: readonly Extension[]): void {
  writer.vector((inner) => {
    for (const { type, data } of extensions) inner.u16(type).opaque(data);
  });
}

/** The data of the extension of this type, or undefined. */
export function findExtension(extensions: readonly Extension[], type: number): Uint8Array | undefined {
  return extensions.find((extension) => extension.type === type)?.data;
}

/**
 * Checks that no type appears twice, and that known types stand in an allowed place and are well-formed.
 * @throws MlsError `mls/validation` with rule `duplicate-extension` or `extension-content`
 */
export function validateExtensions(
  extensions: readonly Extension[],
  place: ExtensionPlace,
  policy: ValidationPolicy,
): void {
  const seen = new Set<number>();
  for (const { type, data } of extensions) {
    if (seen.has(type)) refuse(policy, 'duplicate-extension', { type, place });
    seen.add(type);
    const definition = DEFINITIONS.get(type);
    if (definition === undefined) continue;
    if (!definition.places.includes(place) || !reads(definition, data)) {
      refuse(policy, 'extension-content', { type, place });
    }
  }
}

function reads(definition: ExtensionDefinition, data: Uint8Array): boolean {
  try {
    decodeTls(data, definition.read);
    return true;
  } catch {
    return false;
  }
}

/**
 * The required_capabilities among the extensions of a GroupContext, or undefined.
 * @throws MlsError `mls/malformed`
 */
export function requiredCapabilitiesOf(extensions: readonly Extension[]): RequiredCapabilities | undefined {
  const data = findExtension(extensions, EXTENSION_TYPE.requiredCapabilities);
  return data === undefined ? undefined : decodeExactly('RequiredCapabilities', data, readRequiredCapabilities);
}

/** The content of a required_capabilities extension. */
export function encodeRequiredCapabilities(required: RequiredCapabilities): Uint8Array {
  const writer = new TlsWriter();
  writeUint16List(writer, required.extensions);
  writeUint16List(writer, required.proposals);
  writeUint16List(writer, required.credentials);
  return writer.finish();
}
