/**
 * Extension 0xff01: who is in the group (libxmtp 1.10.0, `GroupMembership`).
 *
 * ```
 * 1 map<string, uint64> members     inbox id → sequence id of the identity log up to which the group follows it
 * 2 repeated bytes failed_installations
 * ```
 *
 * One entry costs 69 bytes and the varint of its sequence id. Sequence id 0 stands only in the entry that a creator
 * writes for itself before the first commit.
 */
import { encodeMessage } from '@conclave/proto';
import { decodePayload } from './malformed-payload.js';
import { WireReader } from './protobuf-wire.js';

/** Decoded 0xff01. */
export interface GroupMembership {
  readonly members: ReadonlyMap<string, bigint>;
  /** Installations (32-byte keys) that belong to the members but could not be added. */
  readonly failedInstallations: readonly Uint8Array[];
}

/** How one membership follows from another, by inbox, each list in ascending order. */
export interface MembershipDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** In both, with different sequence ids. */
  readonly updated: readonly string[];
}

/** The difference of equal memberships. */
export const NO_MEMBERSHIP_DIFF: MembershipDiff = { added: [], removed: [], updated: [] };

/**
 * Reads the data of extension 0xff01.
 * @throws ClientError `client/payload-malformed`
 * Cost: linear in the members.
 */
export function decodeGroupMembership(data: Uint8Array): GroupMembership {
  return decodePayload('group membership', () => {
    const reader = new WireReader(data);
    const members = new Map<string, bigint>();
    const failedInstallations: Uint8Array[] = [];
    while (reader.next()) {
      switch (reader.field) {
        case 1:
          readMember(reader.message(), members);
          break;
        case 2:
          failedInstallations.push(reader.bytes());
          break;
        default:
          reader.skip();
      }
    }
    return { members, failedInstallations };
  });
}

/** Data of extension 0xff01; members in the order of the map. Cost: linear in the members. */
export function encodeGroupMembership(membership: GroupMembership): Uint8Array {
  return encodeMessage((writer) => {
    for (const [inboxId, sequenceId] of membership.members) {
      writer.message(1, (entry) => entry.string(1, inboxId).uint64(2, sequenceId));
    }
    for (const installationId of membership.failedInstallations) writer.element(2, installationId);
  });
}

/** Compares two memberships. Cost: linear in the members; compare the raw bytes first. */
export function diffMembership(before: GroupMembership, after: GroupMembership): MembershipDiff {
  const added: string[] = [];
  const removed: string[] = [];
  const updated: string[] = [];
  for (const [inboxId, sequenceId] of before.members) {
    const next = after.members.get(inboxId);
    if (next === undefined) removed.push(inboxId);
    else if (next !== sequenceId) updated.push(inboxId);
  }
  for (const inboxId of after.members.keys()) if (!before.members.has(inboxId)) added.push(inboxId);
  return { added: added.sort(), removed: removed.sort(), updated: updated.sort() };
}

function readMember(entry: WireReader, members: Map<string, bigint>): void {
  let inboxId = '';
  let sequenceId = 0n;
  while (entry.next()) {
    if (entry.field === 1) inboxId = entry.string();
    else if (entry.field === 2) sequenceId = entry.uint64();
    else entry.skip();
  }
  members.set(inboxId, sequenceId);
}
