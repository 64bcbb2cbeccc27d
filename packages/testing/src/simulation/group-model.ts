/**
 * A group as its transcript tells it, replayed by rules that are written down here a second time and know nothing of the client's: a
 * change that these rules forbid must not have taken effect anywhere.
 */
import type { BasePolicy } from '@conclave/client';
import type { GroupUpdated } from '@conclave/proto';
import { TestingError } from '../errors.js';
import type { MadeConversation } from './journal.js';

/** What the rules ask for a kind of change. `roles` covers both lists of admins; super admins are always made by super admins. */
export type RuledChange = 'add-member' | 'remove-member' | 'add-admin' | 'remove-admin' | `set ${string}`;

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

  /** The policies a change is judged by: those that were ever asked for, since a transcript does not tell when they changed. */
  #bases(change: RuledChange): Set<BasePolicy> {
    const isOpen = this.#made.preset === 'all-members';
    const preset: Record<string, BasePolicy> = {
      'add-member': isOpen ? 'allow' : 'admin',
      'remove-member': 'admin',
      'add-admin': 'super-admin',
      'remove-admin': 'super-admin',
      'set message_disappear_in_ns': 'admin',
      'set message_disappear_from_ns': 'admin',
    };
    const base = preset[change] ?? (isOpen ? 'allow' : 'admin');
    return new Set([base, ...(this.#made.policies.get(change) ?? [])]);
  }

  #allows(change: RuledChange, { isAdmin, isSuper }: { isAdmin: boolean; isSuper: boolean }): boolean {
    const bases = this.#bases(change);
    return bases.has('allow') || (bases.has('admin') && isAdmin) || (bases.has('super-admin') && isSuper);
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
    const role = { isAdmin, isSuper };
    const isDm = this.#made.kind === 'dm';
    const removed = [...update.removedInboxes, ...update.leftInboxes].map(({ inboxId }) => inboxId);
    for (const { inboxId } of update.addedInboxes) {
      require(isDm ? this.members.size === 1 : this.#allows('add-member', role), 'add');
      this.members.add(inboxId);
    }
    for (const inboxId of removed) {
      const mayRemove = this.#allows('remove-member', role) && !this.superAdmins.has(inboxId);
      require(!isDm && mayRemove && inboxId !== actor, 'remove');
      this.members.delete(inboxId);
    }
    for (const { fieldName, newValue } of update.metadataFieldChanges) {
      const isTimer = fieldName.startsWith('message_disappear');
      require(isDm ? isTimer : this.#allows(`set ${fieldName}`, role), `set ${fieldName}`);
      this.attributes.set(fieldName, newValue ?? '');
    }
    for (const [list, changes, add, isAllowed] of [
      [this.admins, update.addedAdminInboxes, true, this.#allows('add-admin', role)],
      [this.admins, update.removedAdminInboxes, false, this.#allows('remove-admin', role)],
      [this.superAdmins, update.addedSuperAdminInboxes, true, isSuper],
      [this.superAdmins, update.removedSuperAdminInboxes, false, isSuper],
    ] as const) {
      for (const { inboxId } of changes) {
        require(!isDm && isAllowed, 'roles');
        if (add) list.add(inboxId);
        else list.delete(inboxId);
      }
    }
    require(isDm || this.superAdmins.size > 0, 'the last super admin');
  }
}
