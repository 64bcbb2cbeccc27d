/**
 * Judging commits where identity logs may have to be fetched first: one fetch names all that is missing, then the
 * verdict is final. Nothing is changed here.
 */
import type { StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { type CommitContext, type CommitVerdict, validateCommit } from '../validation/commit-rules.js';
import { type PlannedCommit, precheckCommit } from '../validation/precheck.js';
import type { ValidatedCommit } from '../validation/validated-commit.js';
import { fetchStates } from './fetch-states.js';
import type { LiveGroup } from './live-groups.js';

/**
 * Applies the rules that every member applies to a received commit, or to our own when it comes back.
 * @throws ClientError of the broken rule, or a retryable one when the identity logs cannot be fetched
 */
export function checkReceivedCommit(
  ctx: ClientContext,
  group: LiveGroup,
  staged: StagedCommit,
): Promise<ValidatedCommit> {
  return judgeWithLogs(ctx, group, (context) => validateCommit(staged, context));
}

/** Applies the same rules to a change that is only planned, so that a forbidden one never leaves this device. */
export function checkPlannedCommit(
  ctx: ClientContext,
  group: LiveGroup,
  plan: PlannedCommit,
): Promise<ValidatedCommit> {
  return judgeWithLogs(ctx, group, (context) => precheckCommit(plan, context));
}

async function judgeWithLogs(
  ctx: ClientContext,
  group: LiveGroup,
  judge: (context: CommitContext) => CommitVerdict,
): Promise<ValidatedCommit> {
  const context = {
    current: group.payloads,
    members: group.mls,
    states: ctx.inboxLog,
    ownVersion: ctx.options.protocolVersion,
  };
  const verdict = judge({ ...context, fetched: false });
  if (verdict.ok) return verdict.validated;
  if (verdict.missing === undefined) throw verdict.error;
  await fetchStates(ctx, verdict.missing);
  const final = judge({ ...context, fetched: true });
  if (final.ok) return final.validated;
  // Once fetched, a missing state is a broken rule.
  throw final.missing === undefined ? final.error : new ClientError('client/identity-log-missing');
}
