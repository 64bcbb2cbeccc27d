/** A staged commit on its way to being applied: judged at once where everything is stored, else once the network has answered. */
import type { StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import type { ValidatedCommit } from '../validation/validated-commit.js';
import { checkCommit, checkFetchedCommit } from './check-commit.js';
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
  let verdict: ReturnType<typeof checkCommit>;
  try {
    verdict = checkCommit(ctx, group, staged, createdAtNs);
  } catch (error) {
    return refused(error);
  }
  if ('validated' in verdict) return apply(verdict.validated);
  const { missing } = verdict;
  const finish = async (): Promise<ReceiveOutcome> => {
    let validated: ValidatedCommit;
    try {
      validated = await checkFetchedCommit(ctx, group, staged, createdAtNs, missing);
    } catch (error) {
      return refused(error);
    }
    return apply(validated);
  };
  return { kind: 'later', finish };
}
