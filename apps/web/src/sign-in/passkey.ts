/**
 * Passkeys as wallets: a P-256 key in the device's authenticator (WebAuthn). The challenge is the text itself, as XMTP has it. The public
 * key is told only when the passkey is made, so it is kept beside the credential's id. Whoever signs out and in again is the same person.
 */
import { IdentifierKind, type Signer } from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { keepValue, readValue } from '../keep/idb.js';
import { PageFault } from '../state/notices.js';
import { t } from '../strings/index.js';

interface KeptPasskey {
  readonly credentialId: ArrayBuffer;
  /** SEC1 compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
}

/** Where it is kept: no secret, and the only way back to the account, so that signing out leaves it. */
export const PASSKEY_NAME = 'passkey';
/** Whether this browser has a passkey already. */
export const hasPasskey = signal(false);
const ES256 = -7;
/** The last 65 bytes of a P-256 SubjectPublicKeyInfo are the uncompressed point. */
const POINT_LENGTH = 65;

/** Whether this browser can use passkeys on this page. */
export function passkeysWork(): boolean {
  return isSecureContext && typeof PublicKeyCredential !== 'undefined';
}

function compressed(point: Uint8Array): Uint8Array {
  const last = point[POINT_LENGTH - 1] as number;
  return Uint8Array.of(last % 2 === 0 ? 2 : 3, ...point.subarray(1, 33));
}

/** The person said no, or let the time pass: no fault of anything. */
function refused(error: unknown): never {
  throw (error as DOMException).name === 'NotAllowedError' ? new PageFault(t('passkeyRefused')) : error;
}

async function make(): Promise<KeptPasskey> {
  const made = navigator.credentials.create({
    publicKey: {
      rp: { name: 'Conclave' },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: 'Conclave', displayName: 'Conclave' },
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    },
  });
  const credential = (await made.catch(refused)) as PublicKeyCredential;
  const spki = (credential.response as AuthenticatorAttestationResponse).getPublicKey();
  if (spki === null) throw new PageFault(t('passkeyUnsupported'));
  const kept = { credentialId: credential.rawId, publicKey: compressed(new Uint8Array(spki).slice(-POINT_LENGTH)) };
  await keepValue(PASSKEY_NAME, kept);
  return kept;
}

/** Looks whether this browser has a passkey. */
export async function findPasskey(): Promise<void> {
  hasPasskey.value = (await readValue<KeptPasskey>(PASSKEY_NAME)) !== undefined;
}

/** The signer of a passkey that is made now; this browser then knows of no earlier one. */
export async function anotherPasskeySigner(): Promise<Signer> {
  return signerOf(await make());
}

/** The signer of this browser's passkey, which is made at the first call. */
export async function passkeySigner(): Promise<Signer> {
  return signerOf((await readValue<KeptPasskey>(PASSKEY_NAME)) ?? (await make()));
}

function signerOf({ credentialId, publicKey }: KeptPasskey): Signer {
  const identifier = Array.from(publicKey, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    type: 'PASSKEY',
    getIdentifier: () => ({ identifier, identifierKind: IdentifierKind.Passkey }),
    signMessage: async (text) => {
      const given = navigator.credentials.get({
        publicKey: {
          challenge: new TextEncoder().encode(text),
          allowCredentials: [{ type: 'public-key', id: credentialId }],
          userVerification: 'preferred',
        },
      });
      const assertion = (await given.catch(refused)) as PublicKeyCredential;
      const { signature, authenticatorData, clientDataJSON } = assertion.response as AuthenticatorAssertionResponse;
      return {
        publicKey: [...publicKey],
        signature: [...new Uint8Array(signature)],
        authenticatorData: [...new Uint8Array(authenticatorData)],
        clientDataJson: [...new Uint8Array(clientDataJSON)],
      };
    },
  };
}
