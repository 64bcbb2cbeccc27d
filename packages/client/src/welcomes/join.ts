/** From an MLS group that a welcome led to, to a conversation: the checks of a joiner, then one transaction. */
import { toHex } from '@conclave/crypto';
import type { MlsGroup } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { dmId } from '../groups/dm.js';
import { fetchStates } from '../groups/fetch-states.js';
import { groupLock, LiveGroup } from '../groups/live-groups.js';
import { storeTranscript } from '../groups/store-message.js';
import { joinTranscript } from '../messages/group-updated.js';
import { welcomeTranscriptKey } from '../messages/message-id.js';
import { disappearingSettings } from '../payloads/mutable-metadata.js';
import { getConsentState, setConsent } from '../store/consent.js';
import { listDmGroups } from '../store/conversation-query.js';
import {
  type ConversationChange,
  getConversation,
  insertConversation,
  updateConversation,
} from '../store/conversations.js';
import { raiseCursor } from '../store/cursors.js';
import { deleteGroupIntents } from '../store/intents.js';
import { deleteMlsRows, writeMlsRows } from '../store/mls-rows.js';
import { type EmitEvent, transact } from '../store/transact.js';
import { type ValidatedJoin, validateJoin } from '../validation/join-rules.js';

/** Where the welcome stands, and where the group stood when it was sent. */
export interface WelcomePosition {
  readonly sequenceId: bigint;
  readonly createdAtNs: bigint;
  /** Id of the commit that added us, 0 when it was not told. */
  readonly messageCursor: bigint;
}

/**
 * Judges and stores. Call it under the lock of welcomes.
 * @returns the conversation's id; undefined for a oneshot, which is never a conversation
 * @throws ClientError `client/welcome-invalid` with the rule, `client/welcome-already-processed`, or a retryable network error
 * Cost: linear in the members; logs that are stored already are not fetched again.
 */
export async function joinConversation(
  ctx: ClientContext,
  mls: MlsGroup,
  signerLeafIndex: number,
  position: WelcomePosition,
): Promise<string | undefined> {
  const id = toHex(mls.groupId);
  const group = new LiveGroup(id, mls);
  const validated = await judge(ctx, group, signerLeafIndex);
  return ctx.locks.run(groupLock(id), () => {
    const known = getConversation(ctx.db, id);
    const current = known?.active === true ? ctx.liveGroups.find(id) : undefined;
    if (current !== undefined && mls.epoch <= current.mls.epoch) {
      throw new ClientError('client/welcome-already-processed', { epoch: mls.epoch, stored: current.mls.epoch });
    }
    const { conversationType } = group.payloads.immutableMetadata;
    if (conversationType === 'oneshot') {
      raiseCursor(ctx.db, ctx.identity.installationId, 'welcome', position.sequenceId);
      return undefined;
    }
    transact(ctx, (emit) => store(ctx, group, validated, position, emit));
    ctx.liveGroups.adopt(id, mls);
    return id;
  });
}

async function judge(ctx: ClientContext, group: LiveGroup, signerLeafIndex: number): Promise<ValidatedJoin> {
  const context = {
    payloads: group.payloads,
    group: group.mls,
    signerLeafIndex,
    ownInboxId: ctx.identity.inboxId,
    ownVersion: ctx.options.protocolVersion,
    states: ctx.inboxLog,
  };
  const verdict = validateJoin({ ...context, fetched: false });
  if (verdict.ok) return verdict.validated;
  if (verdict.missing === undefined) throw verdict.error;
  await fetchStates(ctx, verdict.missing);
  const final = validateJoin({ ...context, fetched: true });
  if (final.ok) return final.validated;
  // Once fetched, a missing state is a broken rule.
  throw final.missing === undefined ? final.error : new ClientError('client/identity-log-missing');
}

function store(
  ctx: ClientContext,
  group: LiveGroup,
  validated: ValidatedJoin,
  position: WelcomePosition,
  emit: EmitEvent,
): void {
  const { db, identity } = ctx;
  const { id, payloads } = group;
  const known = getConversation(db, id);
  const nowNs = ctx.host.nowNs();
  const disappearing = disappearingSettings(payloads.mutableMetadata);
  const { conversationType, creatorInboxId } = payloads.immutableMetadata;
  const reinvited = known?.membershipState === 'pending-remove';
  const dm = validated.dmMembers;
  const change: ConversationChange = {
    membershipState: conversationType === 'sync' || reinvited ? 'allowed' : 'pending',
    active: true,
    addedByInboxId: validated.adder.inboxId,
    dmId: dm === undefined ? undefined : dmId(dm),
    welcomeSequenceId: position.sequenceId,
    rotatedAtNs: 0n,
    membersCheckedAtNs: nowNs,
    disappearFromNs: disappearing?.fromNs,
    disappearInNs: disappearing?.inNs,
    pausedForVersion: validated.pausedForVersion,
    maybeForked: false,
    forkDetails: '',
    pendingLeave: false,
  };
  // What was queued or kept under the old keys has no meaning in the new group state.
  deleteGroupIntents(db, id);
  deleteMlsRows(db, id);
  if (known === undefined) {
    const created = {
      id,
      kind: conversationType,
      createdAtNs: nowNs,
      membershipState: 'pending',
      active: true,
    } as const;
    insertConversation(db, { ...created, addedByInboxId: validated.adder.inboxId });
  }
  updateConversation(db, id, change);
  writeMlsRows(db, id, group.mls.takeRows());
  // Only the commit cursor: queries start at the highest of the two, so nothing from before the join is downloaded.
  raiseCursor(db, id, 'commit', position.messageCursor);
  raiseCursor(db, identity.installationId, 'welcome', position.sequenceId);

  const consent = initialConsent(ctx, id, change.dmId, creatorInboxId === identity.inboxId, reinvited);
  const changed =
    consent === undefined
      ? []
      : setConsent(db, [{ entityType: 'conversation', entity: id, state: consent, consentedAtNs: nowNs }]);
  if (changed.length > 0) emit({ type: 'consent-changed', records: changed });
  const { inboxId, installationId } = validated.adder;
  storeTranscript(
    ctx,
    id,
    {
      content: joinTranscript(inboxId, identity.inboxId),
      key: welcomeTranscriptKey(position.createdAtNs),
      inboxId,
      installationId,
    },
    {
      createdAtNs: position.createdAtNs,
      ...(position.messageCursor === 0n ? {} : { sequenceId: position.messageCursor }),
    },
    emit,
  );
  emit({ type: 'conversation-added', groupId: id, origin: 'welcome' });
}

/** Undefined leaves what is stored: an invitation stays a request until the user answers it. */
function initialConsent(
  ctx: ClientContext,
  id: string,
  dm: string | undefined,
  createdByUs: boolean,
  reinvited: boolean,
): 'allowed' | 'denied' | 'unknown' | undefined {
  if (reinvited) return 'unknown';
  if (createdByUs) return 'allowed';
  if (dm === undefined) return undefined;
  // Another group of the same two people: what was decided about the first holds for all.
  const sibling = listDmGroups(ctx.db, dm).find((other) => other.id !== id);
  return sibling === undefined ? undefined : getConsentState(ctx.db, 'conversation', sibling.id);
}
