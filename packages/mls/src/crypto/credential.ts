/** Credentials (RFC 9420 section 5.3). */
import { CryptoError, TlsReader, type TlsWriter } from '@conclave/crypto';

/** CredentialType values (section 17.5). */
export const CREDENTIAL_TYPE = { basic: 0x0001, x509: 0x0002 } as const;

/** The application reads the identity; the engine only carries it. */
export type Credential =
  | { readonly type: 1; readonly identity: Uint8Array }
  /** `raw` is the content of `Certificate certificates<V>`, without the outer length. */
  | { readonly type: 2; readonly raw: Uint8Array };

/**
 * Reads a credential. A type that is not known cannot be skipped, its length being unknown.
 * @throws CryptoError `codec/invalid-value` on such a type
 */
export function readCredential(reader: TlsReader): Credential {
  const type = reader.u16();
  if (type === CREDENTIAL_TYPE.basic) return { type, identity: reader.opaque() };
  if (type !== CREDENTIAL_TYPE.x509) throw new CryptoError('codec/invalid-value', { field: 'credential type', type });
  const raw = reader.opaque();
  for (const certificates = new TlsReader(raw); certificates.remaining > 0; ) certificates.opaque();
  return { type, raw };
}

/** Writes the type, then the identity or the certificates. */
export function writeCredential(writer: TlsWriter, credential: Credential): void {
  writer.u16(credential.type).opaque(credential.type === CREDENTIAL_TYPE.basic ? credential.identity : credential.raw);
}
