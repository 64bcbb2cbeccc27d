/** The key that signs a message of somebody who is no member (RFC 9420 sections 6.1, 12.1.8 and 12.4.3.2). */
import type { SignaturePublicKey } from '@conclave/crypto';
import { type CipherSuite, PUBLIC_KEY_LENGTH } from '../crypto/cipher-suite.js';
import { asMlsError } from '../errors.js';
import type { Extension } from '../extension.js';
import { externalSendersOf } from '../external-senders.js';
import type { FramedContent } from '../framing/framed-content.js';
import { CONTENT_TYPE } from '../framing/wire-format.js';
import { violation } from '../validation/policy.js';

/**
 * Finds the key, and checks that the sender's kind may send such a content at all.
 *
 * @param extensions - of the GroupContext in the epoch of the message
 * @throws MlsError `mls/validation` with rule `sender-content`, `sender-member`, `leaf-key-length` or `external-commit-path`
 */
export function outsiderKey(
  suite: CipherSuite,
  extensions: readonly Extension[],
  framed: Pick<FramedContent, 'sender' | 'content'>,
): SignaturePublicKey {
  const bytes = outsiderKeyBytes(extensions, framed);
  if (bytes.length !== PUBLIC_KEY_LENGTH) throw violation('leaf-key-length', { length: bytes.length });
  return asMlsError('SignaturePublicKey', () => suite.provider.signaturePublicKey(bytes));
}

function outsiderKeyBytes(
  extensions: readonly Extension[],
  { sender, content }: Pick<FramedContent, 'sender' | 'content'>,
): Uint8Array {
  const refused = violation('sender-content', { sender: sender.type, contentType: content.contentType });
  if (sender.type === 'new-member-commit') {
    if (content.contentType !== CONTENT_TYPE.commit) throw refused;
    if (content.commit.path === undefined) throw violation('external-commit-path');
    return content.commit.path.leafNode.signatureKey;
  }
  if (content.contentType !== CONTENT_TYPE.proposal) throw refused;
  if (sender.type === 'external') {
    const found = externalSendersOf(extensions)[sender.senderIndex];
    if (found === undefined) throw violation('sender-member', { senderIndex: sender.senderIndex });
    return found.signatureKey;
  }
  // Who wants to be added signs with the key of the package that it brings.
  if (content.proposal.type !== 'add') throw refused;
  return content.proposal.keyPackage.leafNode.signatureKey;
}
