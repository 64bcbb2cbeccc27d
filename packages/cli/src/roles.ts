/** Roles in a group, by the names that people type. */
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
