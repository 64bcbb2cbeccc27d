/**
 * Credentials (RFC 9420 section 5.3). Every credential is its type and one vector, so that those of other types can be
 * carried; what a content has to look like is in the registry (`registry/standard-types.ts`).
 */
import type { TlsReader, TlsWriter } from '@conclave/crypto';

/** CredentialType values (section 17.5). */
export const CREDENTIAL_TYPE = { basic: 0x0001, x509: 0x0002 } as const;

/** The application reads the identity; the engine only carries it. */
export type Credential =
  | { readonly type: 1; readonly identity: Uint8Array }
  /** X.509 (2) and others: `raw` is the content of the credential's one vector, without its length. */
  | { readonly type: number; readonly raw: Uint8Array };

/** The content of a credential: the identity or the certificates, without the outer length. */
export function credentialContent(credential: Credential): Uint8Array {
  return 'identity' in credential ? credential.identity : credential.raw;
}

/** Reads a credential. @throws CryptoError `codec/…` */
export function readCredential(reader: TlsReader): Credential {
  const type = reader.u16();
  const content = reader.opaque();
  return type === CREDENTIAL_TYPE.basic ? { type, identity: content } : { type, raw: content };
}

/** Writes the type, then the content with its length. */
export function writeCredential(writer: TlsWriter, credential: Credential): void {
  writer.u16(credential.type).opaque(credentialContent(credential));
}
