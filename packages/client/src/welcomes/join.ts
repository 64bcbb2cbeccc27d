/** From an MLS group that a welcome led to, to a conversation: the checks of a joiner, then one transaction. */
import { toHex } from '@conclave/crypto';
import type { MlsGroup, RowChange } from '@conclave/mls';
import { beginLogAnew } from '../commit-log/fork-check.js';
import { markReadded, takeOneshot } from '../commit-log/readd-request.js';
import type { ClientContext } from '../context.js';
import { noteNewInstallation } from '../device-sync/new-installation.js';
import { ClientError } from '../errors.js';
import { dmId } from '../groups/dm.js';
import { fetchStates } from '../groups/fetch-states.js';
import { groupLock, LiveGroup } from '../groups/live-groups.js';
import { logBeginning } from '../groups/local-log.js';
import { followNamedKey } from '../groups/named-key.js';
import { storeTranscript } from '../groups/store-message.js';
import { syncLocked } from '../groups/sync.js';
import { joinTranscript } from '../messages/group-updated.js';
import { welcomeTranscriptKey } from '../messages/message-id.js';
import { disappearingSettings } from '../payloads/mutable-metadata.js';
import { type ConsentState, getConsentState, setConsent } from '../store/consent.js';
import { listDmGroups } from '../store/conversation-query.js';
import {
  type ConversationChange,
  getConversation,
  insertConversation,
  updateConversation,
} from '../store/conversations.js';
import { raiseCursor, setCursor } from '../store/cursors.js';
import { rebuildGroupIntents } from '../store/intents.js';
import { deleteMlsRows, writeMlsRows } from '../store/mls-rows.js';
import { passWelcome } from '../store/passed-welcomes.js';
import { forgetPendingRemovals } from '../store/pending-removals.js';
import { type EmitEvent, transact } from '../store/transact.js';
import { type ValidatedJoin, validateJoin } from '../validation/join-rules.js';
import { rolesOf } from '../validation/roles.js';
import { keepEarlierState } from './known-state.js';
import { believedCursor } from './message-cursor.js';
import { checkReplacement, type Replacement, requireReplaceable } from './replacement.js';

/**
 * Epochs beyond are a lie about the number of commits. Whoever makes a group can begin to count anywhere, and the database counts to 2^63 - 1:
 * below this no member reaches it.
 */
const LAST_POSSIBLE_EPOCH = 2n ** 62n;

/** Where the welcome stands, and where the group stood when it was sent. */
export interface WelcomePosition {
  readonly sequenceId: bigint;
  readonly createdAtNs: bigint;
  /** Id of the commit that added us, 0 when it was not told or cannot be (`message-cursor.ts`). */
  readonly messageCursor: bigint;
}

/**
 * Judges and stores. Call it under the lock of welcomes.
 * @returns the conversation's id; undefined for a oneshot, which is never a conversation
 * @throws ClientError `client/welcome-invalid` with the rule, `client/welcome-already-processed`, or a retryable network error
 * Cost: linear in the members; logs that are stored already are not fetched again. One short call beside them.
 */
export async function joinConversation(
  ctx: ClientContext,
  mls: MlsGroup,
  signerLeafIndex: number,
  position: WelcomePosition,
): Promise<string | undefined> {
  const group = new LiveGroup(toHex(mls.groupId), mls);
  const [validated, messageCursor] = await Promise.all([
    judgeGroup(ctx, group, signerLeafIndex),
    believedCursor(ctx, group.id, position.messageCursor),
  ]);
  return enterConversation(ctx, group, validated, { ...position, messageCursor });
}

/** A group whose rows were taken before: by a commit of our own we are in once the network has ordered it. */
export interface TakenRows {
  readonly rows: readonly RowChange[];
  /** Runs at the end of the transaction that stores them. */
  readonly also: () => void;
}

/**
 * Stores a group that was judged. Call it under the lock of welcomes.
 * @returns as `joinConversation`
 * @throws ClientError `client/welcome-invalid` with the rule, `client/welcome-already-processed`, or a retryable network error
 */
export async function enterConversation(
  ctx: ClientContext,
  group: LiveGroup,
  validated: ValidatedJoin,
  position: WelcomePosition,
  taken?: TakenRows,
): Promise<string | undefined> {
  const { id, mls } = group;
  const { conversationType, oneshotMessage } = group.payloads.immutableMetadata;
  if (conversationType === 'oneshot') {
    ctx.db.transaction(() => {
      takeOneshot(ctx, validated.adder, oneshotMessage);
      passWelcome(ctx.db, ctx.identity.installationId, position.sequenceId, ctx.host.nowNs());
    });
    return undefined;
  }
  const { messageCursor } = position;
  const arrival = await checkReplacement(ctx, { next: group, validated, messageCursor });
  return ctx.locks.run(groupLock(id), async () => {
    const judged = requireReplaceable(ctx, arrival);
    // Whoever has joined by himself was not let in by a stranger.
    const replacement =
      taken === undefined ? judged : { ...judged, byStranger: false, consent: undefined, earlier: undefined };
    const replaces = getConversation(ctx.db, id)?.active === true;
    transact(ctx, (emit) => {
      store(ctx, group, validated, replacement, position, taken?.rows ?? mls.takeRows(), emit);
      taken?.also();
    });
    // One that stands on rows in memory does not see what the database will hold.
    if (taken === undefined) ctx.liveGroups.adopt(id, mls);
    else ctx.liveGroups.drop(id);
    // What came since the commit that added us could not be read before; a stream does not bring it again.
    if (replaces) {
      followNamedKey(ctx, id);
      await readAgain(ctx, id);
    }
    return id;
  });
}

/** A failure is that of the next sync: the cursor stands where reading has to begin. */
async function readAgain(ctx: ClientContext, groupId: string): Promise<void> {
  try {
    await syncLocked(ctx, groupId);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
  }
}

/**
 * The checks of a joiner; logs that are missing are fetched.
 * @throws ClientError `client/welcome-invalid` with the rule, or a retryable network error
 * Cost: linear in the members.
 */
export async function judgeGroup(
  ctx: ClientContext,
  group: LiveGroup,
  signerLeafIndex: number,
): Promise<ValidatedJoin> {
  if (group.mls.epoch > LAST_POSSIBLE_EPOCH)
    throw new ClientError('client/welcome-invalid', { rule: 'possible-epoch' });
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
  replacement: Replacement,
  position: WelcomePosition,
  rows: readonly RowChange[],
  emit: EmitEvent,
): void {
  const { db, identity } = ctx;
  const { id, payloads } = group;
  const known = getConversation(db, id);
  const nowNs = ctx.host.nowNs();
  const disappearing = disappearingSettings(payloads.mutableMetadata);
  const { conversationType, creatorInboxId } = payloads.immutableMetadata;
  const reinvited = known?.membershipState === 'pending-remove';
  // Still a member, with keys that were lost: for the user nothing has changed.
  const replaced = replacement.isRenewal && !reinvited ? known : undefined;
  const dm = validated.dmMembers;
  const change: ConversationChange = {
    membershipState: replaced?.membershipState ?? (conversationType === 'sync' || reinvited ? 'allowed' : 'pending'),
    active: true,
    addedByInboxId: replaced?.addedByInboxId ?? validated.adder.inboxId,
    dmId: dm === undefined ? undefined : dmId(dm),
    welcomeSequenceId: position.sequenceId,
    rotatedAtNs: 0n,
    membersCheckedAtNs: nowNs,
    disappearFromNs: disappearing?.fromNs,
    disappearInNs: disappearing?.inNs,
    pausedForVersion: validated.pausedForVersion,
    maybeForked: false,
    forkDetails: '',
    commitLogForked: undefined,
    publishCommitLog: rolesOf(payloads, identity.inboxId).isSuperAdmin,
    pendingLeave: replaced?.pendingLeave ?? false,
  };
  rebuildGroupIntents(db, id);
  // Who wished to leave was told to the members of then.
  if (replaced === undefined) forgetPendingRemovals(db, id);
  keepEarlierState(ctx, id, replacement.earlier);
  beginLogAnew(ctx, id);
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
  writeMlsRows(db, id, rows);
  logBeginning(ctx, group, 'welcome', validated.adder, position.messageCursor);
  markReadded(ctx, id, position.messageCursor);
  // Only the commit cursor: queries start at the highest of the two, so nothing from before the join is downloaded.
  raiseCursor(db, id, 'commit', position.messageCursor);
  if (known?.active === true && position.messageCursor > 0n) {
    // Commits and messages since then were passed over as unreadable: they are asked for again.
    setCursor(db, id, 'commit', position.messageCursor);
    setCursor(db, id, 'application', position.messageCursor);
  }
  passWelcome(db, identity.installationId, position.sequenceId, nowNs);

  // A sync group is no conversation: nobody decides about it.
  const consent =
    conversationType === 'sync'
      ? undefined
      : consentAfter(ctx, id, replacement, {
          dm: change.dmId,
          createdByUs: creatorInboxId === identity.inboxId,
          reinvited,
        });
  const changed =
    consent === undefined
      ? []
      : setConsent(db, [{ entityType: 'conversation', entity: id, state: consent, consentedAtNs: nowNs }]);
  if (changed.length > 0) emit({ type: 'consent-changed', records: changed });
  if (conversationType === 'sync') noteNewInstallation(ctx, emit);
  if (replaced !== undefined) {
    emit({ type: 'conversation-changed', groupId: id });
    return;
  }
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
    (event) => emit(event.type === 'message' ? { ...event, isJoin: true } : event),
  );
  emit({ type: 'conversation-added', groupId: id, origin: 'welcome' });
}

/** Undefined leaves what is stored: an invitation stays a request until the user answers it. */
function consentAfter(
  ctx: ClientContext,
  id: string,
  { consent, byStranger, isRenewal }: Replacement,
  {
    dm,
    createdByUs,
    reinvited,
  }: { readonly dm: string | undefined; readonly createdByUs: boolean; readonly reinvited: boolean },
): ConsentState | undefined {
  if (reinvited) return 'unknown';
  if (consent !== undefined || byStranger || isRenewal) return consent;
  if (createdByUs) return 'allowed';
  if (dm === undefined) return undefined;
  // Another group of the same two people: what was decided about the first holds for all.
  const sibling = listDmGroups(ctx.db, dm).find((other) => other.id !== id);
  return sibling === undefined ? undefined : getConsentState(ctx.db, 'conversation', sibling.id);
}
