/**
 * The payloads of a group as components of its app data (XIP-81), and back: names and settings one by one, roles as sets, the membership as
 * a map, permissions as the registry. What a group is and who made it are immutable components.
 */
import { CryptoError, decodeTls, encodeTls, fromHex, fromUtf8, toHex, utf8 } from '@conclave/crypto';
import type { AppDataDictionary } from '@conclave/mls';
import { encodeMessage } from '@conclave/proto';
import {
  CONVERSATION_TYPE_CODE,
  type ConversationType,
  type ImmutableMetadata,
} from '../payloads/immutable-metadata.js';
import { malformedPayload, type PayloadName } from '../payloads/malformed-payload.js';
import type { GroupMembership } from '../payloads/membership.js';
import { ATTRIBUTE, type MutableMetadata } from '../payloads/mutable-metadata.js';
import type { MetadataPolicy, PermissionsUpdatePolicy, PolicySet } from '../payloads/permissions.js';
import { WireReader } from '../payloads/protobuf-wire.js';
import { COMPONENT } from './component-ids.js';
import {
  type ComponentMetadata,
  decodeComponentMetadata,
  encodeComponentMetadata,
  readRegistry,
  registryKey,
} from './component-registry.js';
import { WELL_KNOWN_TYPES } from './components.js';
import { COMPONENT_KEY, encodeMap, encodeSet, INBOX_KEY, readMap, readSet } from './tls-collections.js';

/** Attributes and their components. */
export const ATTRIBUTE_COMPONENTS: ReadonlyMap<string, number> = new Map<string, number>([
  [ATTRIBUTE.groupName, COMPONENT.groupName],
  [ATTRIBUTE.description, COMPONENT.description],
  [ATTRIBUTE.groupImageUrlSquare, COMPONENT.groupImageUrlSquare],
  [ATTRIBUTE.messageDisappearFromNs, COMPONENT.messageDisappearFromNs],
  [ATTRIBUTE.messageDisappearInNs, COMPONENT.messageDisappearInNs],
  [ATTRIBUTE.appData, COMPONENT.appData],
  [ATTRIBUTE.minimumSupportedProtocolVersion, COMPONENT.minimumSupportedProtocolVersion],
  [ATTRIBUTE.commitLogSigner, COMPONENT.commitLogSigner],
]);

/** One inbox in the membership component. */
export interface MembershipEntry {
  readonly sequenceId: bigint;
  readonly failedInstallations: readonly Uint8Array[];
  /** The invitation by which the inbox came in (XIP-82); it never changes. */
  readonly admittedVia?: Uint8Array | undefined;
}

/** Data of an attribute's component. @throws ClientError `client/payload-malformed` for a value that has no such form */
export function encodeAttribute(key: string, value: string): Uint8Array {
  switch (key) {
    case ATTRIBUTE.messageDisappearFromNs:
    case ATTRIBUTE.messageDisappearInNs: {
      if (!/^-?[0-9]{1,19}$/.test(value)) throw malformedPayload('mutable metadata', key);
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
      return bytes;
    }
    case ATTRIBUTE.commitLogSigner:
      return fromHex(value);
    default:
      return utf8(value);
  }
}

function decodeAttribute(key: string, data: Uint8Array): string {
  switch (key) {
    case ATTRIBUTE.messageDisappearFromNs:
    case ATTRIBUTE.messageDisappearInNs:
      return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigInt64(0).toString();
    case ATTRIBUTE.commitLogSigner:
      return toHex(data);
    default:
      return fromUtf8(data);
  }
}

/** Bytes of an inbox's entry: GroupMembershipEntry { 1 v1 { 1 sequence_id, 2 failed_installations, 3 admitted_via } }. */
export function encodeMembershipEntry(entry: MembershipEntry): Uint8Array {
  return encodeMessage((writer) => {
    writer.message(1, (v1) => {
      v1.uint64(1, entry.sequenceId);
      for (const id of entry.failedInstallations) v1.element(2, id);
      if (entry.admittedVia !== undefined) v1.bytes(3, entry.admittedVia);
    });
  });
}

/** @throws ClientError `client/payload-malformed`, CryptoError `codec/…` */
export function decodeMembershipEntry(data: Uint8Array): MembershipEntry {
  const reader = new WireReader(data);
  let sequenceId: bigint | undefined;
  const failedInstallations: Uint8Array[] = [];
  let admittedVia: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    sequenceId ??= 0n;
    const v1 = reader.message();
    while (v1.next()) {
      if (v1.field === 1) sequenceId = v1.uint64();
      else if (v1.field === 2) failedInstallations.push(v1.bytes());
      else if (v1.field === 3) admittedVia = v1.bytes();
      else v1.skip();
    }
  }
  if (sequenceId === undefined) throw malformedPayload('group membership', 'version');
  return { sequenceId, failedInstallations, ...(admittedVia === undefined ? {} : { admittedVia }) };
}

/** Entries of the membership component, as received, by inbox id. @throws ClientError `client/payload-malformed` */
export function membershipEntries(dictionary: AppDataDictionary): Map<string, Uint8Array> {
  return reading('group membership', dictionary, COMPONENT.groupMembership, (data) =>
    decodeTls(data, (reader) => readMap(reader, INBOX_KEY)),
  );
}

/** Who is in the group. @throws ClientError `client/payload-malformed` */
export function membershipOf(dictionary: AppDataDictionary): GroupMembership {
  const members = new Map<string, bigint>();
  const failedInstallations: Uint8Array[] = [];
  for (const [inboxId, data] of membershipEntries(dictionary)) {
    const entry = under('group membership', () => decodeMembershipEntry(data));
    members.set(inboxId, entry.sequenceId);
    failedInstallations.push(...entry.failedInstallations);
  }
  return { members, failedInstallations };
}

/** Name, settings and roles. @throws ClientError `client/payload-malformed` */
export function mutableMetadataOf(dictionary: AppDataDictionary): MutableMetadata {
  const list = (id: number): string[] =>
    reading('mutable metadata', dictionary, id, (data) => [...decodeTls(data, (reader) => readSet(reader, INBOX_KEY))]);
  const attributes = new Map<string, string>();
  for (const [key, id] of ATTRIBUTE_COMPONENTS) {
    const data = dictionary.get(id);
    if (data !== undefined)
      attributes.set(
        key,
        under('mutable metadata', () => decodeAttribute(key, data)),
      );
  }
  return { attributes, adminList: list(COMPONENT.adminList), superAdminList: list(COMPONENT.superAdminList) };
}

const CONVERSATION_TYPES = new Map<number, ConversationType>(
  Object.entries(CONVERSATION_TYPE_CODE).map(([type, code]) => [code, type as ConversationType]),
);

/** What the group is and who made it. @throws ClientError `client/payload-malformed` */
export function immutableMetadataOf(dictionary: AppDataDictionary): ImmutableMetadata {
  const conversationType = reading('immutable metadata', dictionary, COMPONENT.conversationType, (data) =>
    CONVERSATION_TYPES.get(decodeTls(data, (reader) => reader.u32())),
  );
  // Only groups have app data: DMs have no admin who could begin it.
  if (conversationType !== 'group') throw malformedPayload('immutable metadata', 'conversation type');
  const creatorInboxId = reading('immutable metadata', dictionary, COMPONENT.creatorInboxId, (data) =>
    decodeTls(data, (reader) => INBOX_KEY.read(reader)),
  );
  return { conversationType, creatorInboxId };
}

/** Who may change what. @throws ClientError `client/payload-malformed` */
export function permissionsOf(dictionary: AppDataDictionary): PolicySet {
  const registry = reading('permissions', dictionary, COMPONENT.registry, readRegistry);
  const entry = (id: number): ComponentMetadata => {
    const metadata = decodeComponentMetadata(registry.get(registryKey(id)));
    if (metadata === undefined) throw malformedPayload('permissions', registryKey(id));
    return metadata;
  };
  const membership = entry(COMPONENT.groupMembership);
  const admins = entry(COMPONENT.adminList);
  const updateMetadata = new Map<string, MetadataPolicy>();
  for (const [key, id] of ATTRIBUTE_COMPONENTS) {
    const metadata = decodeComponentMetadata(registry.get(registryKey(id)));
    // Without an entry nobody may change it; the signer of the commit log is for super admins, as its name says.
    if (metadata !== undefined) updateMetadata.set(key, metadata.update);
    else updateMetadata.set(key, { kind: 'base', base: 'deny' });
  }
  return {
    addMember: membership.insert,
    removeMember: membership.delete,
    updateMetadata,
    addAdmin: rolePolicyOf(admins.insert),
    removeAdmin: rolePolicyOf(admins.delete),
    updatePermissions: { kind: 'base', base: 'super-admin' },
  };
}

function rolePolicyOf(policy: MetadataPolicy): PermissionsUpdatePolicy {
  if (policy.kind === 'base' && (policy.base === 'admin' || policy.base === 'super-admin'))
    return { kind: 'base', base: policy.base };
  throw malformedPayload('permissions', 'admin list');
}

const base = (name: 'allow' | 'deny' | 'admin' | 'super-admin'): MetadataPolicy => ({ kind: 'base', base: name });

/**
 * The registry's entry for a component under a policy set; undefined for components whose rules are fixed.
 * @throws ClientError `client/payload-malformed` for a set that app data cannot express
 */
export function metadataFor(componentId: number, policies: PolicySet): ComponentMetadata | undefined {
  const type = WELL_KNOWN_TYPES.get(componentId);
  const fixed = { insert: base('super-admin'), update: base('super-admin'), delete: base('super-admin') };
  if (type === undefined) return undefined;
  switch (componentId) {
    case COMPONENT.superAdminList:
      return undefined;
    case COMPONENT.adminList: {
      const add = rolePolicyOf(policies.addAdmin as MetadataPolicy);
      const remove = rolePolicyOf(policies.removeAdmin as MetadataPolicy);
      return { type, insert: add as MetadataPolicy, update: add as MetadataPolicy, delete: remove as MetadataPolicy };
    }
    case COMPONENT.groupMembership:
      return { type, insert: policies.addMember, update: base('allow'), delete: policies.removeMember };
    case COMPONENT.commitLogSigner:
    case COMPONENT.externalCommitPolicy:
      return { type, ...fixed };
    case COMPONENT.conversationType:
    case COMPONENT.creatorInboxId:
      return { type, insert: base('super-admin'), update: base('deny'), delete: base('deny') };
  }
  for (const [key, id] of ATTRIBUTE_COMPONENTS) {
    if (id !== componentId) continue;
    const missing = key === ATTRIBUTE.minimumSupportedProtocolVersion ? 'super-admin' : 'admin';
    const policy = policies.updateMetadata.get(key) ?? base(missing);
    return { type, insert: policy, update: policy, delete: base('super-admin') };
  }
  return undefined;
}

/** Components that have an entry in the registry from the beginning. */
export const REGISTERED: readonly number[] = [...WELL_KNOWN_TYPES.keys()].filter(
  (id) => id !== COMPONENT.superAdminList && id !== COMPONENT.externalCommitPolicy,
);

/** What a dictionary is made of. */
export interface DictionaryPayloads {
  readonly immutableMetadata: ImmutableMetadata;
  readonly mutableMetadata: MutableMetadata;
  readonly membership: GroupMembership;
  readonly permissions: PolicySet;
}

/**
 * The dictionary that says what the payloads say.
 * @param failedOf - the failed installations of an inbox
 * @throws ClientError `client/payload-malformed` for payloads that app data cannot express: of DMs, with unknown attributes, with
 *   conditions on members or roles
 */
export function dictionaryOf(
  payloads: DictionaryPayloads,
  failedOf: (inboxId: string) => readonly Uint8Array[],
): Map<number, Uint8Array> {
  const { immutableMetadata, mutableMetadata, membership, permissions } = payloads;
  if (immutableMetadata.conversationType !== 'group') throw malformedPayload('immutable metadata', 'conversation type');
  const isSuper = permissions.updatePermissions;
  if (isSuper.kind !== 'base' || isSuper.base !== 'super-admin')
    throw malformedPayload('permissions', 'update_permissions');
  for (const policy of [permissions.addMember, permissions.removeMember]) {
    if (policy.kind !== 'base') throw malformedPayload('permissions', 'condition');
  }
  for (const key of [...mutableMetadata.attributes.keys(), ...permissions.updateMetadata.keys()]) {
    if (!ATTRIBUTE_COMPONENTS.has(key)) throw malformedPayload('mutable metadata', 'attribute');
  }
  if (permissions.updateMetadata.has(ATTRIBUTE.commitLogSigner)) throw malformedPayload('permissions', 'attribute');
  const registry = new Map(
    REGISTERED.map((id) => [
      registryKey(id),
      encodeComponentMetadata(metadataFor(id, permissions) as ComponentMetadata),
    ]),
  );
  const dictionary = new Map<number, Uint8Array>([
    [COMPONENT.registry, encodeMap(registry, COMPONENT_KEY)],
    [COMPONENT.superAdminList, encodeSet(new Set(mutableMetadata.superAdminList), INBOX_KEY)],
    [COMPONENT.adminList, encodeSet(new Set(mutableMetadata.adminList), INBOX_KEY)],
    [COMPONENT.groupMembership, encodeMap(entriesOf(membership, failedOf), INBOX_KEY)],
  ]);
  for (const [key, id] of ATTRIBUTE_COMPONENTS) {
    const value = mutableMetadata.attributes.get(key);
    if (value !== undefined) dictionary.set(id, encodeAttribute(key, value));
  }
  const { conversationType, creatorInboxId } = immutableMetadata;
  dictionary.set(COMPONENT.creatorInboxId, encodeTls(creatorInboxId, INBOX_KEY_WRITER));
  dictionary.set(
    COMPONENT.conversationType,
    encodeTls(CONVERSATION_TYPE_CODE[conversationType], (writer, code) => writer.u32(code)),
  );
  return dictionary;
}

const INBOX_KEY_WRITER = (writer: Parameters<typeof INBOX_KEY.write>[0], inboxId: string): void =>
  INBOX_KEY.write(writer, inboxId);

function entriesOf(
  { members }: GroupMembership,
  failedOf: (inboxId: string) => readonly Uint8Array[],
): Map<string, Uint8Array> {
  return new Map(
    [...members].map(([inboxId, sequenceId]) => [
      inboxId,
      encodeMembershipEntry({ sequenceId, failedInstallations: failedOf(inboxId) }),
    ]),
  );
}

function reading<T>(payload: PayloadName, dictionary: AppDataDictionary, id: number, read: (data: Uint8Array) => T): T {
  const data = dictionary.get(id);
  if (data === undefined) throw malformedPayload(payload, 'absent');
  return under(payload, () => read(data));
}

function under<T>(payload: PayloadName, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CryptoError || error instanceof RangeError) throw malformedPayload(payload, 'encoding', error);
    throw error;
  }
}
