/**
 * Looking behind the commit that pauses a group (XIP-72). Nothing from there on is taken in before this client is new enough, not even that we
 * were taken out. Whoever lets us in again afterwards need not be one who could have taken us out: so it is looked up, in memory, whether the
 * commits that follow take us out by the rules that are known here. Nothing of it is stored.
 */
import { ConclaveError, equalBytes, fromHex } from '@conclave/crypto';
import { MlsGroup, type StagedCommit } from '@conclave/mls';
import type { GroupMessage_V1 } from '@conclave/proto';
import type { GroupPayloads } from '../app-data/group-payloads.js';
import type { ClientContext } from '../context.js';
import { isStorageFailure } from '../errors.js';
import { type Page, pageAfter } from '../network/pages.js';
import { getCursor } from '../store/cursors.js';
import { mlsRowReader } from '../store/mls-rows.js';
import { NEWEST_PROTOCOL_VERSION } from '../validation/version.js';
import { checkCommit, checkFetchedCommit } from './check-commit.js';
import { isClosedTo } from './closed-to.js';
import { readEnvelope } from './envelope.js';
import { groupTopic } from './group-topic.js';
import { groupConfig, groupLock, LiveGroup } from './live-groups.js';

/** Pages that one look reads, 10,000 envelopes: a member can ask for it with every welcome that he sends. */
export const MAX_PAGES_AHEAD = 100;

/** The last look that found nothing. While the group is stored as it was, the next one goes on behind it: what was read then says the same. */
interface Look {
  /** In memory, with the commits behind the pause. */
  readonly group: LiveGroup;
  /** Of the group as it is stored. */
  readonly authenticator: Uint8Array;
  /** Id of the last envelope that was looked at. */
  readonly readUpTo: bigint;
}

const lastLooks = new WeakMap<ClientContext, Look>();

/** The state that a removal left. */
export interface RemovalAhead {
  readonly payloads: GroupPayloads;
  readonly epoch: bigint;
  /** Id of the commit that took us out. */
  readonly sequenceId: bigint;
}

/**
 * Looks for a commit that takes us out of a paused group.
 * @returns the state after it; undefined when there is none among the next 10,000 envelopes that were not looked at before
 * @throws NetworkError; ClientError, retryable, when identity logs cannot be fetched; what is wrong with this device
 * Cost: reads the group from the last commit on, and after a look that found nothing from its end on, unless it was of another group;
 *   linear in what the commits change. Keeps one group in memory.
 */
export function findRemovalAhead(ctx: ClientContext, groupId: string): Promise<RemovalAhead | undefined> {
  return ctx.locks.run(groupLock(groupId), async () => {
    const { suite } = ctx;
    const { signatureKey } = ctx.identity;
    const reader = mlsRowReader(ctx.db, groupId);
    const stored = MlsGroup.load({ suite, reader, signatureKey, config: groupConfig(suite) });
    const authenticator = stored.epochAuthenticator;
    const before = lastLooks.get(ctx);
    // A look that fails begins anew.
    lastLooks.delete(ctx);
    const goesOn = before?.group.id === groupId && equalBytes(before.authenticator, authenticator);
    const group = goesOn ? before.group : new LiveGroup(groupId, stored);
    let readUpTo = goesOn ? before.readUpTo : getCursor(ctx.db, groupId, 'commit');
    const ahead = { ...ctx, options: { ...ctx.options, protocolVersion: NEWEST_PROTOCOL_VERSION } };
    const topic = groupTopic(ctx, fromHex(groupId));
    let cursor: bigint | undefined = readUpTo;
    for (let pages = 0; pages < MAX_PAGES_AHEAD && cursor !== undefined; pages++) {
      const { items, next, tooLarge }: Page<GroupMessage_V1> = await pageAfter(ctx, topic, cursor);
      for (const message of items) {
        const staged = await follow(ahead, group, message);
        if (staged?.removesSelf !== true) continue;
        return { payloads: group.payloads, epoch: group.mls.epoch, sequenceId: message.id };
      }
      readUpTo = tooLarge?.id ?? items.at(-1)?.id ?? readUpTo;
      cursor = next;
    }
    lastLooks.set(ctx, { group, authenticator, readUpTo });
    return undefined;
  });
}

/** Merges the message into the group in memory. @returns undefined when it is no commit, or one that is refused */
async function follow(
  ctx: ClientContext,
  group: LiveGroup,
  message: GroupMessage_V1,
): Promise<StagedCommit | undefined> {
  try {
    const envelope = readEnvelope(group.id, message);
    if (!envelope.isCommit || envelope.epoch !== group.mls.epoch || isClosedTo(group, envelope)) return undefined;
    const processed = group.mls.process(envelope.data);
    if (processed.kind !== 'commit') return undefined;
    const { staged } = processed;
    const verdict = checkCommit(ctx, group, staged, envelope.createdAtNs);
    if ('missing' in verdict) await checkFetchedCommit(ctx, group, staged, envelope.createdAtNs, verdict.missing);
    group.mls.merge(staged);
    return staged;
  } catch (error) {
    if (!(error instanceof ConclaveError) || error.retryable || isStorageFailure(error)) throw error;
    return undefined;
  }
}
