/** Rules on a single leaf and on key packages (RFC 9420 sections 7.2, 7.3 and 10.1). */
import type { Rule } from './rule.js';

/** The rules by name. */
export const LEAF_RULES = {
  'leaf-signature': {
    section: '7.3',
    sentence: 'The signature of a leaf node verifies under its own signature key.',
  },
  'leaf-source': {
    section: '7.3',
    sentence: 'The source of a leaf node fits the place it comes from: key package, update or commit.',
  },
  'update-new-leaf-key': {
    section: '7.3',
    sentence: 'The leaf of an update has another encryption key than the leaf that it replaces.',
  },
  'leaf-credential-in-capabilities': {
    section: '7.2',
    sentence: 'The capabilities of a leaf list the type of its own credential.',
  },
  'leaf-extensions-in-capabilities': {
    section: '7.3',
    sentence: 'The capabilities of a leaf list every extension type that the leaf itself carries.',
  },
  'duplicate-extension': {
    section: '13.4',
    sentence: 'A list of extensions holds each extension type at most once.',
  },
  'extension-content': {
    section: '13.4',
    sentence: 'An extension of a known type has content of that type and stands in a place where that type is allowed.',
  },
  'leaf-version-in-capabilities': {
    section: '7.2',
    sentence: 'The capabilities of a leaf list the protocol version of its group.',
  },
  'leaf-suite-in-capabilities': {
    section: '7.2',
    sentence: 'The capabilities of a leaf list the cipher suite of its group.',
  },
  'leaf-required-capabilities': {
    section: '7.3',
    sentence: 'A leaf supports everything that the required_capabilities extension of its group demands.',
  },
  'leaf-group-extensions': {
    section: '13.4',
    sentence: 'A leaf supports every extension type in the context of its group.',
  },
  'leaf-lifetime': {
    section: '7.3',
    sentence: 'The lifetime of a leaf that enters a tree includes the present time.',
  },
  'joined-leaf-lifetime': {
    section: '7.3',
    sentence: 'The lifetime of a leaf found in the tree of a group being joined includes the present time.',
  },
  'leaf-key-length': {
    section: '5.1.1',
    sentence: 'The encryption key and the signature key of a leaf have the length of their algorithm.',
  },
  'key-package-version': { section: '10.1', sentence: 'A key package is of the protocol version of the group.' },
  'key-package-suite': { section: '10.1', sentence: 'A key package is of the cipher suite of the group.' },
  'key-package-signature': {
    section: '10.1',
    sentence: 'The signature of a key package verifies under the signature key of its leaf.',
  },
  'key-package-init-key': {
    section: '10.1',
    sentence: 'The init key of a key package differs from the encryption key of its leaf.',
  },
  'key-package-extensions': {
    section: '10',
    sentence: 'The capabilities of a key package’s leaf list every extension type that the key package carries.',
  },
  'key-package-lifetime-range': {
    section: 'libxmtp 1.10.0',
    sentence: 'The lifetime of a key package spans at most 84 days and one hour.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
