/**
 * Signatures of an installation key outside MLS: Ed25519ph (RFC 8032 section 5.1) with a context that keeps the uses
 * apart. The same key signs MLS structures, as plain Ed25519 under MLS labels.
 */
import { type CryptoProvider, type PrehashedJob, utf8 } from '@conclave/crypto';
import { IdentityError } from '../errors.js';
import { textBytes } from '../signature-text.js';
import type { InstallationKeySignature, VerifiedSignature } from './signature.js';

const IDENTITY_CONTEXT = utf8('IDENTITY UPDATE SIGNATURE');
const PUBLIC_CONTEXT = utf8('PUBLIC SIGNATURE CONTEXT');

/** Signs the text of an identity update. @param seed - 32-byte private key of the installation */
export function signInstallationKey(
  crypto: Pick<CryptoProvider, 'signPrehashed' | 'signaturePrivateKey'>,
  seed: Uint8Array,
  text: string,
): InstallationKeySignature {
  return {
    kind: 'installation-key',
    bytes: crypto.signPrehashed(seed, utf8(text), IDENTITY_CONTEXT),
    publicKey: crypto.signaturePrivateKey(seed).publicKey,
  };
}

/** What has to be checked of a signature over a text. */
export function installationKeyCheck(text: string, { bytes, publicKey }: InstallationKeySignature): PrehashedJob {
  return { publicKey, message: textBytes(text), context: IDENTITY_CONTEXT, signature: bytes };
}

/** What a signature proves that was found valid. */
export function installationKeyProof({ kind, bytes, publicKey }: InstallationKeySignature): VerifiedSignature {
  return { signer: { kind: 'installation', publicKey }, kind, rawBytes: bytes, chainId: undefined };
}

/** @throws IdentityError `identity/invalid-signature` */
export function verifyInstallationKey(
  crypto: Pick<CryptoProvider, 'verifyPrehashed'>,
  text: string,
  signature: InstallationKeySignature,
): VerifiedSignature {
  const job = installationKeyCheck(text, signature);
  if (!crypto.verifyPrehashed(job.publicKey, job.message, job.context, job.signature)) {
    throw new IdentityError('identity/invalid-signature', { kind: signature.kind });
  }
  return installationKeyProof(signature);
}

/** Signs a text of the application with the installation key. 64 bytes. @param seed - 32-byte private key */
export function signPublicText(
  crypto: Pick<CryptoProvider, 'signPrehashed'>,
  seed: Uint8Array,
  text: string,
): Uint8Array {
  return crypto.signPrehashed(seed, utf8(text), PUBLIC_CONTEXT);
}

/** True when the installation signed this text for the application. */
export function verifyPublicText(
  crypto: Pick<CryptoProvider, 'verifyPrehashed'>,
  publicKey: Uint8Array,
  text: string,
  signature: Uint8Array,
): boolean {
  return crypto.verifyPrehashed(publicKey, utf8(text), PUBLIC_CONTEXT, signature);
}
