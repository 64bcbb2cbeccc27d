/** Our side of the commit log: what each commit of a group did to the state here (libxmtp `local_commit_log`). */
import { type ConclaveError, EMPTY_BYTES, toHex } from '@conclave/crypto';
import { MlsError, type StagedCommit } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { type CommitLogResult, insertLocalCommitLog, latestLocalCommitLog } from '../store/commit-logs.js';
import type { LeafIdentity } from '../validation/leaf-identity.js';
import { commitKind, type ValidatedCommit } from '../validation/validated-commit.js';
import type { LiveGroup } from './live-groups.js';

/** How a group began here. */
export type GroupBeginning = 'group-creation' | 'welcome';

/**
 * A line for a state that no commit led to here. It is compared but never published, because the epoch before is not known.
 * @param commitSequenceId - of the commit that let us in, 0 when there is none or it was not told
 */
export function logBeginning(
  ctx: ClientContext,
  group: LiveGroup,
  kind: GroupBeginning,
  by: LeafIdentity,
  commitSequenceId = 0n,
): void {
  insertLocalCommitLog(ctx.db, {
    groupId: group.id,
    commitSequenceId,
    lastEpochAuthenticator: EMPTY_BYTES,
    result: 'applied',
    appliedEpoch: group.mls.epoch,
    appliedEpochAuthenticator: group.mls.epochAuthenticator,
    senderInboxId: by.inboxId,
    senderInstallationId: toHex(by.installationId),
    commitKind: kind,
  });
}

/** A commit took effect; `lastEpochAuthenticator` is that of the epoch before. Not for one that removed us: its epoch has no authenticator here. */
export function logApplied(
  ctx: ClientContext,
  groupId: string,
  commitSequenceId: bigint,
  lastEpochAuthenticator: Uint8Array,
  staged: StagedCommit,
  validated: ValidatedCommit,
): void {
  insertLocalCommitLog(ctx.db, {
    groupId,
    commitSequenceId,
    lastEpochAuthenticator,
    result: 'applied',
    appliedEpoch: staged.epoch,
    appliedEpochAuthenticator: staged.epochAuthenticator,
    senderInboxId: validated.actor.inboxId,
    senderInstallationId: toHex(validated.actor.installationId),
    commitKind: commitKind(validated),
  });
}

/**
 * A commit was passed over. Commits of epochs up to the one that was joined say nothing: who is new cannot read them.
 * Runs inside the transaction that moves the cursor.
 */
export function logRefused(
  ctx: ClientContext,
  groupId: string,
  commit: { readonly sequenceId: bigint; readonly epoch: bigint },
  refusal: { readonly result: CommitLogResult; readonly code: string },
): void {
  const group = ctx.liveGroups.find(groupId);
  if (group === undefined) return;
  const joined = joinedEpoch(ctx, groupId);
  if (joined !== undefined && commit.epoch <= joined) return;
  const authenticator = group.mls.epochAuthenticator;
  insertLocalCommitLog(ctx.db, {
    groupId,
    commitSequenceId: commit.sequenceId,
    lastEpochAuthenticator: authenticator,
    result: refusal.result,
    appliedEpoch: group.mls.epoch,
    appliedEpochAuthenticator: authenticator,
    error: refusal.code,
  });
}

/** The epoch in which we joined by the newest welcome; undefined in a group that was made here. */
export function joinedEpoch(ctx: ClientContext, groupId: string): bigint | undefined {
  return latestLocalCommitLog(ctx.db, groupId, 'welcome' satisfies GroupBeginning)?.appliedEpoch;
}

/** The result that the log has for an error. */
export function refusalOf(error: ConclaveError): { result: CommitLogResult; code: string } {
  return { result: resultFor(error), code: error.code };
}

function resultFor(error: ConclaveError): CommitLogResult {
  if (error instanceof MlsError) {
    return error.code === 'mls/wrong-epoch' || error.code === 'mls/epoch-too-old' ? 'wrong-epoch' : 'undecryptable';
  }
  const isRule = error.code === 'client/commit-invalid' || error.code === 'client/permission-denied';
  return error instanceof ClientError && isRule ? 'invalid' : 'unspecified';
}
