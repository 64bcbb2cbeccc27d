/**
 * Whose entries of a commit log count, and with which key we write ours.
 *
 * The conversation itself names the key: attribute `_commit_log_signer`, which its creator sets. Where it names none
 * (conversations that began before the attribute existed), the first validly signed entry at the node decides, as for
 * deployed clients (libxmtp 1.10.0), and whoever holds that key writes it into the attribute.
 *
 * Deployed clients let the first entry decide in every case. Anybody can write to the log of a group whose id he knows,
 * so an outsider who is first would silence it for ever; here he is only ignored.
 */
import { equalBytes, type SignaturePrivateKey, toHex } from '@conclave/crypto';
import type { CommitLogEntry } from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { namedKey } from '../groups/named-key.js';
import { settleChange } from '../groups/settle-change.js';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import { type ConversationRow, updateConversation } from '../store/conversations.js';
import { isSigned } from './entry.js';

/**
 * The public key whose entries count; found and stored when `entries` are the first that decide it.
 * @returns undefined while nothing decides
 */
export function consensusKey(
  ctx: ClientContext,
  conversation: ConversationRow,
  entries: readonly CommitLogEntry[],
): Uint8Array | undefined {
  const { id, commitLogPublicKey } = conversation;
  const key =
    namedKey(ctx, id)?.publicKey ??
    commitLogPublicKey ??
    entries.find((entry) => isSigned(ctx.crypto, entry))?.signature?.publicKey;
  if (key !== undefined && (commitLogPublicKey === undefined || !equalBytes(key, commitLogPublicKey))) {
    updateConversation(ctx.db, id, { commitLogPublicKey: key });
  }
  return key;
}

/**
 * The key for our own entries, made if nobody has written yet.
 * @returns undefined when the log is written with a key that we do not hold
 */
export function signingKey(ctx: ClientContext, conversation: ConversationRow): SignaturePrivateKey | undefined {
  const { id, commitLogPublicKey, commitLogSigningKey } = conversation;
  const named = namedKey(ctx, id);
  if (named !== undefined) return named;
  if (commitLogSigningKey !== undefined) {
    const own = ctx.crypto.signaturePrivateKey(commitLogSigningKey);
    return commitLogPublicKey === undefined || equalBytes(own.publicKey, commitLogPublicKey) ? own : undefined;
  }
  if (commitLogPublicKey !== undefined) return undefined;
  const seed = ctx.host.random(32);
  updateConversation(ctx.db, id, { commitLogSigningKey: seed });
  return ctx.crypto.signaturePrivateKey(seed);
}

/**
 * Writes our key into the group once the log is written with it, so that the other super admins can go on with it.
 * Not in a DM, whose attributes deployed clients do not change.
 * @throws ClientError `client/permission-denied` when the group keeps the attribute from us, or a network error
 */
export async function shareSigningKey(ctx: ClientContext, conversation: ConversationRow): Promise<void> {
  const { id, kind, publishCommitLog, commitLogPublicKey, commitLogSigningKey } = conversation;
  if (kind !== 'group' || !publishCommitLog) return;
  if (commitLogSigningKey === undefined || commitLogPublicKey === undefined) return;
  if (namedKey(ctx, id) !== undefined) return;
  if (!equalBytes(ctx.crypto.signaturePrivateKey(commitLogSigningKey).publicKey, commitLogPublicKey)) return;
  const value = toHex(commitLogSigningKey);
  await settleChange(ctx, id, 'metadata-update', { attribute: ATTRIBUTE.commitLogSigner, value });
}
