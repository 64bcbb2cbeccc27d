/**
 * Passkeys as wallets: a P-256 key in the device's authenticator (WebAuthn). The challenge is the text itself, as XMTP has it. The public
 * key is told only when the passkey is made, so it is kept beside the credential's id.
 */
import { IdentifierKind, type Signer } from '@conclave/browser-sdk';
import { keepValue, readValue } from '../keep/idb.js';
import { PageFault } from '../state/notices.js';
import { t } from '../strings/index.js';

interface KeptPasskey {
  readonly credentialId: ArrayBuffer;
  /** SEC1 compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
}

const NAME = 'passkey';
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
  await keepValue(NAME, kept);
  return kept;
}

/** The signer of this browser's passkey, which is made at the first call. */
export async function passkeySigner(): Promise<Signer> {
  const { credentialId, publicKey } = (await readValue<KeptPasskey>(NAME)) ?? (await make());
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
