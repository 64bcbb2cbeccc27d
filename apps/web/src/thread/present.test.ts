import { type DecodedMessage, DeliveryStatus, ReactionAction } from '@conclave/browser-sdk';
import { describe, expect, it } from 'vitest';
import { isShown, present, previewOf } from './present.js';

function decoded(typeId: string, content: unknown, more: object = {}): DecodedMessage {
  return {
    id: 'aa',
    content,
    contentType: { authorityId: 'xmtp.org', typeId, versionMajor: 1, versionMinor: 0 },
    conversationId: 'cc',
    deliveryStatus: DeliveryStatus.Published,
    kind: 0,
    numReplies: 0n,
    reactions: [],
    senderInboxId: 'alice',
    sentAtNs: 1_700_000_000_000_000_000n,
    ...more,
  } as unknown as DecodedMessage;
}

const reaction = (sender: string, emoji: string, action: number, sentAtNs: bigint) =>
  decoded('reaction', { content: emoji, action, reference: 'aa', schema: 1 }, { senderInboxId: sender, sentAtNs });

describe('a message as it is shown', () => {
  it('is its text', () => {
    expect(present(decoded('text', 'hello'))).toMatchObject({
      body: { kind: 'text', text: 'hello' },
      sender: 'alice',
      sentAtMs: 1_700_000_000_000,
      status: 'sent',
    });
  });

  it('says how it fares', () => {
    expect(present(decoded('text', 'x', { deliveryStatus: DeliveryStatus.Failed })).status).toBe('failed');
    expect(present(decoded('text', 'x', { deliveryStatus: DeliveryStatus.Unpublished })).status).toBe('waiting');
  });

  it('counts the reactions that stand: the last word of each person', () => {
    const reactions = [
      reaction('bob', '👍', ReactionAction.Removed, 3n),
      reaction('bob', '👍', ReactionAction.Added, 1n),
      reaction('eve', '👍', ReactionAction.Added, 2n),
      reaction('eve', '❤️', ReactionAction.Added, 4n),
      reaction('eve', 'x'.repeat(200), ReactionAction.Added, 5n),
    ];
    expect(present(decoded('text', 'x', { reactions })).reactions).toEqual([
      { emoji: '👍', inboxIds: ['eve'] },
      { emoji: '❤️', inboxIds: ['eve'] },
    ]);
  });

  it('is its words in one line, without what Markdown is written with', () => {
    expect(previewOf(decoded('markdown', '# Needed\n\n- **bread**\n- `AA` cells'))).toBe('Needed\n\nbread\nAA cells');
  });

  it('is gone when it was deleted, and says by whom', () => {
    expect(present(decoded('deletedMessage', { deletedBy: 'Admin' })).body).toEqual({ kind: 'deleted', byAdmin: true });
    expect(present(decoded('deletedMessage', { deletedBy: 'Sender' })).body).toEqual({
      kind: 'deleted',
      byAdmin: false,
    });
  });

  it('of an unknown kind is its fallback', () => {
    const unknown = decoded('hologram', undefined, { fallback: 'A hologram' });
    expect(present(unknown).body).toEqual({ kind: 'other', fallback: 'A hologram' });
  });

  it('of files names them, and leaves out what is no file', () => {
    const file = { url: 'https://example.org/1', secret: new Uint8Array(32), filename: 'a.png', contentLength: 12 };
    const { body } = present(decoded('multiRemoteStaticAttachment', { attachments: [file, { url: 7 }, null] }));
    expect(body).toMatchObject({ kind: 'files', files: [{ name: 'a.png', size: 12 }] });
    expect(previewOf(decoded('remoteStaticAttachment', file))).toBe('📎 a.png');
  });

  it('that answers another shows whose words it answers', () => {
    const inReplyTo = decoded('text', 'what time?', { senderInboxId: 'bob' });
    const reply = decoded('reply', { referenceId: 'bb', content: 'noon', inReplyTo });
    expect(present(reply)).toMatchObject({
      body: { kind: 'text', text: 'noon' },
      replyTo: { id: 'bb', sender: 'bob', preview: 'what time?' },
    });
  });

  it('tells another name in one line, without marks that hide or turn what stands around it', () => {
    const metadataFieldChanges = [{ fieldName: 'group_name', newValue: 'har\u202ebour\n\u2066' }];
    const update = { initiatedByInboxId: 'alice', metadataFieldChanges };
    expect(present(decoded('group_updated', update)).body).toMatchObject({ sentences: [{ value: 'har bour' }] });
  });

  it('about the group is told as sentences', () => {
    const update = {
      initiatedByInboxId: 'alice',
      addedInboxes: [{ inboxId: 'bob' }],
      metadataFieldChanges: [
        { fieldName: 'group_name', newValue: 'harbour' },
        { fieldName: 'message_disappear_from_ns', newValue: '1' },
        { fieldName: 'message_disappear_in_ns', newValue: '2' },
      ],
    };
    expect(present(decoded('group_updated', update)).body).toMatchObject({
      kind: 'update',
      sentences: [
        { key: 'updateAdded', whom: ['bob'] },
        { key: 'updateName', value: 'harbour' },
        { key: 'updateDisappearing' },
      ],
    });
  });
});

it('reactions, receipts and deletions have no row of their own', () => {
  for (const typeId of ['reaction', 'readReceipt', 'deleteMessage', 'leave_request']) {
    expect(isShown(decoded(typeId, {}))).toBe(false);
  }
  expect(isShown(decoded('text', 'x'))).toBe(true);
});
