/** Frames of the mutable subscription (XIP-83), made of messages that are encoded already. */
import {
  create,
  SubscribeResponse_V1_MessagesSchema as MessagesSchema,
  type SubscribeResponse_V1,
  SubscribeResponseSchema,
  toBinary,
} from '@conclave/proto';
import { encodeFields } from '../encode-fields.js';
import { frameOf } from '../frame.js';
import type { TopicKind } from '../log/log.js';

/** Field numbers in Messages. */
const FIELD: Readonly<Record<TopicKind, number>> = { group: 1, welcome: 2 };

/** Messages of one kind, ascending. `mutateId` 0 is live. */
export function messagesFrame(kind: TopicKind, messages: readonly Uint8Array[], mutateId: bigint): Uint8Array {
  const content = encodeFields(messages.map((message) => [FIELD[kind], message]));
  const tag = mutateId === 0n ? new Uint8Array(0) : toBinary(MessagesSchema, create(MessagesSchema, { mutateId }));
  return frameOf(encodeFields([[1, encodeFields([[1, Buffer.concat([content, tag])]])]]));
}

/** Any other frame. */
export function controlFrame(response: NonNullable<SubscribeResponse_V1['response']>): Uint8Array {
  const version = { case: 'v1' as const, value: { response } };
  return frameOf(toBinary(SubscribeResponseSchema, create(SubscribeResponseSchema, { version } as never)));
}
