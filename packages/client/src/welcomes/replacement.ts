/**
 * A welcome to a conversation that is known here: its state takes the place of ours, or it does not.
 *
 * Deployed clients (libxmtp 1.10.0) accept every welcome of a higher epoch. A group id is no secret and an epoch is a number
 * in a message, so anybody could put a group of his own in the place of a conversation that the user trusts; and an
 * installation that went on by itself after a fork, and is ahead in numbers, could never be added again. Here the
 * welcome has to come from one who may take us out and let us in again, and a wish of ours to be added again counts for
 * more than the numbers.
 *
 * One that we are out of is open to anybody: who is in it by now cannot be known. But only those who were members at last bring back what
 * the user trusted; to others it is a request, and until it is accepted it gives way to them. Why it is so: docs/protocol/concurrency.md.
 */
import { awaitsReadd } from '../commit-log/readd-request.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import type { LiveGroup } from '../groups/live-groups.js';
import { findRemovalAhead } from '../groups/removal-ahead.js';
import { syncGroup } from '../groups/sync.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import type { ConsentState } from '../store/consent.js';
import { type ConversationRow, getConversation } from '../store/conversations.js';
import type { ProtocolRule } from '../validation/commit-rule-table.js';
import type { ValidatedJoin } from '../validation/join-rules.js';
import { earlierState, type KnownState, presentState } from './known-state.js';
import { exceeds, type Standing, standingOf } from './standing.js';

/** The rules on welcomes to a conversation that is known here; the second on one that is in use. */
export const REPLACEMENT_RULES = {
  'same-conversation': {
    section: 'Conclave',
    sentence: 'The welcome leads to a group with the same immutable metadata.',
    deployedError: 'not checked',
  },
  'adder-may-replace': {
    section: 'Conclave',
    sentence:
      'After everything was read that the node has for us, the one who sent the welcome may remove and add us: a super admin, whoever the policies let do both, or the other side of a DM. Or he counts for more than the one who let us in, by the state from before.',
    deployedError: 'not checked',
  },
} as const satisfies Readonly<Record<string, ProtocolRule>>;

/** Name of a rule on replacing. */
export type ReplacementRule = keyof typeof REPLACEMENT_RULES;

/** What a welcome that may be followed does to the conversation. */
export interface Replacement {
  /** It takes the place of a state in use: for the user nothing changes. Else we come into the conversation. */
  readonly isRenewal: boolean;
  /** What the user is taken to think of it; undefined leaves what is stored, or what a first welcome would store. */
  readonly consent?: ConsentState | undefined;
  /** By the last state that is known, the one who lets us in may not. */
  readonly byStranger: boolean;
  /** The state from before that is kept from now on. */
  readonly earlier: KnownState | undefined;
}

const FIRST: Replacement = { isRenewal: false, byStranger: false, earlier: undefined };

/** The welcome as the rules see it. */
export interface Arrival {
  readonly next: LiveGroup;
  readonly validated: ValidatedJoin;
  /** Id of the commit that it belongs to, 0 when it was not told. */
  readonly messageCursor: bigint;
  /** Where the group is paused: the state after our removal, which stands behind the pause. */
  readonly left?: KnownState | undefined;
}

/**
 * Looks whether the state of a welcome may be stored. Where it would replace one in use, that one is brought up to date
 * first: what can still be read under it is read, and a removal that we had not noticed makes room.
 *
 * @returns the arrival with what was found out, for `requireReplaceable`
 * @throws ClientError `client/welcome-already-processed`; `client/welcome-invalid` with the rule; a retryable network error
 */
export async function checkReplacement(ctx: ClientContext, arrival: Arrival): Promise<Arrival> {
  const { next } = arrival;
  const judged = judge(ctx, arrival);
  if (judged instanceof ClientError && judged.code === 'client/welcome-already-processed') throw judged;
  const known = ctx.liveGroups.find(next.id);
  if (known !== undefined && !known.payloads.equalRaw(EXTENSION.immutableMetadata, next.payloads))
    throw refused('same-conversation');
  if (known === undefined || getConversation(ctx.db, next.id)?.active !== true) return arrival;
  await bringUpToDate(ctx, next.id);
  if (!(judge(ctx, arrival) instanceof ClientError)) return arrival;
  const left = await leftBehindPause(ctx, next.id);
  const informed = { ...arrival, left };
  requireReplaceable(ctx, informed);
  return informed;
}

/**
 * What `checkReplacement` asks for, by the state as it is now; also under the group's lock, right before the new one is stored.
 * @throws ClientError as `checkReplacement`
 */
export function requireReplaceable(ctx: ClientContext, arrival: Arrival): Replacement {
  const judged = judge(ctx, arrival);
  if (judged instanceof ClientError) throw judged;
  return judged;
}

function judge(ctx: ClientContext, arrival: Arrival): Replacement | ClientError {
  const { id } = arrival.next;
  const conversation = getConversation(ctx.db, id);
  const stored = presentState(ctx, id);
  if (conversation === undefined || stored === undefined) return FIRST;
  const left = conversation.pausedForVersion === undefined ? undefined : arrival.left;
  const isOut = !conversation.active || left !== undefined;
  return (isOut ? judgeReturn : judgeInUse)(ctx, arrival, conversation, left ?? stored);
}

/** We are out: the last state that the user trusted says whose word brings back what he thought of it. */
function judgeReturn(
  ctx: ClientContext,
  arrival: Arrival,
  conversation: ConversationRow,
  present: KnownState,
): Replacement | ClientError {
  if (conversation.membershipState === 'restored') {
    // Of a conversation from an archive nobody knows who is in it.
    return isLater(arrival, present) ? FIRST : alreadyProcessed(arrival, present);
  }
  const earlier = present.consent === 'allowed' ? undefined : earlierState(ctx, conversation.id);
  const basis = earlier ?? present;
  const standing = standingIn(ctx, basis, conversation, arrival.validated.adder.inboxId);
  const byStranger = standing === 'stranger';
  const before = byStranger ? present : basis;
  if (!isLater(arrival, before)) return alreadyProcessed(arrival, before);
  const givenBack = earlier === undefined ? undefined : consentGivenBack(earlier, present);
  const withdrawn = present.consent === 'allowed' ? 'unknown' : undefined;
  return {
    isRenewal: false,
    consent: byStranger ? withdrawn : givenBack,
    byStranger,
    earlier: standing === 'may-replace' ? undefined : basis,
  };
}

function judgeInUse(
  ctx: ClientContext,
  arrival: Arrival,
  conversation: ConversationRow,
  present: KnownState,
): Replacement | ClientError {
  const { inboxId } = arrival.validated.adder;
  const earlier = earlierState(ctx, conversation.id);
  const before = earlier && standingIn(ctx, earlier, conversation, inboxId);
  const kept = before === 'may-replace' ? undefined : earlier;
  const isNewer = arrival.next.mls.epoch > present.epoch || awaitsReadd(ctx, conversation.id, arrival.messageCursor);
  if (isNewer && standingIn(ctx, present, conversation, inboxId) === 'may-replace') {
    const isGivenBack = earlier !== undefined && kept === undefined && present.consent !== 'allowed';
    const consent = isGivenBack ? consentGivenBack(earlier, present) : undefined;
    return { isRenewal: true, consent, byStranger: false, earlier: kept };
  }
  if (earlier !== undefined && before !== undefined && isLater(arrival, earlier)) {
    const letInBy = standingIn(ctx, earlier, conversation, conversation.addedByInboxId);
    if (takesBack(before, letInBy, present.consent)) {
      return { isRenewal: false, consent: consentGivenBack(earlier, present), byStranger: false, earlier: kept };
    }
  }
  return isNewer ? refused('adder-may-replace') : alreadyProcessed(arrival, present);
}

/**
 * Whether one who counts for more by the state from before takes the place of the one who let us in. What the user has accepted yields only to one
 * who may replace.
 */
function takesBack(adder: Standing, letInBy: Standing, consent: ConsentState): boolean {
  return exceeds(adder, letInBy) && (consent !== 'allowed' || adder === 'may-replace');
}

/** What was decided about the state in between is no decision about this one, and nothing that is trusted changes hands unasked. */
function consentGivenBack(earlier: KnownState, present: KnownState): ConsentState {
  if (earlier.consent === 'denied') return 'denied';
  return present.consent === 'unknown' ? earlier.consent : 'unknown';
}

function standingIn(ctx: ClientContext, state: KnownState, { kind }: ConversationRow, inboxId: string): Standing {
  return standingOf(state.payloads, kind, inboxId, ctx.identity.inboxId);
}

/**
 * Whether the welcome leads behind a state that we are out of. A welcome may come late, twice, or after the removal of the one it
 * invites, when its sender went on with it after a crash. One commit may take us out and in again; where the network has changed its mind
 * about the order, a later one has a lower epoch.
 */
function isLater({ next, messageCursor }: Arrival, { epoch, commitCursor }: KnownState): boolean {
  return next.mls.epoch >= epoch || messageCursor > commitCursor;
}

function alreadyProcessed({ next }: Arrival, { epoch }: KnownState): ClientError {
  return new ClientError('client/welcome-already-processed', { epoch: next.mls.epoch, stored: epoch });
}

async function bringUpToDate(ctx: ClientContext, groupId: string): Promise<void> {
  try {
    await syncGroup(ctx, groupId);
  } catch (error) {
    // A pause or a broken rule leaves the state as it is; what may pass over leaves the welcome for later.
    if (!(error instanceof ClientError) || error.retryable) throw error;
  }
}

/** Of a paused group the state after our removal, if the node has one. */
async function leftBehindPause(ctx: ClientContext, groupId: string): Promise<KnownState | undefined> {
  if (getConversation(ctx.db, groupId)?.pausedForVersion === undefined) return undefined;
  const removal = await findRemovalAhead(ctx, groupId);
  const stored = removal && presentState(ctx, groupId);
  return stored && { ...stored, ...removal, commitCursor: removal.sequenceId };
}

function refused(rule: ReplacementRule): ClientError {
  return new ClientError('client/welcome-invalid', { rule });
}
