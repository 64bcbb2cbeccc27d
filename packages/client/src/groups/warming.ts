/**
 * Warming the tree of a large group. Everybody who was added in bulk is alone in the tree, so that each later commit is encrypted to each
 * of them: 84 bytes times the members. A commit with nothing but a path, from one member here and there, gives the subtrees keys, and
 * commits become as long as the tree is deep. They are plain commits of RFC 9420, which every client understands.
 *
 * - Who: in the widest cold subtree the member with the least hash of group, epoch / 32 and leaf; the others wait their turn, two seconds
 *   each, and find it done. No word is exchanged.
 * - When: at most one in a minute in a group, and none within half a minute of a message: deployed clients can read what was sent three
 *   epochs ago, and no more.
 * - The key update that a member owes after joining, before its first message, is made here in large groups: before the message, as in
 *   small ones, it would be a commit for every member who says hello.
 */
import { utf8 } from '@conclave/crypto';
import type { PathCost } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { NS_PER_SECOND } from '../host.js';
import { type ConversationRow, getConversation } from '../store/conversations.js';
import { hasWritten, lastMessageNs } from '../store/messages.js';
import { groupStopped } from './group-stopped.js';
import type { LiveGroup } from './live-groups.js';

/** In groups of more leaves the first key update waits for its turn; no deployed application makes them larger. */
export const LARGE_GROUP_LEAVES = 250;
/** Below this nothing is warmed: the whole tree costs less than one more commit. */
const MIN_WARMED_LEAVES = 128;
/** Between any commit of a group and the next for warming. */
const AFTER_COMMIT_NS = 60n * NS_PER_SECOND;
/** Between a message and a commit for warming. */
const AFTER_MESSAGE_NS = 30n * NS_PER_SECOND;
/** What each of those who stand before us is given. */
const TURN_NS = 2n * NS_PER_SECOND;
/** Nobody waits for more than these. */
const MAX_TURNS = 60;
/** Epochs for which the order stands: a member that is away does not hold its place for ever. */
const EPOCHS_PER_ORDER = 32n;

/** Whether a commit for warming is still in nobody's way, once everything that came before it is known. */
export function isDue(ctx: ClientContext, group: LiveGroup): boolean {
  const { mls } = group;
  if (mls.status !== 'active' || mls.memberCount < MIN_WARMED_LEAVES) return false;
  const conversation = getConversation(ctx.db, group.id);
  if (conversation === undefined || groupStopped(conversation) !== undefined) return false;
  const nowNs = ctx.host.nowNs();
  const afterCommitNs = ctx.warming.lastCommitNs(group.id, nowNs) + AFTER_COMMIT_NS;
  const afterMessageNs = (lastMessageNs(ctx.db, group.id) ?? 0n) + AFTER_MESSAGE_NS;
  const quietSinceNs = afterCommitNs > afterMessageNs ? afterCommitNs : afterMessageNs;
  if (nowNs < quietSinceNs) return false;
  const { turnsBefore } = ctx.warming.warmth(group.id, mls.epoch, () => ownTurn(ctx, group, conversation));
  if (turnsBefore === undefined) return false;
  return nowNs >= quietSinceNs + BigInt(turnsBefore) * TURN_NS;
}

/** How many turns go before ours; undefined where there is nothing for us to do. */
function ownTurn(ctx: ClientContext, group: LiveGroup, conversation: ConversationRow): number | undefined {
  const { coldSubtree } = group.mls.pathCost();
  if (coldSubtree !== undefined) return turnsBefore(ctx, group, coldSubtree);
  // The key of our key package has stood long enough; there is no hurry.
  const { inboxId, installationId } = ctx.identity;
  const own = { senderInboxId: inboxId, senderInstallationId: installationId };
  const owesUpdate = conversation.rotatedAtNs === 0n && hasWritten(ctx.db, group.id, own);
  return owesUpdate ? MAX_TURNS : undefined;
}

/** How many members of the subtree stand before us. Cost: a hash for each of them. */
function turnsBefore(ctx: ClientContext, group: LiveGroup, subtree: NonNullable<PathCost['coldSubtree']>): number {
  const { mls } = group;
  const own = orderOf(ctx, group, mls.ownLeafIndex);
  let before = 0;
  for (let leaf = subtree.first; leaf < subtree.end && before < MAX_TURNS; leaf++) {
    if (leaf === mls.ownLeafIndex || mls.leaf(leaf) === undefined) continue;
    if (orderOf(ctx, group, leaf) < own) before += 1;
  }
  return before;
}

/** The first four bytes of the hash decide; two leaves with the same ones take turns at the same time, which costs one commit. */
function orderOf(ctx: ClientContext, { mls }: LiveGroup, leaf: number): number {
  const text = `conclave/1 warm ${mls.epoch / EPOCHS_PER_ORDER} ${leaf} `;
  const input = new Uint8Array([...utf8(text), ...mls.groupId]);
  const hash = ctx.crypto.hash('sha256', input);
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
}
