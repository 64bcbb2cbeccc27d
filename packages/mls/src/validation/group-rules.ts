/** Rules on commits, their lists of proposals, and Welcomes (RFC 9420 section 12). */
import type { Rule } from './rule.js';

/** Rules on groups, proposals, commits and welcomes. */
export const GROUP_RULES = {
  'proposal-reference': {
    section: '12.4.2',
    sentence: 'A commit refers only to proposals that were received in its epoch.',
  },
  'proposal-sender': {
    section: '12.1.8',
    sentence: 'A proposal comes from a kind of sender that may make proposals of its type.',
  },
  'proposal-own-update': {
    section: '12.2',
    sentence: 'A commit holds no update made by its committer, whose update is the path.',
  },
  'proposal-own-removal': { section: '12.2', sentence: 'A commit does not remove its committer.' },
  'proposal-one-per-leaf': { section: '12.2', sentence: 'A commit updates or removes a leaf at most once.' },
  'proposal-one-context-extensions': {
    section: '12.2',
    sentence: 'A commit holds at most one group_context_extensions proposal.',
  },
  'proposal-psk-once': {
    section: '12.2',
    sentence: 'A commit holds no two psk proposals with the same PreSharedKeyID, whose nonce is a part of it.',
  },
  'proposal-psk-nonce': {
    section: '12.1.4',
    sentence: 'The nonce of a pre-shared key is as long as the hash of the cipher suite.',
  },
  'proposal-psk-usage': {
    section: '12.1.4',
    sentence: 'A resumption key named in a proposal is used as an application key.',
  },
  'psk-count': {
    section: '8.4',
    sentence: 'A message names at most 65,535 pre-shared keys, which a uint16 can count.',
  },
  'psk-known': { section: '8.4', sentence: 'Every pre-shared key that a message names is at hand.' },
  'proposal-reinit-alone': { section: '12.2', sentence: 'A reinit proposal is the only proposal of its commit.' },
  'reinit-version': { section: '12.1.5', sentence: 'A reinit proposal does not go back to an older version.' },
  'reinit-suite': {
    section: 'libxmtp 1.10.0',
    sentence: 'A reinit proposal names a cipher suite that the deployed client has a name for.',
  },
  'add-init-keys': {
    section: 'libxmtp 1.10.0',
    sentence: 'The init keys that a commit adds differ from each other and from all keys of leaves and of its path.',
  },
  'context-extension-required': {
    section: 'libxmtp 1.10.0',
    sentence:
      'Every extension of a group_context_extensions proposal is of a type of RFC 9420, or among those that its own required_capabilities list.',
  },
  'proposal-external-init': { section: '12.2', sentence: 'Only an external commit holds external_init proposals.' },
  'proposal-limit': {
    section: 'Conclave',
    sentence: 'At most 1024 proposals, and 16 MiB of them, are kept in an epoch.',
  },
  'proposals-committed': {
    section: '12.4',
    sentence: 'Application data are sent only where no proposal that was kept in the epoch waits for a commit.',
  },
  'path-required': {
    section: '12.4',
    sentence: 'A commit has a path when it is empty or holds a proposal whose type requires one.',
  },
  'epoch-range': {
    section: '8.1',
    sentence: 'A commit begins an epoch that a uint64 counts: none follows epoch 2^64 - 1.',
  },
  'confirmation-tag': {
    section: '12.4.2',
    sentence: 'The confirmation tag of a commit verifies under the confirmation key of the new epoch.',
  },
  'group-not-reinitialized': {
    section: '11.2',
    sentence: 'Nothing is sent in a group after a commit with a reinit proposal.',
  },
  'welcome-suite': { section: '12.4.3.1', sentence: 'A Welcome is of the cipher suite and version of its group.' },
  'welcome-psk-usage': {
    section: '12.4.3.1',
    sentence: 'The group secrets of a Welcome name at most one re-initialization or branch key.',
  },
  'group-info-signature': {
    section: '12.4.3.1',
    sentence: 'The signature of a GroupInfo verifies under the signature key of its signer’s leaf.',
  },
  'group-info-signer': { section: '12.4.3.1', sentence: 'The signer of a GroupInfo is a member of its tree.' },
  'group-info-confirmation-tag': {
    section: '12.4.3.1',
    sentence: 'The confirmation tag of a GroupInfo verifies under the confirmation key of its epoch.',
  },
  'welcome-tree': {
    section: '12.4.3.1',
    sentence: 'The ratchet tree comes with the GroupInfo or from the application.',
  },
  'welcome-own-leaf': {
    section: '12.4.3.1',
    sentence: 'The tree of a group being joined holds the leaf of the key package that was welcomed.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
