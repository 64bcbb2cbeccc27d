/**
 * Outsiders who may propose changes (RFC 9420 section 12.1.8.1): the external_senders extension of the GroupContext.
 *
 *     ExternalSender signature_key<V> Credential
 *     extension_data ExternalSender external_senders<V>
 */

import type { TlsReader } from '@conclave/crypto';
import { TlsWriter } from '@conclave/crypto';
import { EXTENSION_TYPE } from './code-points.js';
import { type Credential, readCredential, writeCredential } from './crypto/credential.js';
import { decodeExactly } from './errors.js';
import { type Extension, findExtension } from './extension.js';

/** One outsider; messages name it by its place in the list. */
export interface ExternalSender {
  /** Ed25519, 32 bytes. */
  readonly signatureKey: Uint8Array;
  readonly credential: Credential;
}

/** @throws CryptoError `codec/…` */
export function readExternalSender(reader: TlsReader): ExternalSender {
  return { signatureKey: reader.opaque(), credential: readCredential(reader) };
}

/** Writes an ExternalSender. */
export function writeExternalSender(writer: TlsWriter, { signatureKey, credential }: ExternalSender): void {
  writeCredential(writer.opaque(signatureKey), credential);
}

/** The extension that admits these senders to a group. */
export function externalSendersExtension(senders: readonly ExternalSender[]): Extension {
  const writer = new TlsWriter(256).vector((inner) => {
    for (const sender of senders) writeExternalSender(inner, sender);
  });
  return { type: EXTENSION_TYPE.externalSenders, data: writer.finish() };
}

/** The senders that a GroupContext admits, none where it has no such extension. @throws MlsError `mls/malformed` */
export function externalSendersOf(extensions: readonly Extension[]): readonly ExternalSender[] {
  const data = findExtension(extensions, EXTENSION_TYPE.externalSenders);
  if (data === undefined) return [];
  return decodeExactly('ExternalSender', data, (reader) => reader.vector(readExternalSender));
}
