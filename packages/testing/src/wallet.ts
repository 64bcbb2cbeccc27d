/** Wallets for tests: an Ethereum account with a fixed key, and a contract wallet that approves its owner's digests. */
import { createECDH } from 'node:crypto';
import type { SignatureRequest } from '@conclave/client';
import { concatBytes, fromHex, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  addressOfPublicKey,
  type EthereumIdentifier,
  eip191Digest,
  ethereumIdentifier,
  type Identifier,
} from '@conclave/identity';

/** Order of secp256k1 (SEC 2 section 2.4.1). */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function toBytes(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

function modInverse(value: bigint): bigint {
  let [r0, r1, t0, t1] = [N, value % N, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return ((t0 % N) + N) % N;
}

function publicPoint(privateKey: Uint8Array): Uint8Array {
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(privateKey);
  return new Uint8Array(ecdh.getPublicKey());
}

/** ECDSA with low S and a nonce that depends on key and digest only, as wallets sign. R, S and V (27 or 28). */
function signDigest(privateKey: Uint8Array, digest: Uint8Array): Uint8Array {
  const nonce = toBytes(toNumber(nodeCrypto.hmac('sha256', privateKey, digest)) % N);
  const point = publicPoint(nonce);
  const r = toNumber(point.subarray(1, 33)) % N;
  const s = (modInverse(toNumber(nonce)) * (toNumber(digest) + r * toNumber(privateKey))) % N;
  const isOdd = (point[64] as number) % 2 === 1;
  const isHigh = s > N / 2n;
  return concatBytes(toBytes(r), toBytes(isHigh ? N - s : s), Uint8Array.of(27 + Number(isOdd !== isHigh)));
}

/** An Ethereum account. */
export interface TestWallet {
  readonly identifier: EthereumIdentifier;
  /** EIP-191, 65 bytes. */
  sign(text: string): Uint8Array;
  /** Signs a request in the account's name. */
  approve(request: SignatureRequest): void;
}

/** The same account for the same name, in every run. */
export function testWallet(name: string): TestWallet {
  const privateKey = toBytes((toNumber(nodeCrypto.hash('sha256', utf8(`wallet ${name}`))) % (N - 1n)) + 1n);
  const sign = (text: string): Uint8Array => signDigest(privateKey, eip191Digest(text));
  return {
    identifier: ethereumIdentifier(addressOfPublicKey(publicPoint(privateKey))),
    sign,
    approve: (request) => request.addEip191(sign(request.text)),
  };
}

/** A contract wallet on a test chain: its signature over a digest is `approved:` and the digest. */
export function testContractWallet(address: string, chainId: bigint) {
  const identifier: Identifier = ethereumIdentifier(address);
  const sign = (text: string): Uint8Array => concatBytes(utf8('approved:'), eip191Digest(text));
  return {
    identifier,
    approve: (request: SignatureRequest, blockNumber?: bigint) =>
      request.addContractWallet({ address, chainId, signature: sign(request.text), blockNumber }),
  };
}

/** What a test chain answers for the wallets above. */
export function isApproved(digest: Uint8Array, signature: Uint8Array): boolean {
  return toHex(signature) === toHex(concatBytes(utf8('approved:'), digest));
}
