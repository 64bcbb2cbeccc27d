/**
 * A database key that a passkey keeps (WebAuthn level 3, extension `prf`): the authenticator makes the same 32 bytes for the same
 * passkey and salt each time that its owner confirms, and nothing of it is stored.
 */
import { BrowserError } from '../errors.js';

/** What the secret is for; another purpose gives another key. */
const SALT_TEXT = 'conclave database key';

/** Which passkey is asked. */
export interface PasskeyOptions {
  /** Of the passkey; default: whichever the person chooses. */
  readonly credentialId?: Uint8Array;
  /** Domain of the passkey; default: the page's. */
  readonly rpId?: string;
}

/**
 * Asks for the passkey and gives 32 bytes for `dbEncryptionKey`.
 * @throws BrowserError `browser/no-passkey-secret` where passkey or browser has no such secret; DOMException when the person declines
 */
export async function databaseKeyFromPasskey({ credentialId, rpId }: PasskeyOptions = {}): Promise<Uint8Array> {
  const salt = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(SALT_TEXT)));
  const credential = (await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      userVerification: 'required',
      ...(rpId === undefined ? {} : { rpId }),
      ...(credentialId === undefined
        ? {}
        : { allowCredentials: [{ type: 'public-key', id: credentialId as Uint8Array<ArrayBuffer> }] }),
      extensions: { prf: { eval: { first: salt } } },
    },
  })) as PublicKeyCredential | null;
  const secret = credential?.getClientExtensionResults().prf?.results?.first;
  if (secret === undefined) throw new BrowserError('browser/no-passkey-secret');
  return new Uint8Array(secret as ArrayBuffer).slice(0, 32);
}
