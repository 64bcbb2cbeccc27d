/**
 * What a joiner checks of the group that a welcome leads to, once MLS has verified it (libxmtp 1.10.0; rules by name).
 *
 * The adder is the leaf that signed the GroupInfo. Pre-shared keys are refused by the MLS policy, and whether the
 * welcome is newer than what is stored is for the caller, who knows the stored group.
 */
import { type ErrorDetails, toHex } from '@conclave/crypto';
import { type AssociationState, installationsOf } from '@conclave/identity';
import type { GroupPayloads } from '../app-data/group-payloads.js';
import { ClientError } from '../errors.js';
import type { InboxStates, MissingState } from '../identity/inbox-states.js';
import type { DmMembers } from '../payloads/immutable-metadata.js';
import type { GroupMembership } from '../payloads/membership.js';
import { equalFixedPolicies, presetPolicies } from '../payloads/policy-presets.js';
import type { ProtocolRule } from './commit-rule-table.js';
import { type IdentityLeaf, type LeafIdentity, leafIdentity } from './leaf-identity.js';
import { boundedDetails } from './rule-details.js';
import { isUnresolvable } from './unresolvable.js';
import { pausedForVersion } from './version.js';

/** The rules on joining. */
export const JOIN_RULES = {
  'group-payloads': {
    section: 'libxmtp 1.10.0',
    sentence:
      'The group context holds well-formed immutable metadata and membership, and in a group, a DM or a sync group also mutable metadata and permissions.',
    deployedError: 'InvalidGroupMembership, MetadataPermissionsError',
  },
  'adder-known': {
    section: 'libxmtp 1.10.0',
    sentence: 'The GroupInfo was signed by a leaf with a credential that names an inbox.',
    deployedError: 'CredentialError',
  },
  'identity-log': {
    section: 'XIP-46',
    sentence: 'The identity log of every member has an update at the sequence id that the membership names.',
    deployedError: 'InstallationDiff',
  },
  'leaf-in-membership': {
    section: 'libxmtp 1.10.0',
    sentence: 'Every leaf names an inbox of the membership.',
    deployedError: 'InvalidGroupMembership',
  },
  'leaf-installation': {
    section: 'XIP-46',
    sentence: 'Every leaf is an installation of its inbox, and no installation has two leaves.',
    deployedError: 'InvalidGroupMembership',
  },
  'installations-complete': {
    section: 'libxmtp 1.10.0',
    sentence: 'Every installation of the members has a leaf or is listed as failed.',
    deployedError: 'InvalidGroupMembership',
  },
  'dm-members': {
    section: 'libxmtp 1.10.0',
    sentence: 'A DM names its two inboxes: the adder and us; or, added by our own inbox, us among them.',
    deployedError: 'DmValidationError',
  },
  'dm-no-admins': {
    section: 'libxmtp 1.10.0',
    sentence: 'A DM that another inbox made has no admins.',
    deployedError: 'DmValidationError',
  },
  'dm-policies': {
    section: 'libxmtp 1.10.0',
    sentence:
      'A DM that another inbox made has the five fixed policies of DMs. Deployed clients refuse only if all five differ.',
    deployedError: 'DmValidationError',
  },
  'sync-own-inbox': {
    section: 'Conclave',
    sentence: 'A sync group was made by an installation of our own inbox, and has no member of another.',
    deployedError: 'not checked',
  },
} as const satisfies Readonly<Record<string, ProtocolRule>>;

/** Name of a rule on joining. */
export type JoinRule = keyof typeof JOIN_RULES;

/** A joined MlsGroup. */
export interface JoinedGroupView {
  leaf(leafIndex: number): IdentityLeaf | undefined;
  members(): Iterable<{ readonly leafNode: IdentityLeaf }>;
}

/** What joining depends on. */
export interface JoinContext {
  readonly payloads: GroupPayloads;
  readonly group: JoinedGroupView;
  /** Leaf that signed the GroupInfo. */
  readonly signerLeafIndex: number;
  readonly ownInboxId: string;
  readonly ownVersion: string;
  readonly states: InboxStates;
  /** As in CommitContext: true once what was missing was fetched. */
  readonly fetched: boolean;
}

/** What is known of a group that may be joined. */
export interface ValidatedJoin {
  readonly adder: LeafIdentity;
  /** Of a DM. */
  readonly dmMembers?: DmMembers;
  /** Only of type group: the version that it waits for. */
  readonly pausedForVersion?: string;
}

/** As CommitVerdict; `error.code` is `client/welcome-invalid`, the rule in `error.details.rule`. */
export type JoinVerdict =
  | { readonly ok: true; readonly validated: ValidatedJoin }
  | { readonly ok: false; readonly missing: readonly MissingState[] }
  | { readonly ok: false; readonly missing?: undefined; readonly error: ClientError };

/** Judges a group before it is stored. Throws only what `states` throws. Cost: linear in the members. */
export function validateJoin(context: JoinContext): JoinVerdict {
  try {
    return judgeJoin(context);
  } catch (error) {
    if (error instanceof ClientError) return { ok: false, error };
    throw error;
  }
}

function judgeJoin(context: JoinContext): JoinVerdict {
  const { payloads } = context;
  const signer = context.group.leaf(context.signerLeafIndex);
  if (signer === undefined) throw welcomeInvalid('adder-known');
  const adder = payloadUnder('adder-known', () => leafIdentity(signer));
  const membership = payloadUnder('group-payloads', () => payloads.membership);
  const missing = checkInitialMembership(membership, context);
  if (missing.length > 0) return { ok: false, missing };

  const { conversationType, dmMembers } = payloadUnder('group-payloads', () => payloads.immutableMetadata);
  if (conversationType === 'oneshot') return { ok: true, validated: { adder } };
  const mutable = payloadUnder('group-payloads', () => {
    void payloads.permissions;
    return payloads.mutableMetadata;
  });
  if (conversationType === 'dm') {
    return {
      ok: true,
      validated: { adder, dmMembers: checkDm(payloads, dmMembers, adder.inboxId, context.ownInboxId) },
    };
  }
  if (conversationType === 'sync') {
    const { ownInboxId } = context;
    const isOurs = adder.inboxId === ownInboxId && [...membership.members.keys()].every((id) => id === ownInboxId);
    if (!isOurs) throw welcomeInvalid('sync-own-inbox', { inboxId: adder.inboxId });
  }
  const paused = conversationType === 'group' ? pausedForVersion(mutable, context.ownVersion) : undefined;
  return { ok: true, validated: { adder, ...(paused === undefined ? {} : { pausedForVersion: paused }) } };
}

/**
 * Compares the leaves with the identity states at exactly the listed sequence ids.
 * @throws ClientError `client/welcome-invalid`
 */
function checkInitialMembership(membership: GroupMembership, context: JoinContext): readonly MissingState[] {
  const missing: MissingState[] = [];
  const expected = new Map<string, Set<string>>();
  for (const [inboxId, sequenceId] of membership.members) {
    const state = context.states.at(inboxId, sequenceId);
    const position = { inboxId, sequenceId };
    if (state !== undefined) expected.set(inboxId, installationKeys(state));
    else if (context.fetched || isUnresolvable(position)) throw welcomeInvalid('identity-log', position);
    else missing.push(position);
  }
  if (missing.length > 0) return missing;

  for (const { leafNode } of context.group.members()) {
    const { inboxId, installationId } = payloadUnder('leaf-in-membership', () => leafIdentity(leafNode));
    const installations = expected.get(inboxId);
    if (installations === undefined) throw welcomeInvalid('leaf-in-membership', { inboxId });
    const id = toHex(installationId);
    if (!installations.delete(id)) throw welcomeInvalid('leaf-installation', { inboxId, installationId: id });
  }
  const failed = new Set(membership.failedInstallations.map(toHex));
  for (const [inboxId, installations] of expected) {
    for (const id of installations) {
      if (!failed.has(id)) throw welcomeInvalid('installations-complete', { inboxId, installationId: id });
    }
  }
  return [];
}

function installationKeys(state: AssociationState): Set<string> {
  return new Set(installationsOf(state).map(({ publicKey }) => toHex(publicKey)));
}

function checkDm(
  payloads: GroupPayloads,
  dmMembers: DmMembers | undefined,
  adderInboxId: string,
  ownInboxId: string,
): DmMembers {
  if (dmMembers === undefined) throw welcomeInvalid('dm-members', { reason: 'absent' });
  const { one, two } = dmMembers;
  if (adderInboxId === ownInboxId) {
    if (one !== ownInboxId && two !== ownInboxId) throw welcomeInvalid('dm-members', { reason: 'not ours' });
    return dmMembers;
  }
  const named = (one === adderInboxId && two === ownInboxId) || (one === ownInboxId && two === adderInboxId);
  if (!named) throw welcomeInvalid('dm-members', { reason: 'other inboxes' });
  const { adminList, superAdminList } = payloads.mutableMetadata;
  if (adminList.length + superAdminList.length > 0) throw welcomeInvalid('dm-no-admins');
  if (!equalFixedPolicies(payloads.permissions, presetPolicies('dm'))) throw welcomeInvalid('dm-policies');
  return dmMembers;
}

function welcomeInvalid(rule: JoinRule, details: ErrorDetails = {}, cause?: unknown): ClientError {
  return new ClientError('client/welcome-invalid', { rule, ...boundedDetails(details) }, cause);
}

function payloadUnder<T>(rule: JoinRule, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ClientError && error.code === 'client/payload-malformed')
      throw welcomeInvalid(rule, {}, error);
    throw error;
  }
}
