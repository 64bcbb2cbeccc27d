/** Key schedule of HPKE in base mode (RFC 9180 section 5.1) with HKDF-SHA256. */
import { concatBytes, EMPTY_BYTES } from '../bytes/bytes.js';
import { utf8 } from '../bytes/text.js';
import { AEAD_KEY_LENGTH, AEAD_NONCE_LENGTH } from '../provider/aead-sizes.js';
import type { AeadId, CryptoProvider } from '../provider/provider.js';
import type { Kem } from './kem.js';
import { type ExpandLabel, type ExtractLabel, expandLabel, extractLabel, labeledExtract, u16Bytes } from './labels.js';

/** HKDF-SHA256 (section 7.2). */
export const HKDF_SHA256_KDF_ID = 0x0001;
/** Code points of the AEADs (section 7.3). */
export const HPKE_AEAD_IDS: Readonly<Record<AeadId, number>> = {
  'aes-128-gcm': 0x0001,
  'aes-256-gcm': 0x0002,
  'chacha20-poly1305': 0x0003,
};

/** A combination of primitives. Cheap to build; constants are kept per combination of code points. */
export interface HpkeSuite {
  readonly provider: CryptoProvider;
  readonly kem: Kem;
  readonly aead: AeadId;
}

/** What the key schedule needs of a suite and never changes. */
export interface SuiteConstants {
  readonly suiteId: Uint8Array;
  readonly infoHash: ExtractLabel;
  readonly secret: ExtractLabel;
  readonly key: ExpandLabel;
  readonly baseNonce: ExpandLabel;
  readonly exporterSecret: ExpandLabel;
  /** `mode_base || psk_id_hash`: the key schedule context up to `info_hash`. */
  readonly contextPrefix: Uint8Array;
}

const MODE_BASE = Uint8Array.of(0);
const cache = new Map<number, SuiteConstants>();

/** Constants of the suite, built at the first use of its code points. */
export function suiteConstants({ provider, kem, aead }: HpkeSuite): SuiteConstants {
  const aeadId = HPKE_AEAD_IDS[aead];
  const cacheKey = (kem.id << 8) | aeadId;
  const known = cache.get(cacheKey);
  if (known !== undefined) return known;
  const suiteId = concatBytes(utf8('HPKE'), u16Bytes(kem.id), u16Bytes(HKDF_SHA256_KDF_ID), u16Bytes(aeadId));
  const pskIdHash = labeledExtract(provider, EMPTY_BYTES, extractLabel(suiteId, 'psk_id_hash'));
  const constants: SuiteConstants = {
    suiteId,
    infoHash: extractLabel(suiteId, 'info_hash'),
    secret: extractLabel(suiteId, 'secret'),
    key: expandLabel(suiteId, 'key', AEAD_KEY_LENGTH[aead]),
    baseNonce: expandLabel(suiteId, 'base_nonce', AEAD_NONCE_LENGTH),
    exporterSecret: expandLabel(suiteId, 'exp', 32),
    contextPrefix: concatBytes(MODE_BASE, pskIdHash),
  };
  cache.set(cacheKey, constants);
  return constants;
}

/** `key_schedule_context` for `info`. Cost: one hash over `info`; the same for all recipients. */
export function keyScheduleContext(suite: HpkeSuite, info: Uint8Array): Uint8Array {
  const constants = suiteConstants(suite);
  return concatBytes(constants.contextPrefix, labeledExtract(suite.provider, EMPTY_BYTES, constants.infoHash, info));
}

/** The schedule's `secret`, 32 bytes, from which key, nonce and exporter secret expand (the psk is empty). */
export function scheduleSecret(suite: HpkeSuite, sharedSecret: Uint8Array): Uint8Array {
  return labeledExtract(suite.provider, sharedSecret, suiteConstants(suite).secret);
}
