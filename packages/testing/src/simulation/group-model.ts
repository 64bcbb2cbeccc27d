/**
 * A group as its transcript tells it, replayed by rules that are written down here a second time and know nothing of the client's: a
 * change that these rules forbid must not have taken effect anywhere.
 */
import type { GroupUpdated } from '@conclave/proto';
import { TestingError } from '../errors.js';
import type { MadeConversation } from './journal.js';

/** Who is what, and what the group is called. */
export class GroupModel {
  readonly members: Set<string>;
  readonly admins = new Set<string>();
  readonly superAdmins: Set<string>;
  readonly attributes: Map<string, string>;
  readonly #made: MadeConversation;

  constructor(made: MadeConversation) {
    this.#made = made;
    this.members = new Set([made.creatorInboxId]);
    this.superAdmins = new Set(made.kind === 'group' ? [made.creatorInboxId] : []);
    this.attributes = new Map([['group_name', made.name]]);
  }

  /** Applies one commit. @throws TestingError `testing/violation` with invariant `policy` */
  apply(update: GroupUpdated, sequenceId: bigint): void {
    const actor = update.initiatedByInboxId;
    const require = (allowed: boolean, change: string): void => {
      if (allowed) return;
      throw new TestingError('testing/violation', {
        invariant: 'policy',
        change,
        groupId: this.#made.id,
        sequenceId,
        actor: actor.slice(0, 8),
      });
    };
    require(this.members.has(actor), 'by a stranger');
    const isSuper = this.superAdmins.has(actor);
    const isAdmin = isSuper || this.admins.has(actor);
    const isOpen = this.#made.preset === 'all-members';
    const isDm = this.#made.kind === 'dm';
    const removed = [...update.removedInboxes, ...update.leftInboxes].map(({ inboxId }) => inboxId);
    for (const { inboxId } of update.addedInboxes) {
      require(isDm ? this.members.size === 1 : isOpen || isAdmin, 'add');
      this.members.add(inboxId);
    }
    for (const inboxId of removed) {
      require(!isDm && isAdmin && !this.superAdmins.has(inboxId) && inboxId !== actor, 'remove');
      this.members.delete(inboxId);
    }
    for (const { fieldName, newValue } of update.metadataFieldChanges) {
      const timer = fieldName.startsWith('message_disappear');
      require(isDm ? timer : (isOpen && !timer) || isAdmin, `set ${fieldName}`);
      this.attributes.set(fieldName, newValue ?? '');
    }
    for (const [list, changes, add] of [
      [this.admins, update.addedAdminInboxes, true],
      [this.admins, update.removedAdminInboxes, false],
      [this.superAdmins, update.addedSuperAdminInboxes, true],
      [this.superAdmins, update.removedSuperAdminInboxes, false],
    ] as const) {
      for (const { inboxId } of changes) {
        require(isSuper, 'roles');
        if (add) list.add(inboxId);
        else list.delete(inboxId);
      }
    }
    require(isDm || this.superAdmins.size > 0, 'the last super admin');
  }
}
