/**
 * Direct messages (libxmtp 1.10.0): a group of two fixed inboxes without admins, told by its type and its members.
 *
 * Several MLS groups may be the DM of the same two inboxes, when both sides create one at once. They share a `dm_id`,
 * which is local and never sent, and readers show them as one conversation.
 */
import { ClientError } from '../errors.js';
import type { DmMembers } from '../payloads/immutable-metadata.js';

/** `dm:` and the two inbox ids in ascending order, in lower case: the same whoever created the DM. */
export function dmId(members: DmMembers): string {
  const [first, second] = [members.one.toLowerCase(), members.two.toLowerCase()].sort();
  return `dm:${first}:${second}`;
}

/** The members of a DM that we create: the creator first. */
export function dmMembersOf(creatorInboxId: string, peerInboxId: string): DmMembers {
  return { one: creatorInboxId, two: peerInboxId };
}

/**
 * The inbox on the other side; our own in a DM with ourselves.
 * @throws ClientError `client/not-a-member` when we are neither
 */
export function dmPeer(members: DmMembers, ownInboxId: string): string {
  if (members.one === ownInboxId) return members.two;
  if (members.two === ownInboxId) return members.one;
  throw new ClientError('client/not-a-member', { inboxId: ownInboxId });
}
