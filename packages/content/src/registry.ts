/**
 * From an encoded content to a value of a known type.
 *
 * A built-in type is recognised by type id and major version, whoever the authority and whatever the minor version, as in
 * the other SDKs. An application's codec is chosen by the exact content type, and only for types that are not built in.
 */
import { type Actions, actionsCodec } from './actions.js';
import { type Attachment, attachmentCodec } from './attachment.js';
import type { ContentCodec } from './codec.js';
import { type Inflate, inflateContent } from './compression.js';
import { type ContentTypeId, contentTypeToString } from './content-type-id.js';
import { type DeleteMessage, deleteMessageCodec } from './delete-message.js';
import { type EditMessage, editMessageCodec } from './edit-message.js';
import type { EncodedContent } from './encoded-content.js';
import { ContentError } from './errors.js';
import { type GroupUpdated, groupUpdatedCodec } from './group-updated.js';
import { type Intent, intentCodec } from './intent.js';
import { type LeaveRequest, leaveRequestCodec } from './leave-request.js';
import { markdownCodec } from './markdown.js';
import { type MultiRemoteAttachment, multiRemoteAttachmentCodec } from './multi-remote-attachment.js';
import { type Reaction, reactionCodec } from './reaction.js';
import { reactionV1Codec } from './reaction-v1.js';
import { type ReadReceipt, readReceiptCodec } from './read-receipt.js';
import { type RemoteAttachment, remoteAttachmentCodec } from './remote-attachment.js';
import { type Reply, replyCodec } from './reply.js';
import { textCodec } from './text.js';
import { type TransactionReference, transactionReferenceCodec } from './transaction-reference.js';
import { type WalletSendCalls, walletSendCallsCodec } from './wallet-send-calls.js';

/** Value of every built-in type, by name. Both versions of reaction give one. */
export interface BuiltInValues {
  readonly text: string;
  readonly markdown: string;
  readonly reaction: Reaction;
  readonly reply: Reply;
  readonly readReceipt: ReadReceipt;
  readonly attachment: Attachment;
  readonly remoteAttachment: RemoteAttachment;
  readonly multiRemoteAttachment: MultiRemoteAttachment;
  readonly transactionReference: TransactionReference;
  readonly walletSendCalls: WalletSendCalls;
  readonly actions: Actions;
  readonly intent: Intent;
  readonly groupUpdated: GroupUpdated;
  readonly leaveRequest: LeaveRequest;
  readonly deleteMessage: DeleteMessage;
  readonly editMessage: EditMessage;
}

/** Name of a built-in type. */
export type BuiltInKind = keyof BuiltInValues;

/** A decoded content: discriminate by `kind`. */
export type DecodedContent =
  | { readonly [K in BuiltInKind]: { readonly kind: K; readonly value: BuiltInValues[K] } }[BuiltInKind]
  | { readonly kind: 'custom'; readonly value: unknown; readonly codec: ContentCodec }
  | { readonly kind: 'unknown' };

type Decoder = (content: EncodedContent) => DecodedContent;

function decoder<K extends BuiltInKind>(kind: K, codec: ContentCodec<BuiltInValues[K]>): [ContentTypeId, Decoder] {
  const decode = (content: EncodedContent) => ({ kind, value: codec.decode(content) }) as DecodedContent;
  return [codec.contentType, decode];
}

/** By type id and major version, one after the other: a key made of both would be made for each message. */
const BUILT_IN: ReadonlyMap<string, ReadonlyMap<number, Decoder>> = byVersion([
  decoder('text', textCodec),
  decoder('markdown', markdownCodec),
  decoder('reaction', reactionCodec),
  decoder('reaction', reactionV1Codec),
  decoder('reply', replyCodec),
  decoder('readReceipt', readReceiptCodec),
  decoder('attachment', attachmentCodec),
  decoder('remoteAttachment', remoteAttachmentCodec),
  decoder('multiRemoteAttachment', multiRemoteAttachmentCodec),
  decoder('transactionReference', transactionReferenceCodec),
  decoder('walletSendCalls', walletSendCallsCodec),
  decoder('actions', actionsCodec),
  decoder('intent', intentCodec),
  decoder('groupUpdated', groupUpdatedCodec),
  decoder('leaveRequest', leaveRequestCodec),
  decoder('deleteMessage', deleteMessageCodec),
  decoder('editMessage', editMessageCodec),
]);

/** True when this package decodes the type itself. */
export function isBuiltInType(type: ContentTypeId): boolean {
  return builtInDecoder(type) !== undefined;
}

function builtInDecoder({ typeId, versionMajor }: ContentTypeId): Decoder | undefined {
  return BUILT_IN.get(typeId)?.get(versionMajor);
}

function byVersion(decoders: readonly [ContentTypeId, Decoder][]): Map<string, Map<number, Decoder>> {
  const all = new Map<string, Map<number, Decoder>>();
  for (const [{ typeId, versionMajor }, decode] of decoders) {
    all.set(typeId, (all.get(typeId) ?? new Map<number, Decoder>()).set(versionMajor, decode));
  }
  return all;
}

/** Built-in types, and the codecs of an application. */
export class ContentRegistry {
  readonly #custom: ReadonlyMap<string, ContentCodec>;
  readonly #inflate: Inflate | undefined;

  /**
   * @param codecs - of the application; the last one of a type counts
   * @param inflate - for compressed contents of built-in types; without it they are `content/compressed`
   */
  constructor(codecs: readonly ContentCodec[] = [], inflate?: Inflate) {
    this.#custom = new Map(codecs.map((codec) => [contentTypeToString(codec.contentType), codec]));
    this.#inflate = inflate;
  }

  /** The application's codec for exactly this type. */
  codecOf(type: ContentTypeId): ContentCodec | undefined {
    return this.#custom.get(contentTypeToString(type));
  }

  /**
   * Decodes a content. A reply's inner content is left encoded: decode it in the same way when it is needed.
   *
   * @throws ContentError `content/malformed`, `content/compressed` or `content/too-large` for a built-in type,
   *   `content/codec-failed` when the application's codec throws
   */
  decode(encoded: EncodedContent): DecodedContent {
    if (encoded.type === undefined) return { kind: 'unknown' };
    const builtIn = builtInDecoder(encoded.type);
    if (builtIn !== undefined) return builtIn(inflateContent(encoded, this.#inflate));
    const codec = this.codecOf(encoded.type);
    if (codec === undefined) return { kind: 'unknown' };
    try {
      return { kind: 'custom', value: codec.decode(encoded), codec };
    } catch (cause) {
      throw new ContentError('content/codec-failed', { contentType: contentTypeToString(encoded.type) }, cause);
    }
  }
}
