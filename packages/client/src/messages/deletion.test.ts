import { describe, expect, it } from 'vitest';
import type { StoredContentType } from '../store/content-types.js';
import { isValidDeletion } from './deletion.js';
import { author, message, other } from './stored-message.testkit.js';

const deletion = {
  groupId: message().groupId,
  messageId: message().id,
  deletedByInboxId: author,
  bySuperAdmin: false,
};

describe('a deletion (XIP-76)', () => {
  it('counts by the author, and by a super admin', () => {
    expect(isValidDeletion(message(), deletion)).toBe(true);
    expect(isValidDeletion(message(), { ...deletion, deletedByInboxId: other })).toBe(false);
    expect(isValidDeletion(message(), { ...deletion, deletedByInboxId: other, bySuperAdmin: true })).toBe(true);
  });

  it('counts for the message it names, in the conversation it was sent in', () => {
    expect(isValidDeletion(message(), { ...deletion, messageId: '09'.repeat(32) })).toBe(false);
    expect(isValidDeletion(message(), { ...deletion, groupId: '09'.repeat(16) })).toBe(false);
  });

  it.each<StoredContentType>(['text', 'markdown', 'reply', 'attachment', 'remote-attachment'])('deletes %s', (type) => {
    expect(isValidDeletion(message({ contentType: type }), deletion)).toBe(true);
  });

  it.each<StoredContentType>([
    'custom',
    'membership-change',
    'group-updated',
    'leave-request',
    'reaction',
    'read-receipt',
    'actions',
    'intent',
    'delete-message',
    'edit-message',
  ])('never deletes %s', (type) => {
    expect(isValidDeletion(message({ contentType: type }), { ...deletion, bySuperAdmin: true })).toBe(false);
  });

  it('never deletes a transcript', () => {
    expect(isValidDeletion(message({ kind: 'membership-change' }), { ...deletion, bySuperAdmin: true })).toBe(false);
  });
});
