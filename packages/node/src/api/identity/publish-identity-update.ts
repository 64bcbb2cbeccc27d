/**
 * IdentityApi.PublishIdentityUpdate: an update enters the log of its inbox only when the whole log with it is valid. The
 * state after the last update is stored beside the log, so a publish verifies the new signatures alone. Publishes to one
 * inbox run one after the other; across processes the append is conditional on the head that was validated against.
 *
 * Source: identity protocol sections "Association state machine", "Caps" and "Server log semantics"; XIP-46.
 */
import { nodeCrypto } from '@conclave/crypto/node';
import {
  type AssociationState,
  applyUpdate,
  type ContractWalletQuery,
  contractWalletQueries,
  contractWalletQueryKey,
  decodeAssociationState,
  diffStates,
  encodeAssociationState,
  identifierKindToProto,
  identifierText,
  identityUpdateFromProto,
  isInboxId,
  type MemberIdentifier,
  type SignedIdentityUpdate,
  type VerificationContext,
  verifyUpdate,
} from '@conclave/identity';
import { IdentityApi, type IdentityUpdate, IdentityUpdateSchema, toBinary } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { NodeError, refusal } from '../../errors.js';
import type { IdentifierKey } from '../../log/log.js';
import { checkSize } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';
import type { ContractWallets } from './contract-wallets.js';
import { KeyedLock } from './keyed-lock.js';

/** How often a publish starts over because another process appended to the log meanwhile. */
const ATTEMPTS = 3;

/** `IdentityApi.PublishIdentityUpdate`. Refuses with `node/invalid-identity-update`, `node/inbox-log-full` or a size, and stores nothing then. */
export function publishIdentityUpdate(context: NodeContext): Rpc {
  const { log, limits, contractWallets, metrics } = context;
  const inboxLock = new KeyedLock();

  /** False when the head moved on while the update was being validated. */
  async function tryPublish(update: SignedIdentityUpdate, bytes: Uint8Array): Promise<boolean> {
    const head = await log.inboxHead(update.inboxId);
    if (head !== undefined && head.updateCount >= limits.identityUpdatesPerInbox) {
      throw new NodeError('node/inbox-log-full', { updates: head.updateCount });
    }
    const before = head && decodeAssociationState(head.state);
    const after = await validate(contractWallets, before, update).catch((error: unknown) => {
      metrics.identityUpdates.inc({ outcome: 'refused' });
      throw error;
    });
    const { newMembers, removedMembers } = diffStates(before, after);
    return log.appendIdentityUpdate({
      inboxId: update.inboxId,
      expectedSequenceId: head?.sequenceId ?? 0n,
      update: bytes,
      state: encodeAssociationState(after),
      added: newMembers.flatMap(lookupKeys),
      removed: removedMembers.flatMap(lookupKeys),
    });
  }

  return unaryRpc(IdentityApi.method.publishIdentityUpdate, async ({ identityUpdate }) => {
    if (identityUpdate === undefined) throw new NodeError('node/missing-field', { field: 'identity_update' });
    const bytes = toBinary(IdentityUpdateSchema, identityUpdate);
    checkSize(bytes.length, limits.identityUpdateBytes, 'identity_update', 0);
    const update = readUpdate(identityUpdate, limits.identityActionsPerUpdate);
    await inboxLock.run(update.inboxId, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!(await tryPublish(update, bytes))) continue;
        metrics.identityUpdates.inc({ outcome: 'stored' });
        return;
      }
      metrics.identityUpdates.inc({ outcome: 'conflict' });
      throw new NodeError('node/identity-conflict');
    });
    return {};
  });
}

/** @throws NodeError `node/invalid-identity-update`, `node/batch-too-large` */
function readUpdate(proto: IdentityUpdate, maxActions: number): SignedIdentityUpdate {
  const { length } = proto.actions;
  // The state machine has nothing against it, but nobody signed it: anyone could fill anybody's log.
  if (length === 0) throw new NodeError('node/invalid-identity-update', { reason: 'the update has no action' });
  if (length > maxActions)
    throw new NodeError('node/batch-too-large', { field: 'actions', elements: length, max: maxActions });
  if (!isInboxId(proto.inboxId)) {
    throw new NodeError('node/invalid-identity-update', { reason: 'the inbox id is not 64 lower-case hex digits' });
  }
  try {
    return identityUpdateFromProto(proto);
  } catch (error) {
    throw refusal('node/invalid-identity-update', error);
  }
}

/**
 * The state after the update.
 * @throws NodeError `node/invalid-identity-update`
 * Cost: one verification per signature, and one copy of the state.
 */
async function validate(
  contractWallets: ContractWallets,
  before: AssociationState | undefined,
  update: SignedIdentityUpdate,
): Promise<AssociationState> {
  const queries = contractWalletQueries(update);
  const contractWallet = queries.length === 0 ? undefined : await askChains(contractWallets, queries);
  const verification: VerificationContext = { crypto: nodeCrypto, ...(contractWallet && { contractWallet }) };
  try {
    return applyUpdate(before, verifyUpdate(verification, update));
  } catch (error) {
    throw refusal('node/invalid-identity-update', error);
  }
}

/** @throws NodeError `node/invalid-identity-update` when a chain cannot be asked */
async function askChains(
  contractWallets: ContractWallets,
  queries: readonly ContractWalletQuery[],
): Promise<NonNullable<VerificationContext['contractWallet']>> {
  const verdicts = await contractWallets.verify(queries);
  const answers = new Map(
    queries.map((query, index) => [contractWalletQueryKey(query), verdicts[index] ?? { isValid: false }]),
  );
  for (const { error } of answers.values()) {
    if (error !== undefined) throw new NodeError('node/invalid-identity-update', { reason: error });
  }
  return (query) => {
    const verdict = answers.get(contractWalletQueryKey(query));
    return verdict && { isValid: verdict.isValid, blockNumber: verdict.blockNumber };
  };
}

/** Under what a member is looked up; installations are not. */
function lookupKeys(member: MemberIdentifier): IdentifierKey[] {
  if (member.kind === 'installation') return [];
  return [{ kind: identifierKindToProto(member), identifier: identifierText(member) }];
}
