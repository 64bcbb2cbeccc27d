/** The key for the commit log that a conversation itself names: attribute `_commit_log_signer`, an Ed25519 seed. */
import { equalBytes, type SignaturePrivateKey } from '@conclave/crypto';
import type { ClientContext } from '../context.js';
import { commitLogSigner } from '../payloads/mutable-metadata.js';
import { deleteRemoteCommitLog } from '../store/commit-logs.js';
import { requireConversation, updateConversation } from '../store/conversations.js';
import { setCursor } from '../store/cursors.js';

/** The named key; undefined where the attribute is absent or holds no key. */
export function namedKey(ctx: ClientContext, groupId: string): SignaturePrivateKey | undefined {
  const group = ctx.liveGroups.find(groupId);
  const seed = group === undefined ? undefined : commitLogSigner(group.payloads.mutableMetadata);
  return seed === undefined ? undefined : ctx.crypto.signaturePrivateKey(seed);
}

/**
 * The attribute may have changed: what was believed under another key is forgotten and the log read again from its
 * beginning. Runs inside the transaction that changes the attribute.
 */
export function followNamedKey(ctx: ClientContext, groupId: string): void {
  const key = namedKey(ctx, groupId)?.publicKey;
  const { commitLogPublicKey: known } = requireConversation(ctx.db, groupId);
  if (key === undefined || known === undefined || equalBytes(key, known)) return;
  deleteRemoteCommitLog(ctx.db, groupId);
  setCursor(ctx.db, groupId, 'commit-log-download', 0n);
  updateConversation(ctx.db, groupId, { commitLogPublicKey: key, commitLogForked: undefined });
}
