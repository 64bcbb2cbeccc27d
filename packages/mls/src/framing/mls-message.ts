/**
 * The outermost structure of everything that travels (RFC 9420 section 6).
 *
 *     MLSMessage version:u16 wire_format:u16 (1 PublicMessage | 2 PrivateMessage | 3 Welcome | 4 GroupInfo | 5 KeyPackage)
 */
import { CryptoError, TlsReader, type TlsWriter } from '@conclave/crypto';
import { MLS_VERSION } from '../crypto/cipher-suite.js';
import { asMlsError, decodeExactly } from '../errors.js';
import { type GroupInfo, readGroupInfo } from '../group/group-info.js';
import { readWelcome, type Welcome, writeWelcome } from '../group/welcome.js';
import { type KeyPackage, readKeyPackage } from '../key-package.js';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { readContentType } from './framed-content.js';
import { type PrivateMessage, readPrivateMessage, writePrivateMessage } from './private-message.js';
import { type PublicMessage, readPublicMessage, writePublicMessage } from './public-message.js';
import { readSender } from './sender.js';
import { type ContentType, WIRE_FORMAT, type WireFormat } from './wire-format.js';

/** MLSMessage (section 6): any of the five wire formats. */
export type MlsMessage =
  | { readonly wireFormat: typeof WIRE_FORMAT.publicMessage; readonly publicMessage: PublicMessage }
  | { readonly wireFormat: typeof WIRE_FORMAT.privateMessage; readonly privateMessage: PrivateMessage }
  | { readonly wireFormat: typeof WIRE_FORMAT.welcome; readonly welcome: Welcome }
  | { readonly wireFormat: typeof WIRE_FORMAT.groupInfo; readonly groupInfo: GroupInfo }
  | { readonly wireFormat: typeof WIRE_FORMAT.keyPackage; readonly keyPackage: KeyPackage };

/** What can be read of a message without keys. */
export interface MlsMessageHeader {
  readonly wireFormat: WireFormat;
  /** Of public and private messages. */
  readonly groupId?: Uint8Array;
  readonly epoch?: bigint;
  readonly contentType?: ContentType;
}

function readHeader(reader: TlsReader): WireFormat {
  const version = reader.u16();
  if (version !== MLS_VERSION) throw new CryptoError('codec/invalid-value', { field: 'version', value: version });
  const wireFormat = reader.u16();
  if (wireFormat < 1 || wireFormat > 5) {
    throw new CryptoError('codec/invalid-value', { field: 'wire_format', value: wireFormat });
  }
  return wireFormat as WireFormat;
}

/** @throws CryptoError `codec/…`; MlsError `mls/unsupported-message` for a proposal of an unknown type */
export function readMlsMessage(reader: TlsReader, types: TypeRegistry = STANDARD_TYPES): MlsMessage {
  const wireFormat = readHeader(reader);
  switch (wireFormat) {
    case WIRE_FORMAT.publicMessage:
      return { wireFormat, publicMessage: readPublicMessage(reader, types) };
    case WIRE_FORMAT.privateMessage:
      return { wireFormat, privateMessage: readPrivateMessage(reader) };
    case WIRE_FORMAT.welcome:
      return { wireFormat, welcome: readWelcome(reader) };
    case WIRE_FORMAT.groupInfo:
      return { wireFormat, groupInfo: readGroupInfo(reader) };
    case WIRE_FORMAT.keyPackage:
      return { wireFormat, keyPackage: readKeyPackage(reader) };
  }
}

/** Writes version, wire format and body. */
export function writeMlsMessage(writer: TlsWriter, message: MlsMessage): void {
  writer.u16(MLS_VERSION).u16(message.wireFormat);
  switch (message.wireFormat) {
    case WIRE_FORMAT.publicMessage:
      writePublicMessage(writer, message.publicMessage);
      return;
    case WIRE_FORMAT.privateMessage:
      writePrivateMessage(writer, message.privateMessage);
      return;
    case WIRE_FORMAT.welcome:
      writeWelcome(writer, message.welcome);
      return;
    case WIRE_FORMAT.groupInfo:
      writer.raw(message.groupInfo.raw);
      return;
    case WIRE_FORMAT.keyPackage:
      writer.raw(message.keyPackage.raw);
      return;
  }
}

/** Decodes a message that fills `bytes`. @throws MlsError `mls/malformed`, `mls/unsupported-message` */
export function decodeMlsMessage(bytes: Uint8Array, types: TypeRegistry = STANDARD_TYPES): MlsMessage {
  return decodeExactly('MLSMessage', bytes, (reader) => readMlsMessage(reader, types));
}

/**
 * Reads the header of a message without keys, for whoever orders or dispatches messages. What follows the header is
 * not looked at. Constant cost.
 *
 * @throws MlsError `mls/malformed`
 */
export function peekMlsMessage(bytes: Uint8Array): MlsMessageHeader {
  return asMlsError('MLSMessage', () => {
    const reader = new TlsReader(bytes);
    const wireFormat = readHeader(reader);
    if (wireFormat > WIRE_FORMAT.privateMessage) return { wireFormat };
    const groupId = reader.opaque();
    const epoch = reader.u64();
    if (wireFormat === WIRE_FORMAT.publicMessage) {
      readSender(reader);
      reader.opaque();
    }
    return { wireFormat, groupId, epoch, contentType: readContentType(reader) };
  });
}
