/**
 * Every rule that refuses a commit, by name, in the order in which they are judged. The name travels in the error
 * (`details.rule`); the deployed client's name for the same refusal stands beside it.
 */

/** What a rule demands and where it comes from. */
export interface ProtocolRule {
  /** The document that states the rule. */
  readonly section: string;
  /** What must hold, as a sentence. */
  readonly sentence: string;
  /** What libxmtp 1.10.0 calls a breach. */
  readonly deployedError: string;
}

const DEPLOYED = 'libxmtp 1.10.0';

/** The rules on commits. */
export const COMMIT_RULES = {
  'current-payloads': {
    section: DEPLOYED,
    sentence: 'The current group context holds well-formed immutable metadata, mutable metadata and permissions.',
    deployedError: 'GroupMetadata, GroupMutableMetadata, GroupMutablePermissions',
  },
  'mutable-metadata-kept': {
    section: DEPLOYED,
    sentence: 'The new group context holds well-formed mutable metadata.',
    deployedError: 'MissingMutableMetadata, GroupMutableMetadata',
  },
  'attribute-length': {
    section: DEPLOYED,
    sentence: 'Changed names, descriptions, image addresses and app data are within their limits in bytes.',
    deployedError: 'TooManyCharacters',
  },
  'permissions-kept': {
    section: DEPLOYED,
    sentence: 'The new group context holds well-formed permissions.',
    deployedError: 'GroupMutablePermissions',
  },
  'proposer-is-member': {
    section: DEPLOYED,
    sentence: 'Every proposal was made by a member of the group.',
    deployedError: 'ActorNotMember',
  },
  'single-actor': {
    section: DEPLOYED,
    sentence: 'All proposals were made by one member, and the path, if there is one, keeps its signature key.',
    deployedError: 'MultipleActors',
  },
  'actor-known': {
    section: DEPLOYED,
    sentence: 'The commit has a path or a proposal, so that there is somebody who made it.',
    deployedError: 'ActorCouldNotBeFound',
  },
  'actor-credential': {
    section: 'XIP-46',
    sentence: 'The credentials of the actor and of updated leaves are basic and name an inbox.',
    deployedError: 'MlsCredential, ProtoDecode',
  },
  'no-psk': {
    section: DEPLOYED,
    sentence: 'The commit uses no pre-shared key.',
    deployedError: 'NoPSKSupport',
  },
  'membership-kept': {
    section: DEPLOYED,
    sentence: 'The group context holds a well-formed membership before and after the commit.',
    deployedError: 'MissingGroupMembership, ProtoDecode',
  },
  'sequence-id-increases': {
    section: DEPLOYED,
    sentence: 'The sequence id of an inbox that stays is not lowered.',
    deployedError: 'SequenceIdDecreased',
  },
  'identity-log': {
    section: 'XIP-46',
    sentence: 'The identity log of each changed inbox ends at the sequence id that the membership names.',
    deployedError: 'InstallationDiff',
  },
  'added-installations': {
    section: DEPLOYED,
    sentence: 'Every added leaf is an installation that its inbox gained, or one that is a member already.',
    deployedError: 'UnexpectedInstallationAdded',
  },
  'removed-installations': {
    section: DEPLOYED,
    sentence: 'The removed leaves are exactly the installations that inboxes lost, without those that failed before.',
    deployedError: 'UnexpectedInstallationsRemoved',
  },
  'subject-in-membership': {
    section: DEPLOYED,
    sentence: 'The actor and the owners of updated leaves are in the new membership.',
    deployedError: 'SubjectDoesNotExist',
  },
  'subject-installation': {
    section: 'XIP-46',
    sentence: 'The installations of the actor and of updated leaves belong to their inboxes at the new sequence id.',
    deployedError: 'InboxValidationFailed',
  },
  'app-data-begin': {
    section: 'XIP-81',
    sentence:
      'App data begin by a commit of a super admin that says what the payload extensions said, and changes nothing.',
    deployedError: 'unknown to 1.10.0; later Bootstrap',
  },
  'app-data-kept': {
    section: 'XIP-81',
    sentence: 'A group with app data keeps them, and no payload extension comes back.',
    deployedError: 'unknown to 1.10.0',
  },
  'app-data-immutable': {
    section: 'XIP-81',
    sentence: 'Immutable components are written once.',
    deployedError: 'unknown to 1.10.0; later ImmutableViolation',
  },
  'app-data-permission': {
    section: 'XIP-81',
    sentence:
      'Components that are no payload are changed by those whom the registry names, the registry by super admins.',
    deployedError: 'unknown to 1.10.0; later NoRegistryEntry, PermissionDenied',
  },
  permissions: {
    section: 'XIP-47',
    sentence: 'The permissions before the commit allow the actor everything that it changes.',
    deployedError: 'InsufficientPermissions',
  },
  'version-format': {
    section: 'XIP-72',
    sentence: 'The minimum version is three numbers with dots.',
    deployedError: 'InvalidVersionFormat',
  },
  'minimum-version': {
    section: 'XIP-72',
    sentence: 'The minimum version is not above the version of this client.',
    deployedError: 'ProtocolVersionTooLow',
  },
} as const satisfies Readonly<Record<string, ProtocolRule>>;

/** The rules on commits by which somebody joins, in place of the others; `external-policy` is on members' commits. */
export const EXTERNAL_COMMIT_RULES = {
  'join-open': {
    section: 'XIP-82',
    sentence: 'Somebody joins by a commit of his own only where the group says so.',
    deployedError: 'unknown to 1.10.0',
  },
  'join-expired': {
    section: 'XIP-82',
    sentence: 'He does so before the invitation is over, by the time of the node.',
    deployedError: 'unknown to 1.10.0',
  },
  'join-uses': {
    section: 'XIP-82',
    sentence: 'Fewer members are in by the invitation than it allows.',
    deployedError: 'unknown to 1.10.0',
  },
  'join-once': {
    section: 'XIP-82',
    sentence: 'His inbox is not in the group.',
    deployedError: 'unknown to 1.10.0',
  },
  'join-shape': {
    section: 'XIP-82',
    sentence: 'His commit adds installations and his entry in the membership, and changes nothing else.',
    deployedError: 'unknown to 1.10.0',
  },
  'join-alone': {
    section: 'XIP-82',
    sentence: 'It brings all installations of his inbox, and no others.',
    deployedError: 'unknown to 1.10.0',
  },
  'join-tagged': {
    section: 'XIP-82',
    sentence:
      'His entry names the invitation that the group has now, and no entry gains, loses or changes such a name otherwise.',
    deployedError: 'unknown to 1.10.0',
  },
  'external-policy': {
    section: 'XIP-82',
    sentence: 'What the group says of invitations is whole: open with key and slot, or closed without.',
    deployedError: 'unknown to 1.10.0',
  },
} as const satisfies Readonly<Record<string, ProtocolRule>>;

/** Name of a rule on commits. */
export type CommitRule = keyof typeof COMMIT_RULES | keyof typeof EXTERNAL_COMMIT_RULES;
