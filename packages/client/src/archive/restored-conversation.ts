/**
 * A conversation from an archive: it has messages and a name, and no keys. It is stored with the state of a group that only this
 * installation is in, as the deployed client does, so that everything that reads a conversation works on it; nothing is sent from it, and a welcome to
 * the real group takes its place.
 */
import { fromHex } from '@conclave/crypto';
import { isInboxId } from '@conclave/identity';
import { MlsGroup } from '@conclave/mls';
import { initialExtensions } from '../app-data/group-payloads.js';
import type { ClientContext } from '../context.js';
import { creatorLeaf } from '../groups/creator-leaf.js';
import { dmId } from '../groups/dm.js';
import type { DmMembers } from '../payloads/immutable-metadata.js';
import { initialMutableMetadata, type MutableMetadata } from '../payloads/mutable-metadata.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { insertConversation } from '../store/conversations.js';
import { writeMlsRows } from '../store/mls-rows.js';
import type { ArchivedConversation } from './group-save.js';

/**
 * Stores a conversation that is not known here. Runs inside a transaction.
 * @returns false when it is a DM that this inbox has no part in
 */
export function restoreConversation(ctx: ClientContext, archived: ArchivedConversation): boolean {
  const dmMembers = archived.kind === 'dm' ? dmMembersOf(ctx, archived) : undefined;
  if (archived.kind === 'dm' && dmMembers === undefined) return false;
  const creatorInboxId = isInboxId(archived.creatorInboxId) ? archived.creatorInboxId : ctx.identity.inboxId;
  const mls = MlsGroup.create({
    suite: ctx.suite,
    groupId: fromHex(archived.id),
    extensions: initialExtensions({
      immutableMetadata: {
        conversationType: archived.kind,
        creatorInboxId,
        ...(dmMembers === undefined ? {} : { dmMembers }),
      },
      mutableMetadata: metadataOf(ctx, archived, creatorInboxId),
      membership: { members: new Map([[ctx.identity.inboxId, 0n]]), failedInstallations: [] },
      permissions: presetPolicies(archived.kind === 'dm' ? 'dm' : 'all-members'),
    }),
    leaf: creatorLeaf(ctx.identity, ctx.host.nowNs()),
    signatureKey: ctx.identity.signatureKey,
    random: ctx.host.random,
  });
  insertConversation(ctx.db, {
    id: archived.id,
    kind: archived.kind,
    membershipState: 'restored',
    active: false,
    createdAtNs: archived.createdAtNs,
    addedByInboxId: isInboxId(archived.addedByInboxId) ? archived.addedByInboxId : creatorInboxId,
    dmId: dmMembers === undefined ? undefined : dmId(dmMembers),
    lastMessageNs: archived.lastMessageNs,
    disappearFromNs: archived.disappearing?.fromNs,
    disappearInNs: archived.disappearing?.inNs,
  });
  writeMlsRows(ctx.db, archived.id, mls.takeRows());
  return true;
}

/** The creator first: with it the metadata has the bytes of the real group's. */
function dmMembersOf(ctx: ClientContext, { dmId: id, creatorInboxId }: ArchivedConversation): DmMembers | undefined {
  const [prefix, one, two, ...rest] = (id ?? '').split(':');
  if (prefix !== 'dm' || one === undefined || two === undefined || rest.length > 0) return undefined;
  if (!isInboxId(one) || !isInboxId(two)) return undefined;
  if (one !== ctx.identity.inboxId && two !== ctx.identity.inboxId) return undefined;
  return creatorInboxId === two ? { one: two, two: one } : { one, two };
}

function metadataOf(ctx: ClientContext, archived: ArchivedConversation, creatorInboxId: string): MutableMetadata {
  // What every conversation has, whatever the archive leaves out.
  const initial = initialMutableMetadata({
    conversationType: archived.kind,
    creatorInboxId,
    commitLogSigner: ctx.host.random(32),
  });
  const attributes = new Map([...initial.attributes, ...archived.attributes]);
  return { attributes, adminList: archived.admins, superAdminList: archived.superAdmins };
}
