/**
 * Sender HMACs and the keys that push servers get (libxmtp 1.10.0). A node that forwards pushes uses them to leave out
 * the sender's own installations without learning who that is.
 *
 * ```
 * epoch = floor(unix seconds / 2 592 000)                             30 days
 * key   = HKDF-SHA256(salt "libXMTP HKDF salt!", ikm = root ‖ group_id, info = group_id ‖ int64 LE epoch, 42)
 * hmac  = HMAC-SHA256(key, data)                                      over the whole MLSMessage
 * ```
 */
import { type CryptoProvider, concatBytes, type Random, utf8, wipe } from '@conclave/crypto';
import { NS_PER_SECOND } from '../host.js';

/** Bytes of the root key of an inbox, and of a derived key. */
export const HMAC_KEY_LENGTH = 42;

const SECONDS_PER_EPOCH = 2_592_000n;
const SALT = utf8('libXMTP HKDF salt!');

/** A key and the period in which it is in use. */
export interface HmacKey {
  /** Periods of 30 days since 1970. */
  readonly epoch: bigint;
  /** 42 bytes. */
  readonly key: Uint8Array;
}

/** A new root key, 42 bytes; one per inbox, shared by its installations through device sync. */
export function createHmacRoot(random: Random): Uint8Array {
  return random(HMAC_KEY_LENGTH);
}

/** The period that a time lies in. */
export function hmacEpoch(nowNs: bigint): bigint {
  return nowNs / NS_PER_SECOND / SECONDS_PER_EPOCH;
}

/** The key of one group in one period, 42 bytes. */
export function deriveHmacKey(
  crypto: CryptoProvider,
  root: Uint8Array,
  groupId: Uint8Array,
  epoch: bigint,
): Uint8Array {
  const info = new Uint8Array(groupId.length + 8);
  info.set(groupId);
  new DataView(info.buffer).setBigInt64(groupId.length, epoch, true);
  const ikm = concatBytes(root, groupId);
  const prk = crypto.hkdfExtract(SALT, ikm);
  const key = crypto.hkdfExpand(prk, info, HMAC_KEY_LENGTH);
  wipe(ikm, prk);
  return key;
}

/** The keys of the previous, current and next period, in this order. */
export function hmacKeys(crypto: CryptoProvider, root: Uint8Array, groupId: Uint8Array, nowNs: bigint): HmacKey[] {
  const current = hmacEpoch(nowNs);
  return [current - 1n, current, current + 1n].map((epoch) => ({
    epoch,
    key: deriveHmacKey(crypto, root, groupId, epoch),
  }));
}

/**
 * The 32-byte HMAC that goes with a group message, commits included.
 * @param data - the MLSMessage as sent
 */
export function senderHmac(
  crypto: CryptoProvider,
  root: Uint8Array,
  groupId: Uint8Array,
  nowNs: bigint,
  data: Uint8Array,
): Uint8Array {
  const key = deriveHmacKey(crypto, root, groupId, hmacEpoch(nowNs));
  const hmac = crypto.hmac('sha256', key, data);
  wipe(key);
  return hmac;
}
