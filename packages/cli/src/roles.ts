/** Roles in a group, by the names that people type, and leaving, which depends on them. */
import type { Group } from '@conclave/node-sdk';
import { CliError } from './errors.js';
import { queueing } from './queued.js';

/** From least to most. */
export const ROLES = ['member', 'admin', 'super-admin'] as const;

/** Name of a role. */
export type Role = (typeof ROLES)[number];

/** @throws CliError `cli/usage` */
export function parseRole(typed: string): Role {
  const role = ROLES.find((each) => each === typed);
  if (role === undefined) throw new CliError('cli/usage', { typed, expected: ROLES.join(', ') });
  return role;
}

/**
 * Gives a member exactly this role. The new one comes first, so that nobody is without a role they keep when the second change fails.
 * @throws ClientError `client/permission-denied`; CliError `cli/change-queued`
 */
export async function setRole(group: Group, inboxId: string, role: Role): Promise<void> {
  const isAdmin = group.isAdmin(inboxId);
  const isSuperAdmin = group.isSuperAdmin(inboxId);
  if (role === 'super-admin' && !isSuperAdmin) await queueing(() => group.addSuperAdmin(inboxId));
  if (role === 'admin' && !isAdmin) await queueing(() => group.addAdmin(inboxId));
  if (role !== 'super-admin' && isSuperAdmin) await queueing(() => group.removeSuperAdmin(inboxId));
  if (role !== 'admin' && isAdmin) await queueing(() => group.removeAdmin(inboxId));
}

/**
 * Asks to be removed; the client of a super admin completes it.
 * @throws CliError `cli/super-admin-cannot-leave`, `cli/change-queued`; ClientError `client/leave-refused`
 */
export async function leaveGroup(group: Group, ownInboxId: string): Promise<void> {
  // Asked first, since the client's refusal cannot know by which commands a role is passed on.
  if (group.isSuperAdmin(ownInboxId)) throw new CliError('cli/super-admin-cannot-leave', { groupId: group.id });
  await queueing(() => group.requestRemoval());
}
