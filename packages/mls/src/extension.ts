/**
 * Extensions (RFC 9420 sections 13.4 and 17.3): lists of `(type, data)`, the data opaque. Unknown types stay opaque and
 * are kept. What is known of a type is in the registry (`registry/standard-types.ts`).
 */
import { type TlsReader, TlsWriter } from '@conclave/crypto';
import { EXTENSION_TYPE } from './code-points.js';
import { decodeExactly } from './errors.js';
import { readUint16List, writeUint16List } from './tree/capabilities.js';

/** One extension as it travels. */
export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/** RequiredCapabilities (section 11.1). */
export interface RequiredCapabilities {
  readonly extensions: readonly number[];
  readonly proposals: readonly number[];
  readonly credentials: readonly number[];
}

/** @throws CryptoError `codec/…` */
export function readRequiredCapabilities(reader: TlsReader): RequiredCapabilities {
  return {
    extensions: readUint16List(reader),
    proposals: readUint16List(reader),
    credentials: readUint16List(reader),
  };
}

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
 * The required_capabilities among the extensions of a GroupContext, each type once, or undefined.
 * @throws MlsError `mls/malformed`
 */
export function requiredCapabilitiesOf(extensions: readonly Extension[]): RequiredCapabilities | undefined {
  const data = findExtension(extensions, EXTENSION_TYPE.requiredCapabilities);
  if (data === undefined) return undefined;
  const required = decodeExactly('RequiredCapabilities', data, readRequiredCapabilities);
  // A type that is named a million times is asked of every leaf once.
  const { proposals, credentials } = required;
  return { extensions: once(required.extensions), proposals: once(proposals), credentials: once(credentials) };
}

function once(types: readonly number[]): number[] {
  return [...new Set(types)];
}

/** The content of a required_capabilities extension. */
export function encodeRequiredCapabilities(required: RequiredCapabilities): Uint8Array {
  const writer = new TlsWriter();
  writeUint16List(writer, required.extensions);
  writeUint16List(writer, required.proposals);
  writeUint16List(writer, required.credentials);
  return writer.finish();
}
