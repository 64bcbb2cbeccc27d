/**
 * Groups that follow or branch off others (RFC 9420 sections 11.2, 11.3 and 12.4.3.1): what the resumption key of the
 * one proves of the other, checked by whoever founds the new group and by whoever joins it.
 */
import { encodeTls, equalBytes, toHex } from '@conclave/crypto';
import { writeCredential } from '../crypto/credential.js';
import { writeExtensions } from '../extension.js';
import type { GroupContext } from '../schedule/group-context.js';
import { type PreSharedKeyId, RESUMPTION_PSK_USAGE } from '../schedule/psk.js';
import type { LeafNode } from '../tree/leaf-node.js';
import { check, type ValidationPolicy } from '../validation/policy.js';
import type { GroupState } from './group-state.js';

/** A text that is equal for two leaves exactly when they are the same member to the application. */
export type MemberIdentity = (leafNode: LeafNode) => string;

/** A resumption key of a predecessor. */
export type PredecessorPsk = Extract<PreSharedKeyId, { readonly type: 'resumption' }>;

/** The same member is who has the same credential. */
function credentialIdentity({ credential }: LeafNode): string {
  return toHex(encodeTls(credential, writeCredential));
}

/**
 * The key among those of a Welcome by which its group follows another.
 *
 * @param predecessor - the group that it is to follow, where the joiner expects that it follows one
 * @throws MlsError `mls/validation` with rule `welcome-psk-usage`, `successor-psk` when there is a predecessor and no such
 *   key, or `successor-predecessor` when `predecessor` is not the group that the key comes from
 */
export function findPredecessorPsk(
  psks: readonly PreSharedKeyId[],
  policy: ValidationPolicy,
  predecessor: GroupState | undefined,
): PredecessorPsk | undefined {
  const special = psks.filter(isPredecessorPsk);
  check(policy, 'welcome-psk-usage', special.length <= 1, { count: special.length });
  const [psk] = special;
  if (psk === undefined) {
    check(policy, 'successor-psk', predecessor === undefined);
    return undefined;
  }
  const fits = predecessor !== undefined && equalBytes(predecessor.header.groupId, psk.groupId);
  check(policy, 'successor-predecessor', fits, { groupId: toHex(psk.groupId), epoch: psk.epoch });
  return psk;
}

function isPredecessorPsk(psk: PreSharedKeyId): psk is PredecessorPsk {
  return psk.type === 'resumption' && psk.usage !== RESUMPTION_PSK_USAGE.application;
}

/** A new group and what it says to come from. */
export interface Succession {
  readonly predecessor: GroupState;
  readonly psk: PredecessorPsk;
  /** Of the new group. */
  readonly context: Pick<GroupContext, 'version' | 'suite' | 'groupId' | 'epoch' | 'extensions' | 'rawExtensions'>;
  /** Of the new group. */
  readonly tree: { leaves(): Iterable<{ readonly leafNode: LeafNode }> };
  readonly policy: ValidationPolicy;
  readonly memberIdentity?: MemberIdentity | undefined;
}

/**
 * Checks that the new group is what its predecessor allows. Cost: both groups' members.
 *
 * @throws MlsError `mls/validation` with a `successor-…`, `reinit-…` or `branch-…` rule
 */
export function verifySuccession(succession: Succession): void {
  const { context, policy, psk } = succession;
  check(policy, 'successor-epoch', context.epoch === 1n, { epoch: context.epoch });
  if (psk.usage === RESUMPTION_PSK_USAGE.reinit) verifyReinit(succession);
  else verifyBranch(succession);
}

function verifyReinit({
  predecessor,
  psk,
  context,
  tree,
  policy,
  memberIdentity = credentialIdentity,
}: Succession): void {
  const { reinit } = predecessor;
  check(policy, 'reinit-committed', reinit !== undefined && psk.epoch === predecessor.epoch, { epoch: psk.epoch });
  check(policy, 'reinit-parameters', () => {
    if (reinit === undefined) return false;
    const { version, suite, groupId, extensions } = reinit;
    const isSame = version === context.version && suite === context.suite && equalBytes(groupId, context.groupId);
    return isSame && equalBytes(encodeTls(extensions, writeExtensions), context.rawExtensions);
  });
  check(policy, 'reinit-members', () => {
    const members = identitiesOf(tree, memberIdentity);
    return [...identitiesOf(predecessor.tree, memberIdentity)].every((identity) => members.has(identity));
  });
}

function verifyBranch({ predecessor, context, tree, policy, memberIdentity = credentialIdentity }: Succession): void {
  const { version, suite } = predecessor.context;
  check(policy, 'branch-parameters', version === context.version && suite === context.suite, { suite: context.suite });
  check(policy, 'branch-members', () => {
    const members = identitiesOf(predecessor.tree, memberIdentity);
    return [...identitiesOf(tree, memberIdentity)].every((identity) => members.has(identity));
  });
}

function identitiesOf(tree: Succession['tree'], identity: MemberIdentity): Set<string> {
  const identities = new Set<string>();
  for (const { leafNode } of tree.leaves()) identities.add(identity(leafNode));
  return identities;
}
