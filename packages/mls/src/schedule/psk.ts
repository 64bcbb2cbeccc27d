/**
 * Pre-shared keys (RFC 9420 section 8.4).
 *
 *     PreSharedKeyID  psktype:u8 (1 external: psk_id<V>
 *                                 2 resumption: usage:u8 psk_group_id<V> psk_epoch:u64) psk_nonce<V>
 *     PSKLabel        id:PreSharedKeyID index:u16 count:u16
 */
import { CryptoError, encodeTls, type TlsReader, TlsWriter, toHex, wipe, withSecrets } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { expandWithLabel } from '../crypto/labels.js';
import { violation } from '../validation/policy.js';

/** `ResumptionPSKUsage`. */
export const RESUMPTION_PSK_USAGE = { application: 1, reinit: 2, branch: 3 } as const;
export type ResumptionPskUsage = (typeof RESUMPTION_PSK_USAGE)[keyof typeof RESUMPTION_PSK_USAGE];

/** Most keys of one message: PSKLabel counts them in a u16. */
const MAX_PSKS = 0xffff;

/** PreSharedKeyID (section 8.4). */
export type PreSharedKeyId =
  | { readonly type: 'external'; readonly pskId: Uint8Array; readonly nonce: Uint8Array }
  | {
      readonly type: 'resumption';
      readonly usage: ResumptionPskUsage;
      readonly groupId: Uint8Array;
      readonly epoch: bigint;
      readonly nonce: Uint8Array;
    };

/** Finds the value of a pre-shared key; undefined where it is not at hand. */
export type PskLookup = (id: PreSharedKeyId) => Uint8Array | undefined;

/** @throws CryptoError `codec/…` */
export function readPreSharedKeyId(reader: TlsReader): PreSharedKeyId {
  const type = reader.u8();
  if (type === 1) return { type: 'external', pskId: reader.opaque(), nonce: reader.opaque() };
  if (type !== 2) throw new CryptoError('codec/invalid-value', { field: 'psktype', value: type });
  const usage = reader.u8();
  if (usage !== 1 && usage !== 2 && usage !== 3) {
    throw new CryptoError('codec/invalid-value', { field: 'usage', value: usage });
  }
  return { type: 'resumption', usage, groupId: reader.opaque(), epoch: reader.u64(), nonce: reader.opaque() };
}

/** Writes a PreSharedKeyID. */
export function writePreSharedKeyId(writer: TlsWriter, id: PreSharedKeyId): void {
  if (id.type === 'external') writer.u8(1).opaque(id.pskId);
  else writer.u8(2).u8(id.usage).opaque(id.groupId).u64(id.epoch);
  writer.opaque(id.nonce);
}

/** psk_secret of a commit or Welcome without pre-shared keys: 32 zero bytes. */
export function noPskSecret(suite: CipherSuite): Uint8Array {
  return new Uint8Array(suite.hashLength);
}

/**
 * psk_secret: the chain over the named keys in their order, 32 bytes; all zero when there are none.
 *
 * @throws MlsError `mls/validation` with rule `psk-count`, or `psk-known` when `lookup` does not have one of them; what `lookup` throws
 */
export function derivePskSecret(suite: CipherSuite, ids: readonly PreSharedKeyId[], lookup: PskLookup): Uint8Array {
  if (ids.length > MAX_PSKS) throw violation('psk-count', { count: ids.length });
  return withSecrets((ofCall) => {
    let pskSecret = noPskSecret(suite);
    const zero = new Uint8Array(suite.hashLength);
    for (const [index, id] of ids.entries()) {
      const psk = lookup(id);
      if (psk === undefined) {
        throw violation('psk-known', id.type === 'external' ? { pskId: toHex(id.pskId) } : { pskEpoch: id.epoch });
      }
      const label = new TlsWriter(128);
      writePreSharedKeyId(label, id);
      label.u16(index).u16(ids.length);
      const extracted = suite.provider.hkdfExtract(zero, psk);
      const input = expandWithLabel(suite, extracted, 'derived psk', label.finish(), suite.hashLength);
      const next = ofCall.handedOn(suite.provider.hkdfExtract(input, pskSecret));
      wipe(extracted, input, pskSecret);
      pskSecret = next;
    }
    return pskSecret;
  });
}

/** A text that is equal for two ids exactly when they are the same PreSharedKeyID, nonce and all. */
export function pskName(id: PreSharedKeyId): string {
  return toHex(encodeTls(id, writePreSharedKeyId));
}
