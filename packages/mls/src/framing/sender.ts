/** Who a message says it is from (RFC 9420 section 6). */
import { CryptoError, type TlsReader, type TlsWriter } from '@conclave/crypto';

/** `Sender`: a member by its leaf, or one of the three kinds of outsiders. */
export type Sender =
  | { readonly type: 'member'; readonly leafIndex: number }
  /** An entry of the external_senders extension. */
  | { readonly type: 'external'; readonly senderIndex: number }
  | { readonly type: 'new-member-proposal' }
  | { readonly type: 'new-member-commit' };

const SENDER_TYPE = { member: 1, external: 2, 'new-member-proposal': 3, 'new-member-commit': 4 } as const;

/** Writes a Sender (section 6). */
export function writeSender(writer: TlsWriter, sender: Sender): void {
  writer.u8(SENDER_TYPE[sender.type]);
  if (sender.type === 'member') writer.u32(sender.leafIndex);
  if (sender.type === 'external') writer.u32(sender.senderIndex);
}

/** @throws CryptoError `codec/…` */
export function readSender(reader: TlsReader): Sender {
  const type = reader.u8();
  switch (type) {
    case SENDER_TYPE.member:
      return { type: 'member', leafIndex: reader.u32() };
    case SENDER_TYPE.external:
      return { type: 'external', senderIndex: reader.u32() };
    case SENDER_TYPE['new-member-proposal']:
      return { type: 'new-member-proposal' };
    case SENDER_TYPE['new-member-commit']:
      return { type: 'new-member-commit' };
    default:
      throw new CryptoError('codec/invalid-value', { field: 'sender_type', value: type });
  }
}

/** Whether the signature of a message of this sender covers the GroupContext (RFC 9420 section 6.1). */
export function signsGroupContext(sender: Sender): boolean {
  return sender.type === 'member' || sender.type === 'new-member-commit';
}
