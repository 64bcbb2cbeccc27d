/** The step from one epoch to the next, the same for who makes a commit and who receives it (RFC 9420 section 12.4). */
import type { CallSecrets } from '@conclave/crypto';
import type { AuthenticatedContent } from '../framing/framed-content.js';
import type { ContextExtensions } from '../schedule/context-extensions-row.js';
import { createGroupContext, type GroupContext } from '../schedule/group-context.js';
import { deriveEpochSecrets, deriveJoinerSecret, type EpochSecrets } from '../schedule/key-schedule.js';
import { confirmationTag, confirmedTranscriptHash, interimTranscriptHash } from '../schedule/transcript-hash.js';
import { violation } from '../validation/policy.js';
import { type GroupHeader, type GroupStatus, keepSecrets } from './group-header.js';
import type { GroupState } from './group-state.js';

/** The last epoch that a uint64 counts (RFC 9420 section 8.1). */
const LAST_EPOCH = 2n ** 64n - 1n;

/** The next epoch as a commit makes it. */
export interface NextEpoch {
  readonly context: GroupContext;
  readonly joinerSecret: Uint8Array;
  readonly secrets: EpochSecrets;
  readonly confirmationTag: Uint8Array;
  readonly interimTranscriptHash: Uint8Array;
}

/** Refuses a commit where no epoch follows. @throws MlsError `mls/validation` with rule `epoch-range` */
export function requireNextEpoch({ epoch }: GroupState): void {
  if (epoch === LAST_EPOCH) throw violation('epoch-range', { epoch });
}

/**
 * The context that path secrets are sealed under: that of the next epoch, but with the transcript hash of this one
 * (RFC 9420 section 12.4.1).
 */
export function provisionalContext(
  state: GroupState,
  extensions: ContextExtensions,
  treeHash: Uint8Array,
): GroupContext {
  const { suite, groupId, epoch, confirmedTranscriptHash: transcript } = state.context;
  return createGroupContext({
    suite,
    groupId,
    epoch: epoch + 1n,
    treeHash,
    confirmedTranscriptHash: transcript,
    ...extensions,
  });
}

/** The context of the next epoch, whose transcript the commit has entered. */
export function nextContext(
  state: GroupState,
  extensions: ContextExtensions,
  treeHash: Uint8Array,
  commit: AuthenticatedContent,
): GroupContext {
  const { suite, groupId, epoch } = state.context;
  return createGroupContext({
    suite,
    groupId,
    epoch: epoch + 1n,
    treeHash,
    confirmedTranscriptHash: confirmedTranscriptHash(state.suite, state.header.interimTranscriptHash, commit),
    ...extensions,
  });
}

/**
 * Derives the secrets of the next epoch.
 *
 * @param commitSecret - 32 bytes, all zero for a commit without a path
 * @param pskSecret - 32 bytes, all zero for a commit without pre-shared keys
 * @param initSecret - 32 bytes; of the epoch that ends, or what an external_init proposal brought
 * @param ofCall - of the commit that is made or received: the joiner secret passes with it, the epoch's are handed on
 */
export function enterNextEpoch(
  { suite }: GroupState,
  context: GroupContext,
  commitSecret: Uint8Array,
  pskSecret: Uint8Array,
  initSecret: Uint8Array,
  ofCall: CallSecrets,
): NextEpoch {
  const joinerSecret = ofCall.passing(deriveJoinerSecret(suite, initSecret, commitSecret, context.raw));
  const secrets = deriveEpochSecrets(suite, joinerSecret, pskSecret, context.raw);
  for (const secret of Object.values(secrets)) ofCall.handedOn(secret);
  const tag = confirmationTag(suite, secrets.confirmationKey, context.confirmedTranscriptHash);
  return {
    context,
    joinerSecret,
    secrets,
    confirmationTag: tag,
    interimTranscriptHash: interimTranscriptHash(suite, context.confirmedTranscriptHash, tag),
  };
}

/** The header of the next epoch. The confirmation key is wiped: its tag is known. */
export function nextHeader(
  state: GroupState,
  next: NextEpoch,
  leafCount: number,
  extensionsChanged: boolean,
  status: GroupStatus,
  ownLeafIndex: number,
): GroupHeader {
  const { context, secrets } = next;
  return {
    ...{ suite: context.suite, groupId: state.header.groupId, epoch: context.epoch, status, leafCount },
    ownLeafIndex,
    treeHash: context.treeHash,
    confirmedTranscriptHash: context.confirmedTranscriptHash,
    extensionsEpoch: extensionsChanged ? context.epoch : state.header.extensionsEpoch,
    interimTranscriptHash: next.interimTranscriptHash,
    confirmationTag: next.confirmationTag,
    secrets: keepSecrets(secrets),
  };
}
