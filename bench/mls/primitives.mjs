/**
 * What the engine's operations are made of, straight on node:crypto, written apart from the packages: cipher suite 0x0003. Raw
 * keys come in as JWK, the cheapest door that node:crypto has.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  sign as edSign,
  verify as edVerify,
  randomBytes,
} from 'node:crypto';

const AEAD = 'chacha20-poly1305';
const TAG = { authTagLength: 16 };
const UNUSED_X = Buffer.alloc(32, 1).toString('base64url');

const privateKeyOn = (curve, raw) =>
  createPrivateKey({ key: { kty: 'OKP', crv: curve, x: UNUSED_X, d: raw.toString('base64url') }, format: 'jwk' });
const publicKeyOn = (curve, raw) =>
  createPublicKey({ key: { kty: 'OKP', crv: curve, x: raw.toString('base64url') }, format: 'jwk' });

export { randomBytes };
export const privateKey = (seed) => privateKeyOn('Ed25519', seed);
export const publicKey = (raw) => publicKeyOn('Ed25519', raw);
export const publicBytes = (key) => Buffer.from(key.export({ format: 'jwk' }).x, 'base64url');

export const sign = (key, message) => edSign(null, message, key);
export const verify = (key, message, signature) => edVerify(null, message, key, signature);
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
export const hmac = (key, bytes) => createHmac('sha256', key).update(bytes).digest();

export function seal(key, nonce, aad, plaintext) {
  const cipher = createCipheriv(AEAD, key, nonce, TAG);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

export function open(key, nonce, aad, sealed) {
  const decipher = createDecipheriv(AEAD, key, nonce, TAG);
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

/** A key from 32 bytes, with its public half computed, as for each node of a path. */
export const nodeKey = (secret) => publicBytes(privateKeyOn('X25519', secret));

// HPKE, base mode (RFC 9180): six HMACs after the key exchange, of inputs as long as the labels make them.
const EAE = randomBytes(28 + 32);
const SHARED = randomBytes(40 + 64);
const SCHEDULE = randomBytes(90);
const ZEROS = Buffer.alloc(32);
const NO_AAD = Buffer.alloc(0);

function hpkeKeys(dh) {
  const sharedSecret = hmac(hmac(ZEROS, Buffer.concat([EAE, dh])), SHARED);
  const secret = hmac(sharedSecret, SCHEDULE);
  return { key: hmac(secret, SCHEDULE), nonce: hmac(secret, SCHEDULE).subarray(0, 12) };
}

/** Seals to a raw public key: an ephemeral key, its public half, the exchange, the schedule, the AEAD. */
export function hpkeSeal(recipient, plaintext) {
  const ephemeral = privateKeyOn('X25519', randomBytes(32));
  const enc = publicBytes(ephemeral);
  const dh = diffieHellman({ privateKey: ephemeral, publicKey: publicKeyOn('X25519', recipient) });
  const { key, nonce } = hpkeKeys(dh);
  return { enc, sealed: seal(key, nonce, NO_AAD, plaintext) };
}

/** Opens with a raw private key. */
export function hpkeOpen(rawPrivateKey, { enc, sealed }) {
  const own = privateKeyOn('X25519', rawPrivateKey);
  publicBytes(own);
  const { key, nonce } = hpkeKeys(diffieHellman({ privateKey: own, publicKey: publicKeyOn('X25519', enc) }));
  return open(key, nonce, NO_AAD, sealed);
}
