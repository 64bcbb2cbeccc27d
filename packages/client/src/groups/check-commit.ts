/**
 * Judging commits where identity logs may have to be fetched first: one fetch names all that is missing, then the
 * verdict is final. Nothing is changed here.
 */
import type { StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import type { MissingState } from '../identity/inbox-states.js';
import { type CommitContext, type CommitVerdict, validateCommit } from '../validation/commit-rules.js';
import { validateExternalCommit } from '../validation/external-commit-rules.js';
import { type PlannedCommit, precheckCommit } from '../validation/precheck.js';
import type { ValidatedCommit } from '../validation/validated-commit.js';
import { fetchStates } from './fetch-states.js';
import type { LiveGroup } from './live-groups.js';

/**
 * Applies the rules that every member applies to a received commit, or to our own when it comes back.
 * @param createdAtNs - the node's time of its envelope
 * @returns what was validated; or the identity logs that have to be fetched for a verdict, which `checkFetchedCommit` then gives
 * @throws ClientError of the broken rule
 */
export function checkCommit(
  ctx: ClientContext,
  group: LiveGroup,
  staged: StagedCommit,
  createdAtNs: bigint,
): { readonly validated: ValidatedCommit } | { readonly missing: readonly MissingState[] } {
  const verdict = judgeReceived(staged, createdAtNs)(contextOf(ctx, group, false));
  return verdict.ok ? { validated: verdict.validated } : { missing: missingOf(verdict) };
}

/**
 * Fetches what `checkCommit` named and judges for good.
 * @throws ClientError of the broken rule, or a retryable one when the identity logs cannot be fetched
 */
export async function checkFetchedCommit(
  ctx: ClientContext,
  group: LiveGroup,
  staged: StagedCommit,
  createdAtNs: bigint,
  missing: readonly MissingState[],
): Promise<ValidatedCommit> {
  await fetchStates(ctx, missing);
  return finalVerdict(judgeReceived(staged, createdAtNs)(contextOf(ctx, group, true)));
}

/** Members' commits and those by which somebody joins have rules of their own. */
function judgeReceived(staged: StagedCommit, createdAtNs: bigint): (context: CommitContext) => CommitVerdict {
  if (!staged.isExternal) return (context) => validateCommit(staged, context);
  return (context) => validateExternalCommit(staged, context, createdAtNs);
}

/** Applies the same rules to a change that is only planned, so that a forbidden one never leaves this device. */
export async function checkPlannedCommit(
  ctx: ClientContext,
  group: LiveGroup,
  plan: PlannedCommit,
): Promise<ValidatedCommit> {
  const verdict = precheckCommit(plan, contextOf(ctx, group, false));
  if (verdict.ok) return verdict.validated;
  await fetchStates(ctx, missingOf(verdict));
  return finalVerdict(precheckCommit(plan, contextOf(ctx, group, true)));
}

/** Once fetched, a missing state is a broken rule. */
function finalVerdict(verdict: CommitVerdict): ValidatedCommit {
  if (verdict.ok) return verdict.validated;
  throw verdict.missing === undefined ? verdict.error : new ClientError('client/identity-log-missing');
}

function contextOf(ctx: ClientContext, group: LiveGroup, fetched: boolean): CommitContext {
  return {
    current: group.payloads,
    members: group.mls,
    states: ctx.inboxLog,
    ownVersion: ctx.options.protocolVersion,
    fetched,
  };
}

/** @throws the verdict's error when it is a refusal */
function missingOf(verdict: Exclude<CommitVerdict, { ok: true }>): readonly MissingState[] {
  if (verdict.missing === undefined) throw verdict.error;
  return verdict.missing;
}
