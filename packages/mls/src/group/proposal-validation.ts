/**
 * What can be judged of a proposal before it is committed (RFC 9420 section 12.1). Who keeps only what could be valid
 * cannot be kept from committing by somebody who proposes rubbish.
 */
import { equalBytes } from '@conclave/crypto';
import type { Sender } from '../framing/sender.js';
import { verifyKeyPackage } from '../key-package.js';
import { LEAF_NODE_SOURCE } from '../tree/leaf-node.js';
import { validateLeafNode } from '../tree/leaf-validation.js';
import { check, violation } from '../validation/policy.js';
import type { GroupState } from './group-state.js';
import type { Proposal } from './proposal.js';

/**
 * Checks a proposal against the current epoch. What the group demands of new leaves is left to the commit, which may
 * change the demands.
 *
 * @throws MlsError `mls/validation` with a `leaf-…` or `key-package-…` rule, or `update-new-leaf-key`
 */
export function validateProposal(state: GroupState, proposal: Proposal, sender: Sender): void {
  const { suite, config, tree, header } = state;
  const { policy } = config;
  if (proposal.type === 'add') verifyKeyPackage(suite, proposal.keyPackage, policy);
  if (proposal.type === 'remove' && tree.leaf(proposal.leafIndex) === undefined) {
    throw violation('leaf-not-blank', { leafIndex: proposal.leafIndex });
  }
  if (proposal.type !== 'update' || sender.type !== 'member') return;
  const { leafIndex } = sender;
  const { leafNode } = proposal;
  const binding = { groupId: header.groupId, leafIndex };
  validateLeafNode(leafNode, { suite, policy, sources: [LEAF_NODE_SOURCE.update], binding });
  const before = tree.leaf(leafIndex);
  const isNew = before === undefined || !equalBytes(before.encryptionKey, leafNode.encryptionKey);
  check(policy, 'update-new-leaf-key', isNew, { leafIndex });
}
