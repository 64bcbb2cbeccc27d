/**
 * Extension 0xff00: name, settings and roles of a conversation (libxmtp 1.10.0, `GroupMutableMetadataV1`).
 *
 * ```
 * 1 map<string, string> attributes
 * 2 admin_list       { 1 repeated inbox_ids }     must be present, even empty
 * 3 super_admin_list { 1 repeated inbox_ids }     must be present, even empty
 * ```
 *
 * Attributes of unknown keys are kept. Everything in here is readable by every member, `_commit_log_signer` included,
 * although that one is a private key.
 */
import { CryptoError, fromHex, toHex, utf8 } from '@conclave/crypto';
import { encodeMessage, type WireWriter } from '@conclave/proto';
import { decodePayload, malformedPayload } from './malformed-payload.js';
import { WireReader } from './protobuf-wire.js';

/** Keys of the attributes that this client knows. */
export const ATTRIBUTE = {
  groupName: 'group_name',
  description: 'description',
  groupImageUrlSquare: 'group_image_url_square',
  appData: 'app_data',
  /** Decimal signed 64-bit text, nanoseconds since 1970. */
  messageDisappearFromNs: 'message_disappear_from_ns',
  /** Decimal signed 64-bit text, nanoseconds of life. */
  messageDisappearInNs: 'message_disappear_in_ns',
  /** `major.minor.patch` (XIP-72). */
  minimumSupportedProtocolVersion: 'minimum_supported_protocol_version',
  /** Hexadecimal 32-byte Ed25519 private key that signs the commit log. */
  commitLogSigner: '_commit_log_signer',
} as const;

/** Keys of this prefix belong to super admins unless a policy says otherwise. */
export const SUPER_ADMIN_PREFIX = '_';

/** Longest value of an attribute in bytes of UTF-8; keys that are not here are not limited. */
export const ATTRIBUTE_MAX_BYTES: ReadonlyMap<string, number> = new Map([
  [ATTRIBUTE.groupName, 100],
  [ATTRIBUTE.description, 1000],
  [ATTRIBUTE.groupImageUrlSquare, 2048],
  [ATTRIBUTE.appData, 8192],
]);

/** Decoded 0xff00. Lists are as on the wire: they may name inboxes that are not members, or one twice. */
export interface MutableMetadata {
  readonly attributes: ReadonlyMap<string, string>;
  readonly adminList: readonly string[];
  readonly superAdminList: readonly string[];
}

/** When messages of a conversation disappear; both positive when it is enabled (XIP-58). */
export interface DisappearingSettings {
  readonly fromNs: bigint;
  readonly inNs: bigint;
}

/**
 * Reads the data of extension 0xff00.
 * @throws ClientError `client/payload-malformed`
 * Cost: linear in the bytes.
 */
export function decodeMutableMetadata(data: Uint8Array): MutableMetadata {
  return decodePayload('mutable metadata', () => {
    const reader = new WireReader(data);
    const attributes = new Map<string, string>();
    let adminList: string[] | undefined;
    let superAdminList: string[] | undefined;
    while (reader.next()) {
      switch (reader.field) {
        case 1:
          readAttribute(reader.message(), attributes);
          break;
        case 2:
          adminList ??= [];
          readInboxes(reader.message(), adminList);
          break;
        case 3:
          superAdminList ??= [];
          readInboxes(reader.message(), superAdminList);
          break;
        default:
          reader.skip();
      }
    }
    if (adminList === undefined) throw malformedPayload('mutable metadata', 'admin_list');
    if (superAdminList === undefined) throw malformedPayload('mutable metadata', 'super_admin_list');
    return { attributes, adminList, superAdminList };
  });
}

/** Data of extension 0xff00; attributes in the order of the map. */
export function encodeMutableMetadata(metadata: MutableMetadata): Uint8Array {
  return encodeMessage((writer) => {
    for (const [key, value] of metadata.attributes) {
      writer.message(1, (entry) => entry.string(1, key).string(2, value));
    }
    writeInboxes(writer, 2, metadata.adminList);
    writeInboxes(writer, 3, metadata.superAdminList);
  });
}

/** What a new conversation may be given. */
export interface InitialMutableMetadata {
  /** `dm` writes no app data and no admins. */
  readonly conversationType: 'group' | 'dm' | 'sync' | 'oneshot';
  /** Becomes the only super admin, except in a DM. */
  readonly creatorInboxId: string;
  readonly groupName?: string;
  readonly description?: string;
  readonly groupImageUrlSquare?: string;
  readonly appData?: string;
  readonly disappearing?: DisappearingSettings;
  /** 32 random bytes: the private key that signs the commit log. */
  readonly commitLogSigner: Uint8Array;
}

/** Mutable metadata of a new conversation, as the deployed client writes it. */
export function initialMutableMetadata(params: InitialMutableMetadata): MutableMetadata {
  const attributes = new Map<string, string>([
    [ATTRIBUTE.groupName, params.groupName ?? ''],
    [ATTRIBUTE.description, params.description ?? ''],
    [ATTRIBUTE.groupImageUrlSquare, params.groupImageUrlSquare ?? ''],
  ]);
  const isDm = params.conversationType === 'dm';
  if (!isDm) attributes.set(ATTRIBUTE.appData, params.appData ?? '');
  if (params.disappearing !== undefined) {
    attributes.set(ATTRIBUTE.messageDisappearFromNs, params.disappearing.fromNs.toString());
    attributes.set(ATTRIBUTE.messageDisappearInNs, params.disappearing.inNs.toString());
  }
  attributes.set(ATTRIBUTE.commitLogSigner, toHex(params.commitLogSigner));
  return { attributes, adminList: [], superAdminList: isDm ? [] : [params.creatorInboxId] };
}

/** The metadata with one attribute set. */
export function withAttribute(metadata: MutableMetadata, key: string, value: string): MutableMetadata {
  return { ...metadata, attributes: new Map(metadata.attributes).set(key, value) };
}

/** One change of a list of roles. */
export interface AdminListChange {
  readonly list: 'admin' | 'super-admin';
  readonly action: 'add' | 'remove';
  readonly inboxId: string;
}

/** The metadata with one inbox appended to a list if it is absent, or with all its entries removed. */
export function withAdminListChange(metadata: MutableMetadata, change: AdminListChange): MutableMetadata {
  const before = change.list === 'admin' ? metadata.adminList : metadata.superAdminList;
  const others = before.filter((inboxId) => inboxId !== change.inboxId);
  const unchanged = change.action === 'add' && others.length !== before.length;
  const after = unchanged ? before : change.action === 'add' ? [...before, change.inboxId] : others;
  return change.list === 'admin' ? { ...metadata, adminList: after } : { ...metadata, superAdminList: after };
}

/** The disappearing settings, or undefined when one of the two is absent or not a number. */
export function disappearingSettings(metadata: MutableMetadata): DisappearingSettings | undefined {
  const fromNs = signed64(metadata.attributes.get(ATTRIBUTE.messageDisappearFromNs));
  const inNs = signed64(metadata.attributes.get(ATTRIBUTE.messageDisappearInNs));
  return fromNs === undefined || inNs === undefined ? undefined : { fromNs, inNs };
}

/** The 32-byte private key of the commit log, or undefined when the attribute is absent or not one. */
export function commitLogSigner(metadata: MutableMetadata): Uint8Array | undefined {
  const text = metadata.attributes.get(ATTRIBUTE.commitLogSigner);
  if (text === undefined || text.length !== 64) return undefined;
  try {
    return fromHex(text);
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function readAttribute(entry: WireReader, attributes: Map<string, string>): void {
  let key = '';
  let value = '';
  while (entry.next()) {
    if (entry.field === 1) key = entry.string();
    else if (entry.field === 2) value = entry.string();
    else entry.skip();
  }
  attributes.set(key, value);
}

function readInboxes(reader: WireReader, into: string[]): void {
  while (reader.next()) {
    if (reader.field === 1) into.push(reader.string());
    else reader.skip();
  }
}

function writeInboxes(writer: WireWriter, field: number, inboxIds: readonly string[]): void {
  writer.message(field, (list) => {
    for (const inboxId of inboxIds) list.element(1, utf8(inboxId));
  });
}

function signed64(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?[0-9]{1,19}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
