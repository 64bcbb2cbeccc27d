/** xmtp.org/reaction:2.0 - a reaction to a message, or its withdrawal. Protobuf `ReactionV2`. */
import { create, ReactionV2Schema, toBinary } from '@conclave/proto';
import { type ContentCodec, decodeMessage } from './codec.js';
import { xmtpType } from './content-type-id.js';

/** What the reaction does; the numbers are those of the SDKs and of the wire. */
export const ReactionAction = { Unknown: 0, Added: 1, Removed: 2 } as const;
export type ReactionAction = (typeof ReactionAction)[keyof typeof ReactionAction];

/** How to read the reaction's content. */
export const ReactionSchema = { Unknown: 0, Unicode: 1, Shortcode: 2, Custom: 3 } as const;
export type ReactionSchema = (typeof ReactionSchema)[keyof typeof ReactionSchema];

/** A reaction to a message, or its withdrawal. */
export interface Reaction {
  /** Id of the message reacted to, hex. */
  readonly reference: string;
  /** Inbox that sent that message; empty when not given. */
  readonly referenceInboxId: string;
  readonly action: ReactionAction;
  readonly content: string;
  readonly schema: ReactionSchema;
}

const contentType = xmtpType('reaction', 2);

/** Text for readers that do not know reactions; anything but a withdrawal reads as a reaction. */
export function reactionFallback({ action, content }: Pick<Reaction, 'action' | 'content'>): string {
  return action === ReactionAction.Removed
    ? `Removed "${content}" from an earlier message`
    : `Reacted with "${content}" to an earlier message`;
}

/** Numbers that have no name, from newer clients, become Unknown. */
export const reactionCodec: ContentCodec<Reaction> = {
  contentType,
  encode: (reaction) => ({
    type: contentType,
    parameters: {},
    fallback: reactionFallback(reaction),
    content: toBinary(ReactionV2Schema, create(ReactionV2Schema, reaction)),
  }),
  decode: (encoded) => {
    const { reference, referenceInboxId, action, content, schema } = decodeMessage(
      ReactionV2Schema,
      contentType,
      encoded,
    );
    return {
      reference,
      referenceInboxId,
      action: named(ReactionAction, action),
      content,
      schema: named(ReactionSchema, schema),
    };
  },
  fallback: reactionFallback,
  shouldPush: () => false,
};

function named<V extends number>(values: Readonly<Record<string, V>>, wire: number): V | 0 {
  return Object.values(values).find((value) => value === wire) ?? 0;
}
