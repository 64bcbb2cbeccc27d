/**
 * Component 800C: whether people may join by a commit of their own, and the invitation by which they do (XIP-82).
 *
 *     ExternalCommitPolicyEntry 1 v1 { 1 allow_external_commit, 2 expires_at_ns, 3 expire_in_ns, 4 symmetric_key { 1 material },
 *                                      5 external_group_id, 6 max_uses, 7 refresh_pointers }        (protobuf)
 */
import { CryptoError } from '@conclave/crypto';
import type { AppDataDictionary } from '@conclave/mls';
import { encodeMessage } from '@conclave/proto';
import { WireReader } from '../payloads/protobuf-wire.js';
import { COMPONENT } from './component-ids.js';

/** Bytes of the key that wraps what the joiner needs. */
export const INVITE_KEY_BYTES = 32;
/** Fewest and most bytes of a slot's name. */
export const MIN_SLOT_BYTES = 4;
export const MAX_SLOT_BYTES = 255;

/** What the group says of invitations. */
export interface ExternalCommitPolicy {
  readonly isOpen: boolean;
  /** Nobody joins after it; 0 for no end. By the node's time of the commit. */
  readonly expiresAtNs: bigint;
  /** ChaCha20-Poly1305, while it is open. */
  readonly key?: Uint8Array | undefined;
  /** Name of the slot that holds the group's wrapped state (`external_group_id`), while it is open. */
  readonly slot?: Uint8Array | undefined;
  /** How many members may be in by this invitation at a time; 0 for any number. */
  readonly maxUses: number;
}

/** A group that says nothing. */
export const CLOSED_POLICY: ExternalCommitPolicy = { isOpen: false, expiresAtNs: 0n, maxUses: 0 };

/** Data of the component. */
export function encodeExternalCommitPolicy(policy: ExternalCommitPolicy): Uint8Array {
  const { isOpen, expiresAtNs, key, slot, maxUses } = policy;
  return encodeMessage((writer) => {
    writer.message(1, (v1) => {
      if (isOpen) v1.enumeration(1, 1);
      v1.uint64(2, expiresAtNs);
      if (key !== undefined) v1.message(4, (inner) => inner.bytes(1, key));
      if (slot !== undefined) v1.bytes(5, slot);
      v1.uint64(6, BigInt(maxUses));
    });
  });
}

/**
 * @returns undefined for data that break the rules of the component: open without key or slot, closed with what belongs to an invitation,
 *   a staleness bound (3), which is not supported here, or bytes that are no such message
 */
export function decodeExternalCommitPolicy(data: Uint8Array): ExternalCommitPolicy | undefined {
  try {
    const policy = read(data);
    const { isOpen, key, slot, expiresAtNs } = policy;
    if (!isOpen)
      return key === undefined && slot === undefined && expiresAtNs === 0n && !policy.hasPointers
        ? strip(policy)
        : undefined;
    const fits =
      key?.length === INVITE_KEY_BYTES &&
      slot !== undefined &&
      slot.length >= MIN_SLOT_BYTES &&
      slot.length <= MAX_SLOT_BYTES;
    return fits && policy.expireInNs === 0n ? strip(policy) : undefined;
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

type Read = ExternalCommitPolicy & { readonly expireInNs: bigint; readonly hasPointers: boolean };

function strip({ isOpen, expiresAtNs, key, slot, maxUses }: Read): ExternalCommitPolicy {
  return {
    isOpen,
    expiresAtNs,
    ...(key === undefined ? {} : { key }),
    ...(slot === undefined ? {} : { slot }),
    maxUses,
  };
}

function read(data: Uint8Array): Read {
  const entry = new WireReader(data);
  let isOpen = false;
  let expiresAtNs = 0n;
  let expireInNs = 0n;
  let key: Uint8Array | undefined;
  let slot: Uint8Array | undefined;
  let maxUses = 0;
  let hasPointers = false;
  while (entry.next()) {
    if (entry.field !== 1) {
      entry.skip();
      continue;
    }
    const v1 = entry.message();
    while (v1.next()) {
      switch (v1.field) {
        case 1:
          isOpen = v1.uint64() !== 0n;
          break;
        case 2:
          expiresAtNs = v1.uint64();
          break;
        case 3:
          expireInNs = v1.uint64();
          break;
        case 4: {
          const inner = v1.message();
          key = new Uint8Array(0);
          while (inner.next()) {
            if (inner.field === 1) key = inner.bytes();
            else inner.skip();
          }
          break;
        }
        case 5:
          slot = v1.bytes();
          break;
        case 6:
          maxUses = Number(v1.uint64() & 0xffffffffn);
          break;
        case 7:
          hasPointers = true;
          v1.skip();
          break;
        default:
          v1.skip();
      }
    }
  }
  return { isOpen, expiresAtNs, expireInNs, key, slot, maxUses, hasPointers };
}

/** What a group says of invitations; undefined where it says nothing that can be read. */
export function policyOf(dictionary: AppDataDictionary | undefined): ExternalCommitPolicy | undefined {
  const data = dictionary?.get(COMPONENT.externalCommitPolicy);
  return data === undefined ? undefined : decodeExternalCommitPolicy(data);
}
