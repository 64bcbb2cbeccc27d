/**
 * xmtp.org/reaction:1.0 - reactions of older clients, as JSON. Read into the same value as version 2; written only by an
 * application that insists.
 */
import { fromUtf8, utf8 } from '@conclave/crypto';
import { type ContentCodec, malformed } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { type Reaction, ReactionAction, ReactionSchema, reactionFallback } from './reaction.js';

const contentType = xmtpType('reaction');

const ACTIONS: Readonly<Record<string, ReactionAction>> = {
  added: ReactionAction.Added,
  removed: ReactionAction.Removed,
};
const SCHEMAS: Readonly<Record<string, ReactionSchema>> = {
  unicode: ReactionSchema.Unicode,
  shortcode: ReactionSchema.Shortcode,
  custom: ReactionSchema.Custom,
};

/** JSON object with the keys action, reference, referenceInboxId (optional), schema and content, all text. */
export const reactionV1Codec: ContentCodec<Reaction> = {
  contentType,
  encode: (reaction) => ({
    type: contentType,
    parameters: {},
    fallback: reactionFallback(reaction),
    content: utf8(
      JSON.stringify({
        action: nameOf(ACTIONS, reaction.action),
        reference: reaction.reference,
        ...(reaction.referenceInboxId !== '' && { referenceInboxId: reaction.referenceInboxId }),
        schema: nameOf(SCHEMAS, reaction.schema),
        content: reaction.content,
      }),
    ),
  }),
  decode: (encoded) => {
    const { action, reference, referenceInboxId, schema, content } = parse(encoded.content);
    if (!isText(action) || !isText(reference) || !isText(schema) || !isText(content)) {
      throw malformed(contentType, 'content');
    }
    if (referenceInboxId !== undefined && referenceInboxId !== null && !isText(referenceInboxId)) {
      throw malformed(contentType, 'content');
    }
    return {
      reference,
      referenceInboxId: referenceInboxId ?? '',
      action: numberOf(ACTIONS, action),
      content,
      schema: numberOf(SCHEMAS, schema),
    };
  },
  fallback: reactionFallback,
  shouldPush: () => false,
};

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw malformed(contentType, 'content', cause);
  }
  if (typeof parsed !== 'object' || parsed === null) throw malformed(contentType, 'content');
  return parsed as Record<string, unknown>;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function numberOf<V extends number>(names: Readonly<Record<string, V>>, name: string): V | 0 {
  return Object.hasOwn(names, name) ? (names[name] as V) : 0;
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? 'unknown';
}
