import { encodeMessage } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import type { StoredContentType } from '../store/content-types.js';
import type { StoredMessage } from '../store/messages.js';
import { countingEdits, isValidEdit } from './edit.js';
import { author, message, other } from './stored-message.testkit.js';

/** EncodedContent of a type, with the bytes as its content. */
const encoded = (typeId: string, content: Uint8Array): Uint8Array =>
  encodeMessage((writer) =>
    writer.message(1, (type) => type.string(1, 'xmtp.org').string(2, typeId).uint64(3, 1n)).bytes(4, content),
  );

function edit(typeId: string, fields: Partial<StoredMessage> = {}): StoredMessage {
  const inner = encoded(typeId, Uint8Array.of(0x68, 0x69));
  return message({
    id: '04'.repeat(32),
    contentType: 'edit-message',
    referenceId: message().id,
    content: encoded(
      'editMessage',
      encodeMessage((writer) => writer.string(1, message().id).bytes(2, inner)),
    ),
    ...fields,
  });
}

describe('an edit (XIP-77)', () => {
  it('counts by the author alone', () => {
    expect(isValidEdit(message(), edit('text'))).toBe(true);
    expect(isValidEdit(message(), edit('text', { senderInboxId: other }))).toBe(false);
    expect(isValidEdit(message({ senderInboxId: other }), edit('text'))).toBe(false);
  });

  it('counts for the message it names, in the conversation it was sent in', () => {
    expect(isValidEdit(message(), edit('text', { referenceId: '09'.repeat(32) }))).toBe(false);
    expect(isValidEdit(message(), edit('text', { groupId: '09'.repeat(16) }))).toBe(false);
  });

  it('does not count when it was given up', () => {
    expect(isValidEdit(message(), edit('text', { deliveryStatus: 'failed' }))).toBe(false);
    expect(isValidEdit(message(), edit('text', { deliveryStatus: 'unpublished' }))).toBe(true);
  });

  it.each<[StoredContentType, string]>([
    ['text', 'text'],
    ['markdown', 'markdown'],
    ['attachment', 'attachment'],
    ['remote-attachment', 'remoteStaticAttachment'],
    ['multi-remote-attachment', 'multiRemoteStaticAttachment'],
    ['reply', 'reply'],
    ['reply', 'text'],
    ['reply', 'markdown'],
  ])('of a %s brings a %s', (contentType, typeId) => {
    expect(isValidEdit(message({ contentType }), edit(typeId))).toBe(true);
  });

  it.each<[StoredContentType, string]>([
    ['text', 'reply'],
    ['text', 'attachment'],
    ['reply', 'reaction'],
    ['reaction', 'reaction'],
    ['read-receipt', 'readReceipt'],
    ['delete-message', 'deleteMessage'],
    ['edit-message', 'editMessage'],
    ['custom', 'poll'],
    ['actions', 'actions'],
  ])('of a %s does not count with a %s', (contentType, typeId) => {
    expect(isValidEdit(message({ contentType }), edit(typeId))).toBe(false);
  });

  it('of a transcript does not count', () => {
    expect(isValidEdit(message({ kind: 'membership-change' }), edit('text'))).toBe(false);
  });

  it('counts when it is the last of those that do', () => {
    const edits = [edit('text', { id: '05'.repeat(32) }), edit('text', { id: '06'.repeat(32) }), edit('reply')];
    const counting = countingEdits([message()], new Map([[message().id, edits]]));
    expect(counting.get(message().id)?.id).toBe('06'.repeat(32));
    const foreign = [edit('text', { senderInboxId: other })];
    expect(countingEdits([message({ senderInboxId: author })], new Map([[message().id, foreign]])).size).toBe(0);
  });
});
