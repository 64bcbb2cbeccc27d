/**
 * A crypto provider that counts what it is asked for. Counts do not depend on the machine or on what else it does: how an operation
 * grows with the group is shown by them, not by seconds.
 */
import { nodeCrypto } from '@conclave/crypto/node';

const bytesOf = (parts) => parts.reduce((sum, part) => sum + part.length, 0);

/** Counts since the last `take`: calls that work on a curve, calls that hash or encrypt, and the bytes that those go over. */
export function countingCrypto() {
  let counts = { curve: 0, symmetric: 0, bytes: 0 };
  const curve = (result) => {
    counts.curve += 1;
    return result;
  };
  const symmetric = (bytes, result) => {
    counts.symmetric += 1;
    counts.bytes += bytes;
    return result;
  };
  const provider = {
    ...nodeCrypto,
    hash: (id, ...parts) => symmetric(bytesOf(parts), nodeCrypto.hash(id, ...parts)),
    hmac: (id, key, ...parts) => symmetric(bytesOf(parts), nodeCrypto.hmac(id, key, ...parts)),
    hkdfExtract: (salt, ikm) => symmetric(ikm.length, nodeCrypto.hkdfExtract(salt, ikm)),
    hkdfExpand: (prk, info, length) => symmetric(info.length, nodeCrypto.hkdfExpand(prk, info, length)),
    aeadSeal: (id, key, nonce, aad, text) => symmetric(text.length, nodeCrypto.aeadSeal(id, key, nonce, aad, text)),
    aeadOpen: (id, key, nonce, aad, text) => symmetric(text.length, nodeCrypto.aeadOpen(id, key, nonce, aad, text)),
    signaturePrivateKey: (seed) => {
      const key = nodeCrypto.signaturePrivateKey(seed);
      return { publicKey: key.publicKey, sign: (message) => curve(key.sign(message)) };
    },
    signaturePublicKey: (bytes) => {
      const key = nodeCrypto.signaturePublicKey(bytes);
      return { bytes: key.bytes, verify: (message, signature) => curve(key.verify(message, signature)) };
    },
    dhPrivateKey: (bytes) => {
      const key = curve(nodeCrypto.dhPrivateKey(bytes));
      return { publicKey: key.publicKey, dh: (publicKey) => curve(key.dh(publicKey)) };
    },
  };
  return {
    provider,
    take() {
      const taken = counts;
      counts = { curve: 0, symmetric: 0, bytes: 0 };
      return taken;
    },
  };
}
