/** A throw-away Ethereum account as a signer of the SDK: personal messages of EIP-191, r || s || v. */
import { randomBytes } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

const ETHEREUM = 0;

/**
 * @param {Uint8Array} [privateKey] 32 bytes; random when absent
 */
export function newWallet(privateKey = Uint8Array.from(randomBytes(32))) {
  const publicKey = secp256k1.getPublicKey(privateKey, false);
  const address = `0x${Buffer.from(keccak_256(publicKey.subarray(1)).subarray(12)).toString('hex')}`;
  const identifier = { identifier: address, identifierKind: ETHEREUM };
  return {
    address,
    identifier,
    privateKey,
    signer: {
      type: 'EOA',
      getIdentifier: () => identifier,
      signMessage: (text) => signPersonalMessage(text, privateKey),
    },
  };
}

function signPersonalMessage(text, privateKey) {
  const message = Buffer.from(text, 'utf8');
  const prefix = Buffer.from(`\u0019Ethereum Signed Message:\n${message.length}`, 'utf8');
  const digest = keccak_256(Buffer.concat([prefix, message]));
  const [recovery, ...rs] = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered', lowS: true });
  return Uint8Array.from([...rs, 27 + recovery]);
}
