import { fromHex, utf8 } from '@conclave/crypto';
import {
  create,
  EncodedContentSchema,
  encodeMessage,
  type MessageInitShape,
  ReactionV2Schema,
  toBinary,
} from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredContentType } from '../store/content-types.js';
import { wireVectors } from '../wire-vectors.testkit.js';
import {
  contentInfo,
  deletedMessageId,
  editedContent,
  isDeletable,
  searchableText,
  UNKNOWN_CONTENT,
} from './content-info.js';

const ID = 'AB'.repeat(32);

type Rest = Omit<MessageInitShape<typeof EncodedContentSchema>, '$typeName' | '$unknown' | 'type'>;

function encoded(typeId: string, rest: Rest = {}, versionMajor = 1): Uint8Array {
  const type = { authorityId: 'xmtp.org', typeId, versionMajor, versionMinor: 3 };
  return toBinary(EncodedContentSchema, create(EncodedContentSchema, { type, ...rest }));
}

describe('contentInfo', () => {
  it('reads the type', () => {
    expect(contentInfo(encoded('text', { parameters: { encoding: 'UTF-8' }, fallback: 'f', compression: 1 }))).toEqual({
      contentType: 'text',
      authorityId: 'xmtp.org',
      typeId: 'text',
      versionMajor: 1,
      versionMinor: 3,
    });
    expect(contentInfo(fromHex(wireVectors().message.content))).toMatchObject({ contentType: 'text', versionMajor: 1 });
    expect(contentInfo(encoded('somebody.else/thing'))).toMatchObject({
      contentType: 'custom',
      typeId: 'somebody.else/thing',
    });
  });

  it('finds what replies and reactions refer to', () => {
    const reaction = toBinary(ReactionV2Schema, create(ReactionV2Schema, { reference: ID, content: '+' }));
    const legacy = utf8(JSON.stringify({ action: 'added', reference: ID, schema: 'unicode', content: '+' }));
    const referring = [
      encoded('reply', { parameters: { contentType: 'xmtp.org/text:1.0', reference: ID } }),
      encoded('reaction', { content: reaction }, 2),
      encoded('reaction', { content: legacy }),
    ];
    for (const content of referring) expect(contentInfo(content).referenceId).toBe(ID.toLowerCase());
  });

  it('leaves out references that are none', () => {
    const dangling = [
      encoded('text', { parameters: { reference: ID } }),
      encoded('reply'),
      encoded('reply', { parameters: { reference: 'not hex' } }),
      encoded('reply', { parameters: { reference: ID } }, 2),
      encoded('reaction', { content: utf8('{"reference":5}') }),
      encoded('reaction', { content: utf8('null') }),
      encoded('reaction', { content: utf8('{') }),
      encoded('reaction', { content: Uint8Array.of(0xff) }, 2),
    ];
    for (const content of dangling) expect(contentInfo(content)).not.toHaveProperty('referenceId');
  });

  it('takes any bytes', () => {
    expect(contentInfo(new Uint8Array())).toEqual(UNKNOWN_CONTENT);
    expect(contentInfo(Uint8Array.of(0x0a, 50))).toEqual(UNKNOWN_CONTENT);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(typeof contentInfo(bytes).contentType).toBe('string');
        deletedMessageId(bytes);
        editedContent(bytes);
        searchableText('edit-message', bytes);
      }),
      { numRuns: 1000 },
    );
    const reaction = encoded('reaction', { content: utf8('[]') });
    for (let end = 0; end < reaction.length; end++) contentInfo(reaction.subarray(0, end));
  });
});

describe('edits', () => {
  const text = encoded('text', { content: utf8('other words') });
  const edit = (inner: Uint8Array) =>
    encoded('editMessage', { content: encodeMessage((writer) => writer.string(1, ID).bytes(2, inner)) });

  it('name a message and bring a content, whose words are searched', () => {
    expect(contentInfo(edit(text))).toMatchObject({ contentType: 'edit-message', referenceId: ID.toLowerCase() });
    expect(editedContent(edit(text))).toEqual(text);
    expect(searchableText('edit-message', edit(text))).toBe('other words');
  });

  it('that bring none, or another edit, say nothing', () => {
    expect(editedContent(encoded('editMessage'))).toBeUndefined();
    expect(editedContent(encoded('text', { content: text }))).toBeUndefined();
    expect(searchableText('edit-message', edit(edit(text)))).toBeUndefined();
    expect(searchableText('edit-message', edit(utf8('nonsense')))).toBeUndefined();
  });
});

describe('deletions', () => {
  it('name a message', () => {
    const content = encodeMessage((writer) => writer.string(1, ID));
    expect(deletedMessageId(encoded('deleteMessage', { content }))).toBe(ID.toLowerCase());
    expect(deletedMessageId(encoded('text', { content }))).toBeUndefined();
    expect(deletedMessageId(encoded('deleteMessage', { content: Uint8Array.of(0xff) }))).toBeUndefined();
    expect(deletedMessageId(utf8('nonsense'))).toBeUndefined();
  });

  it('touch what people wrote, not what the protocol needs', () => {
    const deletable: readonly StoredContentType[] = ['text', 'markdown', 'reply', 'attachment', 'remote-attachment'];
    const kept: readonly StoredContentType[] = [
      'custom',
      'group-updated',
      'reaction',
      'delete-message',
      'intent',
      'actions',
    ];
    for (const contentType of deletable) expect(isDeletable(contentType)).toBe(true);
    for (const contentType of kept) expect(isDeletable(contentType)).toBe(false);
  });
});
