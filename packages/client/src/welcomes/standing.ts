/** What somebody's word counts for, by a state of a conversation, when he lets us into it. */
import type { GroupPayloads } from '../app-data/group-payloads.js';
import { NO_METADATA_CHANGES } from '../payloads/metadata-changes.js';
import type { ConversationKind } from '../store/conversations.js';
import { evaluateChanges } from '../validation/evaluate-policy.js';
import { rolesOf } from '../validation/roles.js';

/** From the least to the most. */
const STANDINGS = ['stranger', 'may-add', 'may-replace'] as const;
/** `may-add`: a member who may let us in; `may-replace`: one who may take us out besides; `stranger`: anybody else. */
export type Standing = (typeof STANDINGS)[number];

/** Whether the first counts for more. */
export function exceeds(one: Standing, other: Standing): boolean {
  return STANDINGS.indexOf(one) > STANDINGS.indexOf(other);
}

/**
 * The standing of an inbox. Nothing less than `may-replace` brings a member a second welcome: a super admin adds it again after a fork, or a
 * removal was missed by one.
 * @param kind - what the conversation was when we joined: no rule keeps a member from changing the metadata that says so
 * @param own - our inbox
 */
export function standingOf(payloads: GroupPayloads, kind: ConversationKind, inboxId: string, own: string): Standing {
  const { members } = payloads.membership;
  if (!members.has(inboxId)) return 'stranger';
  if (kind === 'dm' || rolesOf(payloads, inboxId).isSuperAdmin) return 'may-replace';
  if (mayChange(payloads, inboxId, { added: [own], removed: [own] })) return 'may-replace';
  // Installations of a member's inbox may be let in by any member.
  return members.has(own) || mayChange(payloads, inboxId, { added: [own], removed: [] }) ? 'may-add' : 'stranger';
}

function mayChange(
  payloads: GroupPayloads,
  inboxId: string,
  { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] },
): boolean {
  const { superAdminList } = payloads.mutableMetadata;
  const denial = evaluateChanges(payloads.permissions, {
    actor: { ...rolesOf(payloads, inboxId), inboxId },
    ...{ addedInboxes: added, removedInboxes: removed },
    ...{ superAdminList, superAdminCount: superAdminList.length },
    ...{ metadata: NO_METADATA_CHANGES, permissionsChanged: false },
  });
  return denial === undefined;
}
