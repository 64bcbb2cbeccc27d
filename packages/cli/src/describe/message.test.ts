import { DeliveryStatus, GroupMessageKind } from '@conclave/node-sdk';
import { describe, expect, it } from 'vitest';
import { toJson } from '../output.js';
import { messageOf, NAMES, typed, updateOf } from './describe.testkit.js';
import { isShown, messageLine, messageText, messageValue } from './message.js';

const text = (message: Parameters<typeof messageText>[0]) => messageText(message, NAMES, true);
const line = (message: Parameters<typeof messageText>[0], columns = Number.POSITIVE_INFINITY) =>
  messageLine(message, NAMES, true, columns);

describe('messageText', () => {
  it('is the text, without what could harm a terminal', async () => {
    expect(await text(messageOf({ content: 'a\u001b[31mb\nc' }))).toBe('a\ufffd[31mb\nc');
  });

  it('is the fallback, else the type, of what has no text', async () => {
    expect(await text(typed('attachment', { fallback: 'a picture\u0007' }))).toBe('a picture\ufffd');
    expect(await text(typed('attachment'))).toBe('[attachment]');
    expect(await text(typed('\u001b[2J'))).toBe('[\ufffd[2J]');
    expect(await text(typed(''))).toBe('[unreadable]');
    expect(await text(typed('group_updated'))).toBe('[group_updated]');
    expect(await text(typed('deletedMessage'))).toBe('(deleted)');
  });
});

describe('messageLine', () => {
  it('is time, author, text', async () => {
    expect(await line(messageOf())).toMatch(/^\d\d:\d\d {2}BOB {2}hi$/);
    expect(await line(messageOf({ senderInboxId: 'me' }))).toMatch(/^\d\d:\d\d {2}you {2}hi$/);
  });

  it('lets no line of a text look like a message of its own', async () => {
    expect(await line(messageOf({ content: 'hi\n10:26  you  I owe you' }))).toMatch(/\n {7}10:26 {2}you/);
  });

  it('says what is on its way and what never went out', async () => {
    expect(await line(messageOf({ deliveryStatus: DeliveryStatus.Unpublished }))).toMatch(/hi {2}\(waiting\)$/);
    expect(await line(messageOf({ deliveryStatus: DeliveryStatus.Failed }))).toMatch(/hi {2}\(not sent\)$/);
  });

  it('says what was edited', async () => {
    expect(await line(messageOf({ editedAtNs: 1n }))).toMatch(/hi {2}\(edited\)$/);
    expect(messageValue(messageOf({ editedAtNs: 7n }))).toMatchObject({ editedAtNs: 7n });
  });

  it('tells what happened without an author', async () => {
    const added = typed('group_updated', {
      kind: GroupMessageKind.MembershipChange,
      content: updateOf({ addedInboxes: [{ inboxId: 'me' }] }),
    });
    expect(await line(added)).toMatch(/^\d\d:\d\d {2}BOB added you$/);
    expect(await line(typed('leave_request'))).toMatch(/^\d\d:\d\d {2}BOB asked to leave$/);
  });

  it('does not take for a transcript what a member wrote in its type', async () => {
    const forged = typed('group_updated', { content: updateOf({ initiatedByInboxId: 'me' }) });
    expect(await line(forged)).toMatch(/^\d\d:\d\d {2}BOB {2}\[group_updated\]$/);
  });

  it('keeps to a narrow screen', async () => {
    expect(await line(messageOf({ content: 'one two three four' }), 24)).toMatch(/one two\n {7}three four$/);
  });
});

describe('messageValue', () => {
  it('has the keys of the SDK, and times as text', () => {
    const message = messageOf({ sentAtNs: 1763719200000000001n });
    expect(JSON.parse(toJson(messageValue(message)))).toEqual({
      messageId: 'aa',
      conversationId: 'cc',
      senderInboxId: 'bob',
      sentAtNs: '1763719200000000001',
      deliveryStatus: 'published',
      contentType: 'xmtp.org/text:1.0',
      content: 'hi',
    });
    expect(messageValue(typed('attachment', { fallback: 'a picture' }))).toMatchObject({
      content: null,
      fallback: 'a picture',
    });
  });
});

describe('isShown', () => {
  it('is false for what says nothing to a reader', () => {
    expect(['text', 'readReceipt', 'deleteMessage', 'editMessage'].map((type) => isShown(typed(type)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
