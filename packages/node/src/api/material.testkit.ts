/** What clients send: MLS messages, key packages and identity updates, made by the layers below with real keys. */
import { createECDH, createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { TlsWriter, toBase64Url, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  attachSignature,
  encodeMlsCredential,
  type Identifier,
  identityUpdateToProto,
  installationIdentifier,
  type PasskeySignature,
  type PendingIdentityUpdate,
  passkeyIdentifier,
  signatureRequest,
  signedUpdate,
  signInstallationKey,
} from '@conclave/identity';
import { type CreateKeyPackageParams, createKeyPackage, EXTENSION_TYPE, getCipherSuite } from '@conclave/mls';
import type { IdentityUpdate } from '@conclave/proto';
import { TEST_TIME_NS } from '../node.testkit.js';

const TEST_TIME_SECONDS = TEST_TIME_NS / 1_000_000_000n;

/** A PrivateMessage (or PublicMessage) of which nothing but the header means anything. */
export function mlsMessage(
  groupId: string,
  text: string,
  { contentType = 1, wireFormat = 2 }: { contentType?: number; wireFormat?: number } = {},
): Uint8Array {
  const writer = new TlsWriter().u16(1).u16(wireFormat).opaque(utf8(groupId)).u64(3n);
  if (wireFormat === 1) writer.u8(1).u32(0).opaque(new Uint8Array(0)).u8(contentType).raw(utf8(text));
  else writer.u8(contentType).opaque(new Uint8Array(0)).opaque(utf8('sender')).opaque(utf8(text));
  return writer.finish();
}

/** A seed of 32 bytes; different numbers give different keys. */
export function seed(number: number): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`test key ${number}`).digest());
}

/** A key package of the deployed shape, valid for twelve weeks around the test time. */
export function keyPackageOf(installationSeed: Uint8Array, changes: Partial<CreateKeyPackageParams> = {}): Uint8Array {
  const { keyPackage } = createKeyPackage({
    suite: getCipherSuite(0x0003, nodeCrypto),
    signatureKey: nodeCrypto.signaturePrivateKey(installationSeed),
    credential: { type: 1, identity: encodeMlsCredential('ab'.repeat(32)) },
    capabilities: {
      versions: [1],
      cipherSuites: [3],
      extensions: [EXTENSION_TYPE.lastResort],
      proposals: [],
      credentials: [1],
    },
    lifetime: { notBefore: TEST_TIME_SECONDS - 3_600n, notAfter: TEST_TIME_SECONDS + 7_257_600n },
    leafExtensions: [],
    extensions: [{ type: EXTENSION_TYPE.lastResort, data: new Uint8Array(0) }],
    random: nodeCrypto.random,
    ...changes,
  });
  return keyPackage.raw;
}

/** Somebody who signs: a passkey as owner, an Ed25519 key as installation. */
export interface Signer {
  readonly identifier: Identifier | ReturnType<typeof installationIdentifier>;
  sign(text: string): Parameters<typeof attachSignature>[2];
}

export interface PasskeyOwner extends Signer {
  readonly identifier: ReturnType<typeof passkeyIdentifier>;
}

/** A P-256 passkey; its assertions are made as an authenticator makes them. */
export function passkeyOwner(number: number): PasskeyOwner {
  const key = createPrivateKey({ key: p256Jwk(seed(number)), format: 'jwk' });
  const { x, y } = createPublicKey(key).export({ format: 'jwk' }) as { x: string; y: string };
  const odd = (Buffer.from(y, 'base64url').at(-1) as number) & 1;
  const publicKey = Uint8Array.from([2 + odd, ...Buffer.from(x, 'base64url')]);
  return {
    identifier: passkeyIdentifier(publicKey),
    sign(text): PasskeySignature {
      const clientDataJson = utf8(
        JSON.stringify({ type: 'webauthn.get', challenge: toBase64Url(utf8(text)), origin: 'https://example.org' }),
      );
      const authenticatorData = new Uint8Array(37).fill(5);
      const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJson).digest()]);
      return { kind: 'p256', publicKey, bytes: sign('sha256', signed, key), authenticatorData, clientDataJson };
    },
  };
}

/** node:crypto wants the public point with a private JWK; an ECDH object computes it. */
function p256Jwk(secret: Uint8Array): { kty: 'EC'; crv: 'P-256'; d: string; x: string; y: string } {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey();
  const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  return {
    ...{ kty: 'EC', crv: 'P-256', d: base64url(secret) },
    ...{ x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) },
  };
}

/** An installation. */
export function installationOf(number: number): Signer & { readonly publicKey: Uint8Array } {
  const { publicKey } = nodeCrypto.signaturePrivateKey(seed(number));
  return {
    publicKey,
    identifier: installationIdentifier(publicKey),
    sign: (text) => signInstallationKey(nodeCrypto, seed(number), text),
  };
}

/** The update as a client publishes it. */
export function signAll(update: PendingIdentityUpdate, signers: readonly Signer[]): IdentityUpdate {
  let request = signatureRequest(update);
  for (const signer of signers) request = attachSignature({ crypto: nodeCrypto }, request, signer.sign(request.text));
  return identityUpdateToProto(signedUpdate(request));
}
