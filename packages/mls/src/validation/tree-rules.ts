/** Rules on the ratchet tree as a whole and on update paths (RFC 9420 sections 7.3, 7.5, 7.9.2, 12.4.2, 12.4.3). */
import type { Rule } from './rule.js';

/** The rules by name. */
export const TREE_RULES = {
  'unique-signature-key': { section: '7.3', sentence: 'No two members have the same signature key.' },
  'unique-encryption-key': { section: '7.3', sentence: 'No two nodes of the tree have the same encryption key.' },
  'credential-types-supported': {
    section: '7.3',
    sentence: 'Every member supports the credential type of every other member.',
  },
  'tree-hash': { section: '12.4.3.1', sentence: 'The tree has the hash that the group context states.' },
  'parent-hash': {
    section: '7.9.2',
    sentence: 'Every non-blank parent is bound by the parent hash of a node below it.',
  },
  'unmerged-leaf': {
    section: '12.4.3.1',
    sentence: 'An unmerged leaf is a non-blank descendant and is listed by every non-blank node in between.',
  },
  'unmerged-leaves-sorted': {
    section: '7.1',
    sentence: 'The unmerged leaves of a parent are in strictly increasing order.',
  },
  'parent-key-length': {
    section: '5.1.1',
    sentence: 'The encryption key of a parent has the length of its algorithm.',
  },
  'leaf-not-blank': { section: '12.1.3', sentence: 'Only a leaf that is not blank can be removed or updated.' },
  'tree-width': { section: 'Conclave', sentence: 'A tree has at most 1 048 576 leaves.' },
  'group-extensions-supported': {
    section: '13.4',
    sentence: 'Every member supports every extension type in the context of the group.',
  },
  'required-capabilities-supported': {
    section: '11.1',
    sentence: 'Every member supports what the required_capabilities extension of the group demands.',
  },
  'path-length': {
    section: '12.4.2',
    sentence: 'An update path has one node for each node of the committer’s filtered direct path.',
  },
  'path-ciphertexts': {
    section: '7.6',
    sentence: 'A node of an update path has one ciphertext for each node of the resolution below, new leaves left out.',
  },
  'path-new-leaf-key': {
    section: '12.4.2',
    sentence: 'The leaf of an update path has another encryption key than the committer had before.',
  },
  'path-parent-hash': {
    section: '7.9.2',
    sentence: 'The leaf of an update path states the parent hash that follows from the path.',
  },
  'path-keys': {
    section: '7.5',
    sentence: 'The path secrets derive the public keys that the update path states.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
