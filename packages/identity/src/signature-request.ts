/** Collecting the signatures of an update. Immutable: each signature gives a new request. */
import { mapSignatures, signaturesOfUpdate } from './actions.js';
import type { PendingIdentityUpdate } from './build.js';
import type { SignedIdentityUpdate } from './codec/identity-update.js';
import { IdentityError } from './errors.js';
import { identifierKey, type MemberIdentifier } from './identifier.js';
import { signatureText } from './signature-text.js';
import type { Signature } from './signatures/signature.js';
import { type VerificationContext, verifySignature } from './verify.js';

/** An update on its way to be signed. */
export interface SignatureRequest {
  readonly update: PendingIdentityUpdate;
  /** What every signer signs. */
  readonly text: string;
  /** By `identifierKey` of the signer; each is verified. */
  readonly signatures: ReadonlyMap<string, Signature>;
}

/** Request without signatures. */
export function signatureRequest(update: PendingIdentityUpdate): SignatureRequest {
  return { update, text: signatureText(update), signatures: new Map() };
}

/** Signers whose signature is not there yet, each once, in the order of the actions. */
export function missingSigners(request: SignatureRequest): MemberIdentifier[] {
  const signers = new Map(signaturesOfUpdate(request.update).map((signer) => [identifierKey(signer), signer]));
  return [...signers].flatMap(([key, signer]) => (request.signatures.has(key) ? [] : [signer]));
}

/**
 * Verifies a signature and puts it into every place of its signer.
 *
 * @throws IdentityError `identity/unknown-signer` when it is not by a missing signer, which is also how a wallet that
 *   signed another text shows; otherwise as `verifySignature`
 */
export function attachSignature(
  context: VerificationContext,
  request: SignatureRequest,
  signature: Signature,
): SignatureRequest {
  const { signer } = verifySignature(context, request.text, signature);
  const key = identifierKey(signer);
  if (!missingSigners(request).some((missing) => identifierKey(missing) === key)) {
    throw new IdentityError('identity/unknown-signer', { signature: signature.kind });
  }
  return { ...request, signatures: new Map(request.signatures).set(key, signature) };
}

/**
 * The signed update, ready for `identityUpdateToProto`.
 * @throws IdentityError `identity/missing-signature`
 */
export function signedUpdate(request: SignatureRequest): SignedIdentityUpdate {
  return mapSignatures(request.update, (signer) => {
    const signature = request.signatures.get(identifierKey(signer));
    if (signature === undefined) {
      throw new IdentityError('identity/missing-signature', { count: missingSigners(request).length });
    }
    return signature;
  });
}
