/** A staged commit on its way to being applied: judged at once where everything is stored, else once the network has answered. */
import type { StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import type { ValidatedCommit } from '../validation/validated-commit.js';
import { checkCommitLocally, checkReceivedCommit } from './check-commit.js';
import type { LiveGroup } from './live-groups.js';
import type { ReceiveOutcome, ReceiveStep } from './receive-outcome.js';

/** A commit in its place. */
export interface ReceivedCommit {
  readonly staged: StagedCommit;
  /** The node's time of its envelope. */
  readonly createdAtNs: bigint;
}

/**
 * Judges the commit, then applies it.
 * @param apply - what a valid one does
 * @param refused - what becomes of an error that judging threw; throws it where it is none of the commit's
 * @throws as `refused`; what `apply` throws
 */
export function takeCommit(
  ctx: ClientContext,
  group: LiveGroup,
  { staged, createdAtNs }: ReceivedCommit,
  apply: (validated: ValidatedCommit) => ReceiveOutcome,
  refused: (error: unknown) => ReceiveOutcome,
): ReceiveStep {
  let validated: ValidatedCommit | undefined;
  try {
    validated = checkCommitLocally(ctx, group, staged, createdAtNs);
  } catch (error) {
    return refused(error);
  }
  if (validated !== undefined) return apply(validated);
  const finish = async (): Promise<ReceiveOutcome> => {
    let fetched: ValidatedCommit;
    try {
      fetched = await checkReceivedCommit(ctx, group, staged, createdAtNs);
    } catch (error) {
      return refused(error);
    }
    return apply(fetched);
  };
  return { kind: 'later', finish };
}
