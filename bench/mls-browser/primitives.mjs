/** What the engine's operations are made of, on the calls of the browser's provider: cipher suite 0x0003. */
// In the page this is the browser's provider: see the bundler's plugin in `suites/mls-browser.mjs`.
import { nodeCrypto as provider } from '@conclave/crypto/node';

const AEAD = 'chacha20-poly1305';

/** Browsers give no more at once, bytes. */
const MAX_RANDOM = 65536;

export function randomBytes(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MAX_RANDOM) bytes.set(provider.random(Math.min(MAX_RANDOM, length - at)), at);
  return bytes;
}
export const privateKey = (seed) => provider.signaturePrivateKey(seed);
export const publicKey = (raw) => provider.signaturePublicKey(raw);
export const publicBytes = (key) => key.publicKey;
export const sign = (key, message) => key.sign(message);
export const verify = (key, message, signature) => key.verify(message, signature);
export const sha256 = (bytes) => provider.hash('sha256', bytes);
export const hmac = (key, bytes) => provider.hmac('sha256', key, bytes);
export const seal = (key, nonce, aad, plaintext) => provider.aeadSeal(AEAD, key, nonce, aad, plaintext);
export const open = (key, nonce, aad, sealed) => provider.aeadOpen(AEAD, key, nonce, aad, sealed);

/** A key from 32 bytes, with its public half computed, as for each node of a path. */
export const nodeKey = (secret) => provider.dhPrivateKey(secret).publicKey;

// HPKE, base mode (RFC 9180): six HMACs after the key exchange, of inputs as long as the labels make them.
const EAE = randomBytes(28 + 32 + 32);
const SHARED = randomBytes(40 + 64);
const SCHEDULE = randomBytes(90);
const ZEROS = new Uint8Array(32);
const NO_AAD = new Uint8Array(0);

function hpkeKeys(dh) {
  EAE.set(dh, 28 + 32);
  const sharedSecret = hmac(hmac(ZEROS, EAE), SHARED);
  const secret = hmac(sharedSecret, SCHEDULE);
  return { key: hmac(secret, SCHEDULE), nonce: hmac(secret, SCHEDULE).subarray(0, 12) };
}

/** Seals to a raw public key: an ephemeral key, its public half, the exchange, the schedule, the AEAD. */
export function hpkeSeal(recipient, plaintext) {
  const ephemeral = provider.dhPrivateKey(randomBytes(32));
  const enc = ephemeral.publicKey;
  const { key, nonce } = hpkeKeys(ephemeral.dh(recipient));
  return { enc, sealed: seal(key, nonce, NO_AAD, plaintext) };
}

/** Opens with a raw private key. */
export function hpkeOpen(rawPrivateKey, { enc, sealed }) {
  const own = provider.dhPrivateKey(rawPrivateKey);
  own.publicKey;
  const { key, nonce } = hpkeKeys(own.dh(enc));
  return open(key, nonce, NO_AAD, sealed);
}
