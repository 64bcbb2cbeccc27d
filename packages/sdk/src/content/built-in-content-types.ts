/** Types of what a message's `content` may be. */
import type {
  Actions,
  Attachment,
  ContentCodec,
  EditMessage,
  GroupUpdated,
  Intent,
  LeaveRequest,
  MultiRemoteAttachment,
  Reaction,
  ReadReceipt,
  RemoteAttachment,
  TransactionReference,
  WalletSendCalls,
} from '@conclave/content';
import type { DeletedMessage } from '../types.js';
import type { EnrichedReply } from './enriched-reply.js';

/** What the SDK decodes without any codec of the application. */
export type BuiltInContentTypes =
  | string
  | Actions
  | Attachment
  | DeletedMessage
  | EditMessage
  | EnrichedReply
  | GroupUpdated
  | Intent
  | LeaveRequest
  | MultiRemoteAttachment
  | Reaction
  | ReadReceipt
  | RemoteAttachment
  | TransactionReference
  | WalletSendCalls;

/** What messages hold with these codecs of the application. */
export type ExtractCodecContentTypes<Codecs extends ContentCodec[] = []> =
  | BuiltInContentTypes
  | (Codecs[number] extends ContentCodec<infer Content> ? Content : never);
