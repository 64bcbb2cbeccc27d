/** A group conversation. */
import { ATTRIBUTE, type InviteSlots, type OpenInvite, type OpenInviteOptions } from '@conclave/client';
import type { MetadataField, PermissionPolicy, PermissionUpdateType } from '../enums.js';
import { SdkError } from '../errors.js';
import type { InviteOptions } from '../options.js';
import { inOriginalWords } from '../original-text.js';
import type { GroupPermissions, Identifier } from '../types.js';
import { basePolicyOf, policyTargetOf } from '../values.js';
import { Conversation } from './conversation.js';

/** Getters read the local state; changes resolve when the network has ordered them. */
export class Group extends Conversation {
  get name(): string {
    return this.#attribute(ATTRIBUTE.groupName);
  }

  /** At most 100 bytes. */
  updateName(name: string): Promise<void> {
    return inOriginalWords(this.core.updateAttribute(ATTRIBUTE.groupName, name));
  }

  get imageUrl(): string {
    return this.#attribute(ATTRIBUTE.groupImageUrlSquare);
  }

  /** At most 2048 bytes. */
  updateImageUrl(imageUrl: string): Promise<void> {
    return inOriginalWords(this.core.updateAttribute(ATTRIBUTE.groupImageUrlSquare, imageUrl));
  }

  get description(): string {
    return this.#attribute(ATTRIBUTE.description);
  }

  /** At most 1000 bytes. */
  updateDescription(description: string): Promise<void> {
    return inOriginalWords(this.core.updateAttribute(ATTRIBUTE.description, description));
  }

  get appData(): string {
    return this.#attribute(ATTRIBUTE.appData);
  }

  /** At most 8192 bytes. */
  updateAppData(appData: string): Promise<void> {
    return inOriginalWords(this.core.updateAttribute(ATTRIBUTE.appData, appData));
  }

  /** Whether changes are sent as what changes (XIP-81). Not in the original. */
  get hasAppData(): boolean {
    return this.core.hasAppData;
  }

  /**
   * From now on a change of name, roles or members is as long as what changes, not as the group is large (XIP-81). For super admins, where
   * every member's client knows it: from then on nobody whose client does not can be added. There is no way back. Not in the original.
   */
  enableAppData(): Promise<void> {
    return inOriginalWords(this.core.enableAppData());
  }

  /**
   * Lets people join by a link or a QR code of it (XIP-82). Needs `enableAppData`, and is for super admins. The group's state lies wrapped
   * in a slot of the application, renewed by `refreshInvite` after each change. Not in the original.
   * @returns the link
   */
  openInvite(slots: InviteSlots, options: OpenInviteOptions = {}): Promise<string> {
    return inOriginalWords(this.core.openInvite(slots, options));
  }

  /** Leaves the group's state as it now is for those who have the link. @returns false where there is no open invitation */
  refreshInvite(slots: InviteSlots): Promise<boolean> {
    return inOriginalWords(this.core.refreshInvite(slots));
  }

  /**
   * The invitation that is open now, undefined where there is none. Its link is made anew, with this inbox as the one that vouches: it is of use
   * while an installation of this inbox renews the state.
   */
  currentInvite(baseUrl?: string): OpenInvite | undefined {
    return this.core.currentInvite(baseUrl);
  }

  /** Nobody joins by a link any more; those who try are told that it is over where `slots` are given. */
  closeInvite(slots?: InviteSlots): Promise<void> {
    return inOriginalWords(this.core.closeInvite(slots));
  }

  permissions(): GroupPermissions {
    return this.permissionsNow();
  }

  /**
   * Replaces one policy.
   * @param field - with `UpdateMetadata`: which attribute
   */
  async updatePermission(type: PermissionUpdateType, policy: PermissionPolicy, field?: MetadataField): Promise<void> {
    const target = policyTargetOf(type, field);
    const base = basePolicyOf(policy);
    if (target === undefined || base === undefined)
      throw new SdkError('sdk/bad-option', { option: 'permission', type, policy });
    await inOriginalWords(this.core.updatePermission(target, base));
  }

  listAdmins(): string[] {
    return [...this.core.admins()];
  }

  listSuperAdmins(): string[] {
    return [...this.core.superAdmins()];
  }

  isAdmin(inboxId: string): boolean {
    return this.core.admins().includes(inboxId);
  }

  isSuperAdmin(inboxId: string): boolean {
    return this.core.superAdmins().includes(inboxId);
  }

  /** Whether this inbox has asked to leave; also after it was removed. */
  isPendingRemoval(): boolean {
    return this.core.row.membershipState === 'pending-remove' || this.core.isPendingRemoval;
  }

  addMembers(inboxIds: string[], options: InviteOptions = {}): Promise<void> {
    return inOriginalWords(this.core.addMembers(inboxIds, options));
  }

  async addMembersByIdentifiers(identifiers: Identifier[], options: InviteOptions = {}): Promise<void> {
    await this.addMembers(await this.session.inboxIdsOf(identifiers), options);
  }

  removeMembers(inboxIds: string[]): Promise<void> {
    return inOriginalWords(this.core.removeMembers(inboxIds));
  }

  async removeMembersByIdentifiers(identifiers: Identifier[]): Promise<void> {
    await this.removeMembers(await this.session.inboxIdsOf(identifiers));
  }

  addAdmin(inboxId: string): Promise<void> {
    return inOriginalWords(this.core.updateAdmins({ list: 'admin', action: 'add', inboxId }));
  }

  removeAdmin(inboxId: string): Promise<void> {
    return inOriginalWords(this.core.updateAdmins({ list: 'admin', action: 'remove', inboxId }));
  }

  addSuperAdmin(inboxId: string): Promise<void> {
    return inOriginalWords(this.core.updateAdmins({ list: 'super-admin', action: 'add', inboxId }));
  }

  removeSuperAdmin(inboxId: string): Promise<void> {
    return inOriginalWords(this.core.updateAdmins({ list: 'super-admin', action: 'remove', inboxId }));
  }

  /** Asks to be removed; a super admin's client completes it. */
  requestRemoval(): Promise<void> {
    return inOriginalWords(this.core.requestRemoval());
  }

  #attribute(key: string): string {
    return this.core.attributes().get(key) ?? '';
  }
}
