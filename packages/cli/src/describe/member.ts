/** Members as the commands show them. */
import { type GroupMember, PermissionLevel } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { accountOfMember } from '../names.js';

const LEVELS: Readonly<Record<PermissionLevel, string>> = {
  [PermissionLevel.Member]: 'member',
  [PermissionLevel.Admin]: 'admin',
  [PermissionLevel.SuperAdmin]: 'super admin',
};

/** JSON form of a member. */
export function memberValue(member: GroupMember): Record<string, unknown> {
  return {
    inboxId: member.inboxId,
    accountIdentifiers: member.accountIdentifiers.map(({ identifier }) => identifier),
    installationIds: member.installationIds,
    permissionLevel: LEVELS[member.permissionLevel],
  };
}

/** One line: the whole address, so that it can be copied, role and number of installations. */
export function memberLine(member: GroupMember, ownInboxId: string): string {
  const you = member.inboxId === ownInboxId ? colors.green(' (you)') : '';
  const count = member.installationIds.length;
  const role = `${LEVELS[member.permissionLevel]}, ${count} installation${count === 1 ? '' : 's'}`;
  return `${accountOfMember(member)}${you}  ${colors.dim(role)}`;
}
