/**
 * conclave/typing:1.0 - the sender is writing, or has stopped. Ours: no deployed client has a type for it, and XIP-65 (an ephemeral topic)
 * is implemented nowhere. One byte: 1 writing, 0 stopped.
 *
 * Not a message: clients of this project neither store nor list it (`packages/client/src/typing`), and send it only where every member's client
 * does so. It has no fallback, because there is nothing to show to who does not know it. docs/protocol/typing.md
 */
import { type ContentCodec, malformed } from './codec.js';

/** Whether somebody is writing. */
export interface Typing {
  readonly isTyping: boolean;
}

const contentType = { authorityId: 'conclave', typeId: 'typing', versionMajor: 1, versionMinor: 0 } as const;

/** conclave/typing:1.0. Its time is the message's; it holds for six seconds. */
export const typingCodec: ContentCodec<Typing> = {
  contentType,
  encode: ({ isTyping }) => ({ type: contentType, parameters: {}, content: Uint8Array.of(isTyping ? 1 : 0) }),
  decode: ({ content }) => {
    const [flag] = content;
    if (content.length !== 1 || flag === undefined || flag > 1) throw malformed(contentType, 'content');
    return { isTyping: flag === 1 };
  },
  fallback: () => undefined,
  shouldPush: () => false,
};
