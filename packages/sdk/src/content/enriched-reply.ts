/** A reply as applications read it: its content decoded, and the message that it answers. */
import type { ContentTypeId } from '@conclave/content';
import type { DecodedMessage } from '../conversations/decoded-message.js';

/** One level deep: the answered message carries no reactions and, when it is a reply itself, no message of its own. */
export interface EnrichedReply<T = unknown, U = unknown> {
  /** Id of the answered message; hex, as its sender wrote it. */
  referenceId: string;
  content: T | undefined;
  contentType: ContentTypeId | undefined;
  /** Null when it is not stored here. */
  inReplyTo: DecodedMessage<U> | null;
}
