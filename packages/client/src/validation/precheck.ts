/**
 * The rules on commits, applied to a change before anything is built or published.
 *
 * The deployed client publishes first and finds out with everybody else; a refused commit stays on the topic for ever
 * and every member pays for it. Here a forbidden change is refused to the caller, by the same rules.
 */
import type { Extension } from '@conclave/mls';
import { ClientError, type ClientErrorCode } from '../errors.js';
import { judge } from './commit-rules.js';
import type { CommitContext, CommitVerdict } from './commit-view.js';
import type { LeafIdentity } from './leaf-identity.js';

/** A commit that is planned, with a path, by one of our own installations. */
export interface PlannedCommit {
  /** Our inbox and installation. */
  readonly actor: LeafIdentity;
  /** The full list that the commit proposes; absent when it proposes none. */
  readonly extensions?: readonly Extension[];
  /** Installation keys of the leaves to add and to remove. */
  readonly added?: readonly Uint8Array[];
  readonly removed?: readonly Uint8Array[];
}

/**
 * Judges a planned commit as every receiver will. A value over its limit is `client/value-too-long`, an installation that its inbox has
 * shut out `client/installation-revoked`; everything else as in `validateCommit`.
 */
export function precheckCommit(plan: PlannedCommit, context: CommitContext): CommitVerdict {
  const extensions = plan.extensions ?? context.current.extensions;
  const verdict = judge(
    {
      extensions,
      membershipExtensions: extensions,
      actor: () => plan.actor,
      usesPsk: false,
      added: plan.added ?? [],
      removed: plan.removed ?? [],
      updated: () => [],
    },
    context,
  );
  if (verdict.ok || verdict.missing !== undefined) return verdict;
  const { error } = verdict;
  const code = ERRORS_OF_THE_PLANNER[String(error.details.rule)];
  return code === undefined ? verdict : { ok: false, error: new ClientError(code, error.details, error) };
}

/** Broken rules that mean something nearer to the one who plans; nobody but us is the subject of a planned commit. */
const ERRORS_OF_THE_PLANNER: Readonly<Record<string, ClientErrorCode>> = {
  'attribute-length': 'client/value-too-long',
  'subject-installation': 'client/installation-revoked',
};
