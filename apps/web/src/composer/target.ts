/** What is being written in place of a new message: an answer to one, or other words for one's own. */
import { signal } from '@preact/signals';
import type { ShownMessage } from '../thread/present.js';

/** Undefined when an ordinary message is being written. */
export const target = signal<
  { readonly as: 'reply' | 'edit'; readonly conversationId: string; readonly message: ShownMessage } | undefined
>();

/** Whether somebody may write other words for a message: an own one of text, once it is sent. */
export function isEditable({ sender, status, body }: ShownMessage, me: string): boolean {
  return sender === me && status === 'sent' && (body.kind === 'text' || body.kind === 'markdown');
}
