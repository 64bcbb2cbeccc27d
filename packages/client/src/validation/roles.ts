/** Roles of an inbox in a conversation (XIP-47), read from the metadata before a commit. */
import type { GroupPayloads } from '../app-data/group-payloads.js';
import type { MutableMetadata } from '../payloads/mutable-metadata.js';

/** What an inbox may be. A super admin need not be listed as admin; policies for admins accept both. */
export interface Roles {
  readonly isAdmin: boolean;
  readonly isSuperAdmin: boolean;
}

/** The highest role, as applications are shown it. */
export type PermissionLevel = 'member' | 'admin' | 'super-admin';

/** Roles of an inbox, whether or not it is a member. @throws ClientError `client/payload-malformed` */
export function rolesOf(payloads: GroupPayloads, inboxId: string): Roles {
  const { adminList, superAdminList } = payloads.mutableMetadata;
  return {
    isAdmin: adminList.includes(inboxId),
    isSuperAdmin: superAdminList.includes(inboxId),
  };
}

/** The highest role of an inbox. */
export function permissionLevel(metadata: MutableMetadata, inboxId: string): PermissionLevel {
  if (metadata.superAdminList.includes(inboxId)) return 'super-admin';
  return metadata.adminList.includes(inboxId) ? 'admin' : 'member';
}
