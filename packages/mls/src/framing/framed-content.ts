/**
 * What every handshake and application message carries before it is protected, and its signature (RFC 9420 sections 6
 * and 6.1). The bytes of a received body are kept, so that signature, transcript and reference are computed over what
 * was received.
 *
 *     FramedContent        group_id<V> epoch:u64 sender authenticated_data<V> content_type:u8 body
 *     FramedContentTBS     version:u16 wire_format:u16 FramedContent [GroupContext]
 *     AuthenticatedContent wire_format:u16 FramedContent signature<V> [confirmation_tag<V>]
 */
import {
  CryptoError,
  type SignaturePrivateKey,
  type SignaturePublicKey,
  type TlsReader,
  TlsWriter,
} from '@conclave/crypto';
import { MLS_VERSION } from '../crypto/cipher-suite.js';
import { signWithLabel, verifyWithLabel } from '../crypto/labels.js';
import { type Commit, readCommit } from '../group/commit.js';
import { type Proposal, readProposal } from '../group/proposal.js';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { readSender, type Sender, signsGroupContext, writeSender } from './sender.js';
import { CONTENT_TYPE, type ContentType, type WireFormat } from './wire-format.js';

/** The body of a message; `raw` is its encoding, for an application message with the length in front. */
export type Content =
  | { readonly contentType: typeof CONTENT_TYPE.application; readonly data: Uint8Array; readonly raw: Uint8Array }
  | { readonly contentType: typeof CONTENT_TYPE.proposal; readonly proposal: Proposal; readonly raw: Uint8Array }
  | { readonly contentType: typeof CONTENT_TYPE.commit; readonly commit: Commit; readonly raw: Uint8Array };

/** FramedContent (section 6): what a message says, to whom and by whom. */
export interface FramedContent {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly sender: Sender;
  readonly authenticatedData: Uint8Array;
  readonly content: Content;
}

/** `AuthenticatedContent`: a content with its signature and, for a commit, its confirmation tag. */
export interface AuthenticatedContent {
  readonly wireFormat: WireFormat;
  readonly framed: FramedContent;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** 32 bytes; present in commits and nowhere else. */
  readonly confirmationTag?: Uint8Array;
}

/** The body of an application message. */
export function applicationContent(data: Uint8Array): Content {
  return {
    contentType: CONTENT_TYPE.application,
    data,
    raw: new TlsWriter(data.length + 4).opaque(data).finish(),
  };
}

/** @throws CryptoError `codec/…` */
export function readContentType(reader: TlsReader): ContentType {
  const type = reader.u8();
  if (type !== CONTENT_TYPE.application && type !== CONTENT_TYPE.proposal && type !== CONTENT_TYPE.commit) {
    throw new CryptoError('codec/invalid-value', { field: 'content_type', value: type });
  }
  return type;
}

/** Reads the body of a message of a known content type. @throws CryptoError `codec/…` */
export function readContent(
  reader: TlsReader,
  contentType: ContentType,
  types: TypeRegistry = STANDARD_TYPES,
): Content {
  const start = reader.offset;
  switch (contentType) {
    case CONTENT_TYPE.application: {
      const data = reader.opaque();
      return { contentType, data, raw: reader.slice(start, reader.offset) };
    }
    case CONTENT_TYPE.proposal: {
      const proposal = readProposal(reader, types);
      return { contentType, proposal, raw: reader.slice(start, reader.offset) };
    }
    case CONTENT_TYPE.commit: {
      const commit = readCommit(reader, types);
      return { contentType, commit, raw: reader.slice(start, reader.offset) };
    }
  }
}

/** Writes a FramedContent up to its body. */
function writeHead(writer: TlsWriter, framed: FramedContent): void {
  writer.opaque(framed.groupId).u64(framed.epoch);
  writeSender(writer, framed.sender);
  writer.opaque(framed.authenticatedData).u8(framed.content.contentType);
}

/** Writes a FramedContent. */
export function writeFramedContent(writer: TlsWriter, framed: FramedContent): void {
  writeHead(writer, framed);
  writer.raw(framed.content.raw);
}

/**
 * FramedContent with `prefix` in front, as parts to be joined: the body of a commit may be large, and is not copied to be
 * hashed.
 */
export function framedContentParts(
  prefix: (writer: TlsWriter) => void,
  framed: FramedContent,
): [Uint8Array, Uint8Array] {
  const writer = new TlsWriter(framed.groupId.length + framed.authenticatedData.length + 32);
  prefix(writer);
  writeHead(writer, framed);
  return [writer.finish(), framed.content.raw];
}

/** @throws CryptoError `codec/…` */
export function readFramedContent(reader: TlsReader, types: TypeRegistry = STANDARD_TYPES): FramedContent {
  return {
    groupId: reader.opaque(),
    epoch: reader.u64(),
    sender: readSender(reader),
    authenticatedData: reader.opaque(),
    content: readContent(reader, readContentType(reader), types),
  };
}

/** `FramedContentAuthData`: the signature, and the confirmation tag of a commit. */
export function writeAuthData(
  writer: TlsWriter,
  auth: { readonly signature: Uint8Array; readonly confirmationTag?: Uint8Array },
): void {
  writer.opaque(auth.signature);
  if (auth.confirmationTag !== undefined) writer.opaque(auth.confirmationTag);
}

/** @throws CryptoError `codec/…` */
export function readAuthData(
  reader: TlsReader,
  contentType: ContentType,
): { signature: Uint8Array; confirmationTag?: Uint8Array } {
  const signature = reader.opaque();
  return contentType === CONTENT_TYPE.commit ? { signature, confirmationTag: reader.opaque() } : { signature };
}

/** Writes wire format, content and authentication: what the transcript hash and references cover. */
export function writeAuthenticatedContent(writer: TlsWriter, message: AuthenticatedContent): void {
  writer.u16(message.wireFormat);
  writeFramedContent(writer, message.framed);
  writeAuthData(writer, message);
}

/** @throws CryptoError `codec/…` */
export function readAuthenticatedContent(
  reader: TlsReader,
  types: TypeRegistry = STANDARD_TYPES,
): AuthenticatedContent {
  const wireFormat = reader.u16();
  if (wireFormat !== 1 && wireFormat !== 2) {
    throw new CryptoError('codec/invalid-value', { field: 'wire_format', value: wireFormat });
  }
  const framed = readFramedContent(reader, types);
  return { wireFormat, framed, ...readAuthData(reader, framed.content.contentType) };
}

/** `FramedContentTBS` as parts to be joined. The context is left out where the sender's kind does not cover it. */
export function framedContentTbs(
  wireFormat: WireFormat,
  framed: FramedContent,
  groupContext: Uint8Array,
): readonly Uint8Array[] {
  const parts = framedContentParts((writer) => writer.u16(MLS_VERSION).u16(wireFormat), framed);
  return signsGroupContext(framed.sender) ? [...parts, groupContext] : parts;
}

/** Signature of a content, 64 bytes. @param groupContext - encoded, of the epoch the message is sent in */
export function signFramedContent(
  key: SignaturePrivateKey,
  wireFormat: WireFormat,
  framed: FramedContent,
  groupContext: Uint8Array,
): Uint8Array {
  return signWithLabel(key, 'FramedContentTBS', ...framedContentTbs(wireFormat, framed, groupContext));
}

/** Whether the content is signed by `key`. @param groupContext - encoded, of the epoch the message was sent in */
export function verifyFramedContent(
  key: SignaturePublicKey,
  message: AuthenticatedContent,
  groupContext: Uint8Array,
): boolean {
  const tbs = framedContentTbs(message.wireFormat, message.framed, groupContext);
  return verifyWithLabel(key, 'FramedContentTBS', message.signature, ...tbs);
}
