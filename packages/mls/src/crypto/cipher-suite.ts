/** Cipher suites (RFC 9420 sections 5.1 and 17.1): those with X25519, Ed25519 and SHA-256. */
import { type AeadId, type CryptoProvider, type HpkeSuite, x25519Kem } from '@conclave/crypto';
import { BoundedCache } from '../bounded-cache.js';
import { MlsError } from '../errors.js';

/** Protocol version `mls10`, the only one. */
export const MLS_VERSION = 0x0001;

/** MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519. */
export const SUITE_AES128GCM = 0x0001;
/** MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, the suite of XMTP. */
export const SUITE_CHACHA20POLY1305 = 0x0003;

/** Bytes of X25519 and Ed25519 public keys. */
export const PUBLIC_KEY_LENGTH = 32;

/** Signatures that a suite remembers unless told otherwise: leaves and key packages, about 100 bytes each. */
export const DEFAULT_VERIFIED_SIGNATURES = 16_384;

/** A cipher suite bound to the provider that computes it. Make one per provider and share it. */
export interface CipherSuite {
  readonly id: number;
  readonly provider: CryptoProvider;
  readonly aead: AeadId;
  /** AEAD key, bytes: 16 or 32. */
  readonly keyLength: number;
  /** AEAD nonce, bytes. */
  readonly nonceLength: 12;
  /** KDF.Nh and hash output, bytes. */
  readonly hashLength: 32;
  /** The suite's HPKE configuration. */
  readonly hpke: HpkeSuite;
  /** Signatures of leaves and key packages that were found good, by what they cover (`verified-signatures.ts`). */
  readonly verifiedSignatures: BoundedCache<string, true>;
}

const AEADS: ReadonlyMap<number, { readonly aead: AeadId; readonly keyLength: number }> = new Map([
  [SUITE_AES128GCM, { aead: 'aes-128-gcm', keyLength: 16 }],
  [SUITE_CHACHA20POLY1305, { aead: 'chacha20-poly1305', keyLength: 32 }],
]);

/**
 * The suite with this number.
 *
 * @param options.verifiedSignatures - how many good signatures of leaves and key packages are remembered, so that the
 *   same leaf in another group, or a key package checked when it was fetched, costs a hash; 0 remembers none
 * @throws MlsError `mls/unsupported-suite` with `suite`
 */
export function getCipherSuite(
  id: number,
  provider: CryptoProvider,
  options: { readonly verifiedSignatures?: number } = {},
): CipherSuite {
  const algorithms = AEADS.get(id);
  if (algorithms === undefined) throw new MlsError('mls/unsupported-suite', { suite: id });
  const { aead, keyLength } = algorithms;
  const hpke: HpkeSuite = { provider, kem: x25519Kem(provider), aead };
  const verifiedSignatures = new BoundedCache<string, true>(options.verifiedSignatures ?? DEFAULT_VERIFIED_SIGNATURES);
  return { id, provider, aead, keyLength, nonceLength: 12, hashLength: 32, hpke, verifiedSignatures };
}
