/**
 * Looking behind the commit that pauses a group (XIP-72). Nothing from there on is taken in before this client is new enough, not even that we
 * were taken out. Whoever lets us in again afterwards need not be one who could have taken us out: so it is looked up, in memory, whether the
 * commits that follow take us out by the rules that are known here. Nothing of it is stored.
 */
import { ConclaveError, fromHex } from '@conclave/crypto';
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

/** Pages that are looked through, 10,000 envelopes: a member can ask for it with every welcome that he sends. */
export const MAX_PAGES_AHEAD = 100;

/** The state that a removal left. */
export interface RemovalAhead {
  readonly payloads: GroupPayloads;
  readonly epoch: bigint;
  /** Id of the commit that took us out. */
  readonly sequenceId: bigint;
}

/**
 * Looks for a commit that takes us out of a paused group.
 * @returns the state after it; undefined when there is none among the next 10,000 envelopes
 * @throws NetworkError; ClientError, retryable, when identity logs cannot be fetched; what is wrong with this device
 * Cost: reads the group from the last commit on; linear in what the commits change.
 */
export function findRemovalAhead(ctx: ClientContext, groupId: string): Promise<RemovalAhead | undefined> {
  return ctx.locks.run(groupLock(groupId), async () => {
    const { suite } = ctx;
    const { signatureKey } = ctx.identity;
    const reader = mlsRowReader(ctx.db, groupId);
    const group = new LiveGroup(groupId, MlsGroup.load({ suite, reader, signatureKey, config: groupConfig(suite) }));
    const ahead = { ...ctx, options: { ...ctx.options, protocolVersion: NEWEST_PROTOCOL_VERSION } };
    const topic = groupTopic(ctx, fromHex(groupId));
    let cursor: bigint | undefined = getCursor(ctx.db, groupId, 'commit');
    for (let pages = 0; pages < MAX_PAGES_AHEAD && cursor !== undefined; pages++) {
      const { items, next }: Page<GroupMessage_V1> = await pageAfter(ctx, topic, cursor);
      for (const message of items) {
        const staged = await follow(ahead, group, message);
        if (staged?.removesSelf !== true) continue;
        return { payloads: group.payloads, epoch: group.mls.epoch, sequenceId: message.id };
      }
      cursor = next;
    }
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
