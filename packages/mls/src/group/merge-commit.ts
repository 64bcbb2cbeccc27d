/** Putting a staged commit in force: the next epoch begins, the one before becomes a past one. */
import { equalBytes } from '@conclave/crypto';
import { MlsError } from '../errors.js';
import { putContextExtensions } from '../schedule/context-extensions-row.js';
import { wipeKeptSecrets } from './group-header.js';
import type { GroupState } from './group-state.js';
import { keepPendingReinit } from './pending-reinit.js';
import { StagedCommit } from './staged-commit.js';

/**
 * Merges a commit that was staged on this state. Cost: the change.
 *
 * @throws MlsError `mls/stale-diff` when another commit was merged since
 */
export function mergeCommit(state: GroupState, staged: StagedCommit): void {
  const { baseAuthenticator, header, context, diff, privateKeys, encryptionSecret, extensionsChanged, proposals } =
    StagedCommit.partsOf(staged);
  const before = { header: state.header, context: state.context, messages: state.messages };
  const base = before.header.secrets.epochAuthenticator;
  if (header.epoch !== state.epoch + 1n || !equalBytes(baseAuthenticator, base)) {
    throw new MlsError('mls/stale-diff', { stagedEpoch: header.epoch, groupEpoch: state.epoch });
  }
  const { replacedLeaves } = state.tree.merge(diff);
  state.past.add(before.context, before.header.extensionsEpoch, before.messages, replacedLeaves);
  if (extensionsChanged) putContextExtensions(state.rows, header.epoch, context.rawExtensions);
  state.pathPrivateKeys.replace(privateKeys);
  state.proposals.clear();
  state.ownUpdates.clear();
  state.resumptionPsks.add(before.header.epoch, before.header.secrets.resumptionPsk);
  const reinit = proposals.map(({ proposal }) => proposal).find((proposal) => proposal.type === 'reinit');
  if (reinit !== undefined) keepPendingReinit(state.rows, reinit);
  state.enterEpoch(header, context, header.status === 'removed' ? undefined : encryptionSecret);
  state.past.dropBefore(header.epoch - BigInt(state.config.pastEpochs), header.extensionsEpoch);
  wipeKeptSecrets(before.header.secrets);
}
