/** A group conversation, on the page. */
import type { InviteSlots, OpenInvite, OpenInviteOptions } from '@conclave/client';
import type {
  GroupPermissions,
  Identifier,
  MetadataField,
  PermissionPolicy,
  PermissionUpdateType,
} from '@conclave/sdk';
import type { StateForSlot } from '../worker/conversation-calls.js';
import type { ConversationData } from '../worker/conversation-data.js';
import { Conversation } from './conversation.js';

type Text = 'name' | 'imageUrl' | 'description' | 'appData';

/** Changes resolve when the network has ordered them. */
export class Group<ContentTypes = unknown> extends Conversation<ContentTypes> {
  get name(): string | undefined {
    return this.data?.name;
  }

  /** At most 100 bytes. */
  async updateName(name: string): Promise<void> {
    await this.remote.call('updateName', name);
    this.#set('name', name);
  }

  get imageUrl(): string | undefined {
    return this.data?.imageUrl;
  }

  /** At most 2048 bytes. */
  async updateImageUrl(imageUrl: string): Promise<void> {
    await this.remote.call('updateImageUrl', imageUrl);
    this.#set('imageUrl', imageUrl);
  }

  get description(): string | undefined {
    return this.data?.description;
  }

  /** At most 1000 bytes. */
  async updateDescription(description: string): Promise<void> {
    await this.remote.call('updateDescription', description);
    this.#set('description', description);
  }

  get appData(): string | undefined {
    return this.data?.appData;
  }

  /** At most 8192 bytes. */
  async updateAppData(appData: string): Promise<void> {
    await this.remote.call('updateAppData', appData);
    this.#set('appData', appData);
  }

  /** As read last. */
  get admins(): string[] {
    return this.data?.admins ?? [];
  }

  /** As read last. */
  get superAdmins(): string[] {
    return this.data?.superAdmins ?? [];
  }

  async listAdmins(): Promise<string[]> {
    const admins = await this.remote.call('listAdmins');
    this.#set('admins', admins);
    return admins;
  }

  async listSuperAdmins(): Promise<string[]> {
    const superAdmins = await this.remote.call('listSuperAdmins');
    this.#set('superAdmins', superAdmins);
    return superAdmins;
  }

  permissions(): Promise<GroupPermissions> {
    return this.remote.call('permissions');
  }

  /** @param field - with `UpdateMetadata`: which attribute */
  updatePermission(type: PermissionUpdateType, policy: PermissionPolicy, field?: MetadataField): Promise<void> {
    return this.remote.call('updatePermission', type, policy, field);
  }

  isAdmin(inboxId: string): Promise<boolean> {
    return this.remote.call('isAdmin', inboxId);
  }

  isSuperAdmin(inboxId: string): Promise<boolean> {
    return this.remote.call('isSuperAdmin', inboxId);
  }

  addMembersByIdentifiers(identifiers: Identifier[]): Promise<void> {
    return this.remote.call('addMembersByIdentifiers', identifiers);
  }

  addMembers(inboxIds: string[]): Promise<void> {
    return this.remote.call('addMembers', inboxIds);
  }

  removeMembersByIdentifiers(identifiers: Identifier[]): Promise<void> {
    return this.remote.call('removeMembersByIdentifiers', identifiers);
  }

  removeMembers(inboxIds: string[]): Promise<void> {
    return this.remote.call('removeMembers', inboxIds);
  }

  addAdmin(inboxId: string): Promise<void> {
    return this.remote.call('addAdmin', inboxId);
  }

  removeAdmin(inboxId: string): Promise<void> {
    return this.remote.call('removeAdmin', inboxId);
  }

  addSuperAdmin(inboxId: string): Promise<void> {
    return this.remote.call('addSuperAdmin', inboxId);
  }

  removeSuperAdmin(inboxId: string): Promise<void> {
    return this.remote.call('removeSuperAdmin', inboxId);
  }

  /** Whether changes are sent as what changes (XIP-81). Not in the original. */
  hasAppData(): Promise<boolean> {
    return this.remote.call('hasAppData');
  }

  /**
   * From now on a change of name, roles or members is as long as what changes (XIP-81). For super admins, where every member's client knows
   * it: from then on nobody whose client does not can be added. There is no way back. Not in the original.
   */
  enableAppData(): Promise<void> {
    return this.remote.call('enableAppData');
  }

  /**
   * Lets people join by a link or a QR code of it (XIP-82). Needs `enableAppData`, and is for super admins. The group's state lies wrapped
   * in a slot of the application, renewed by `refreshInvite` after each change. Not in the original.
   * @returns the link
   */
  async openInvite(slots: Pick<InviteSlots, 'put'>, options?: OpenInviteOptions): Promise<string> {
    return leave(slots, await this.remote.call('openInvite', options));
  }

  /** Leaves the group's state as it now is for those who have the link. @returns false where there is no open invitation */
  async refreshInvite(slots: Pick<InviteSlots, 'put'>): Promise<boolean> {
    return leave(slots, await this.remote.call('refreshInvite'));
  }

  /**
   * The invitation that is open now, undefined where there is none. Its link is made anew, with this inbox as the one that vouches: it is of use
   * while an installation of this inbox renews the state.
   */
  currentInvite(baseUrl?: string): Promise<OpenInvite | undefined> {
    return this.remote.call('currentInvite', baseUrl);
  }

  /** Nobody joins by a link any more; those who try are told that it is over where `slots` are given. */
  async closeInvite(slots?: Pick<InviteSlots, 'put'>): Promise<void> {
    return leave(slots, await this.remote.call('closeInvite'));
  }

  /** Asks to be removed; a super admin's client completes it. */
  requestRemoval(): Promise<void> {
    return this.remote.call('requestRemoval');
  }

  /** Whether this inbox has asked to leave; also after it was removed. */
  isPendingRemoval(): Promise<boolean> {
    return this.remote.call('isPendingRemoval');
  }

  #set<Key extends Text | 'admins' | 'superAdmins'>(key: Key, value: ConversationData[Key]): void {
    if (this.data !== undefined) this.data = { ...this.data, [key]: value };
  }
}

/** Puts what a call of the worker leaves for a slot there, and gives its answer. */
async function leave<T>(
  slots: Pick<InviteSlots, 'put'> | undefined,
  { answer, state }: { answer: T; state?: StateForSlot },
): Promise<T> {
  if (state !== undefined) await slots?.put(state.slot, state.blob);
  return answer;
}
