/** Who made a commit (libxmtp 1.10.0, `extract_actor`): rules proposer-is-member, single-actor and actor-known. */
import { equalBytes } from '@conclave/crypto';
import { type CommitView, commitInvalid, type MemberLeaves } from './commit-view.js';
import type { IdentityLeaf } from './leaf-identity.js';

/**
 * The leaf that stands for the actor: the path's, else that of the member who made the proposals.
 *
 * The path's leaf may carry another credential than the member's; that its installation belongs to the inbox it names
 * is for the rule subject-installation.
 *
 * @throws ClientError `client/commit-invalid`
 */
export function commitActorLeaf(commit: CommitView, members: MemberLeaves): IdentityLeaf {
  let proposer: { readonly leafIndex: number; readonly leaf: IdentityLeaf } | undefined;
  for (const { senderLeafIndex } of commit.proposals) {
    if (senderLeafIndex === undefined) throw commitInvalid('proposer-is-member');
    if (proposer?.leafIndex === senderLeafIndex) continue;
    const leaf = members.leaf(senderLeafIndex);
    if (leaf === undefined) throw commitInvalid('proposer-is-member', { leafIndex: senderLeafIndex });
    if (proposer !== undefined) throw commitInvalid('single-actor', { leafIndex: senderLeafIndex });
    proposer = { leafIndex: senderLeafIndex, leaf };
  }
  const { pathLeaf } = commit;
  if (pathLeaf === undefined) {
    if (proposer === undefined) throw commitInvalid('actor-known');
    return proposer.leaf;
  }
  if (proposer !== undefined && !equalBytes(pathLeaf.signatureKey, proposer.leaf.signatureKey)) {
    throw commitInvalid('single-actor', { leafIndex: proposer.leafIndex });
  }
  return pathLeaf;
}
