/** Who is writing, and telling others that one does: only for who wants both (settings), and for as long as a notice holds. */
import { type Client, type Conversation, TYPING_EXPIRES_MS, type TypingNotice } from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { settings } from './settings.js';

/** The client counts the interval too; this keeps the page from asking it at every key. */
const TELL_AGAIN_MS = 3000;

/** Inbox ids of those who write, by conversation. */
const writing = signal<ReadonlyMap<string, readonly string[]>>(new Map());
const ends = new Map<string, ReturnType<typeof setTimeout>>();
let told: { readonly id: string; readonly atMs: number } | undefined;

/** Inbox ids of those who are writing in a conversation, who began first first. */
export function whoIsWriting(conversationId: string): readonly string[] {
  return settings.value.typingNotices ? (writing.value.get(conversationId) ?? []) : [];
}

function set(conversationId: string, inboxId: string, isTyping: boolean): void {
  const before = writing.value.get(conversationId) ?? [];
  if (before.includes(inboxId) === isTyping) return;
  const after = isTyping ? [...before, inboxId] : before.filter((id) => id !== inboxId);
  const next = new Map(writing.value);
  if (after.length === 0) next.delete(conversationId);
  else next.set(conversationId, after);
  writing.value = next;
}

/** Takes a notice: it ends by itself. */
export function noteTyping({ conversationId, inboxId, isTyping }: TypingNotice): void {
  const key = `${conversationId} ${inboxId}`;
  clearTimeout(ends.get(key));
  ends.delete(key);
  set(conversationId, inboxId, isTyping);
  if (isTyping)
    ends.set(
      key,
      setTimeout(() => noteWritten(conversationId, inboxId), TYPING_EXPIRES_MS),
    );
}

/** What somebody was writing has come, or will not come. */
export function noteWritten(conversationId: string, inboxId: string): void {
  noteTyping({ conversationId, inboxId, isTyping: false });
}

/** Follows the notices of a client. */
export function followTyping(client: Client): Promise<{ end(): unknown }> {
  return client.conversations.streamTyping({ onValue: noteTyping });
}

/** The person has typed something, or emptied the line. */
export function tellWriting(conversation: Conversation, isWriting: boolean): void {
  if (!settings.value.typingNotices) return;
  const isKnown = told?.id === conversation.id && Date.now() - told.atMs < TELL_AGAIN_MS;
  if (isWriting ? isKnown : told?.id !== conversation.id) return;
  told = isWriting ? { id: conversation.id, atMs: Date.now() } : undefined;
  // Nobody waits for it, and nothing is lost with it.
  conversation.sendTyping(isWriting).catch(() => undefined);
}

/** The line was sent: its message says that it is written. */
export function forgetTold(): void {
  told = undefined;
}
