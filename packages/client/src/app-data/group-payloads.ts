/**
 * The payloads of one GroupContext: decoded when first asked for, once per epoch and once per raw bytes.
 *
 * Neither the order of the extensions nor the order of a map inside one is canonical, and members adopt the bytes that a
 * commit proposes. So a received extension is never encoded again: a change replaces one and carries the others over
 * as they are. In a group with app data (XIP-81) the payloads are components of its dictionary instead of extensions.
 */
import { equalBytes } from '@conclave/crypto';
import { type AppDataDictionary, appDataOf, type Extension } from '@conclave/mls';
import { EXTENSION } from '../payloads/extension-ids.js';
import {
  decodeImmutableMetadata,
  encodeImmutableMetadata,
  type ImmutableMetadata,
} from '../payloads/immutable-metadata.js';
import { malformedPayload, type PayloadName } from '../payloads/malformed-payload.js';
import { decodeGroupMembership, encodeGroupMembership, type GroupMembership } from '../payloads/membership.js';
import { decodeMutableMetadata, encodeMutableMetadata, type MutableMetadata } from '../payloads/mutable-metadata.js';
import { decodePermissions, encodePermissions, type PolicySet } from '../payloads/permissions.js';
import { REQUIRED_CAPABILITIES } from '../payloads/required-capabilities.js';
import { COMPONENT } from './component-ids.js';
import {
  ATTRIBUTE_COMPONENTS,
  immutableMetadataOf,
  membershipOf,
  mutableMetadataOf,
  permissionsOf,
} from './dictionary.js';

/** The decoded form of each payload extension. */
interface PayloadTypes {
  readonly [EXTENSION.immutableMetadata]: ImmutableMetadata;
  readonly [EXTENSION.mutableMetadata]: MutableMetadata;
  readonly [EXTENSION.groupMembership]: GroupMembership;
  readonly [EXTENSION.permissions]: PolicySet;
}

/** Extension types that hold a payload of XMTP. */
export type PayloadType = keyof PayloadTypes;

const CODECS: {
  readonly [T in PayloadType]: { readonly name: PayloadName; decode(data: Uint8Array): PayloadTypes[T] };
} = {
  [EXTENSION.immutableMetadata]: { name: 'immutable metadata', decode: decodeImmutableMetadata },
  [EXTENSION.mutableMetadata]: { name: 'mutable metadata', decode: decodeMutableMetadata },
  [EXTENSION.groupMembership]: { name: 'group membership', decode: decodeGroupMembership },
  [EXTENSION.permissions]: { name: 'permissions', decode: decodePermissions },
};

/** The same in a group with app data, and the components that they are read from. */
const APP_DATA_CODECS: {
  readonly [T in PayloadType]: {
    readonly parts: readonly number[];
    decode(dictionary: AppDataDictionary): PayloadTypes[T];
  };
} = {
  [EXTENSION.immutableMetadata]: {
    parts: [COMPONENT.creatorInboxId, COMPONENT.conversationType],
    decode: immutableMetadataOf,
  },
  [EXTENSION.mutableMetadata]: {
    parts: [COMPONENT.superAdminList, COMPONENT.adminList, ...ATTRIBUTE_COMPONENTS.values()],
    decode: mutableMetadataOf,
  },
  [EXTENSION.groupMembership]: { parts: [COMPONENT.groupMembership], decode: membershipOf },
  [EXTENSION.permissions]: { parts: [COMPONENT.registry], decode: permissionsOf },
};

const PAYLOAD_TYPES: readonly PayloadType[] = [
  EXTENSION.immutableMetadata,
  EXTENSION.mutableMetadata,
  EXTENSION.groupMembership,
  EXTENSION.permissions,
];

/** Bytes and, once somebody asked, their decoded form; shared by all epochs in which the bytes are the same. */
interface PayloadCell {
  readonly inAppData: boolean;
  readonly parts: readonly (Uint8Array | undefined)[];
  value?: PayloadTypes[PayloadType];
}

/** Payloads of the extensions of one GroupContext. Immutable. */
export class GroupPayloads {
  readonly extensions: readonly Extension[];
  /** The group's app data; undefined in groups without, which are all that deployed clients are in. */
  readonly dictionary: AppDataDictionary | undefined;
  readonly #cells = new Map<PayloadType, PayloadCell>();

  /**
   * @param extensions - those of a GroupContext
   * @param previous - payloads of another epoch; what is equal byte for byte is decoded once for both
   * Cost: a comparison of the payloads' bytes, nothing where they are the same array.
   */
  constructor(extensions: readonly Extension[], previous?: GroupPayloads) {
    this.extensions = extensions;
    this.dictionary = this.raw(EXTENSION.appDataDictionary) === undefined ? undefined : appDataOf(extensions);
    for (const type of PAYLOAD_TYPES) {
      const cell = this.#cellOf(type);
      const known = previous === undefined ? undefined : previous.#cells.get(type);
      this.#cells.set(type, known !== undefined && sameCell(known, cell) ? known : cell);
    }
  }

  /** @throws ClientError `client/payload-malformed` when it is absent or malformed; so do the next three */
  get immutableMetadata(): ImmutableMetadata {
    return this.#get(EXTENSION.immutableMetadata);
  }

  get mutableMetadata(): MutableMetadata {
    return this.#get(EXTENSION.mutableMetadata);
  }

  /** Cost on first use: linear in the members. */
  get membership(): GroupMembership {
    return this.#get(EXTENSION.groupMembership);
  }

  get permissions(): PolicySet {
    return this.#get(EXTENSION.permissions);
  }

  /** Data of an extension as received, or undefined when there is none. */
  raw(type: number): Uint8Array | undefined {
    return this.extensions.find((extension) => extension.type === type)?.data;
  }

  /** Whether a payload has the same bytes, or is absent, in both. Cost: linear in its bytes at most. */
  equalRaw(type: PayloadType, other: GroupPayloads): boolean {
    return sameCell(this.#cells.get(type) as PayloadCell, other.#cells.get(type) as PayloadCell);
  }

  #cellOf(type: PayloadType): PayloadCell {
    const { dictionary } = this;
    if (dictionary === undefined) return { inAppData: false, parts: [this.raw(type)] };
    return { inAppData: true, parts: APP_DATA_CODECS[type].parts.map((id) => dictionary.get(id)) };
  }

  #get<T extends PayloadType>(type: T): PayloadTypes[T] {
    const cell = this.#cells.get(type) as PayloadCell;
    if (cell.value === undefined) {
      const codec = CODECS[type];
      const [data] = cell.parts;
      if (cell.inAppData) cell.value = APP_DATA_CODECS[type].decode(this.dictionary as AppDataDictionary);
      else if (data === undefined) throw malformedPayload(codec.name, 'absent');
      else cell.value = decodedOnce(data, () => codec.decode(data));
    }
    return cell.value as PayloadTypes[T];
  }
}

/** What was decoded of an array: a commit is judged, planned and adopted on the same one, and its membership names everybody. */
const DECODED = new WeakMap<Uint8Array, PayloadTypes[PayloadType]>();

function decodedOnce<Value extends PayloadTypes[PayloadType]>(data: Uint8Array, decode: () => Value): Value {
  let value = DECODED.get(data) as Value | undefined;
  if (value === undefined) {
    value = decode();
    DECODED.set(data, value);
  }
  return value;
}

function sameData(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && equalBytes(a, b));
}

function sameCell(a: PayloadCell, b: PayloadCell): boolean {
  return a.inAppData === b.inAppData && a.parts.every((part, index) => sameData(part, b.parts[index]));
}

/** What a new conversation holds. */
export interface InitialPayloads {
  readonly immutableMetadata: ImmutableMetadata;
  readonly mutableMetadata: MutableMetadata;
  readonly membership: GroupMembership;
  readonly permissions: PolicySet;
}

/** Extensions of a new group, in the deployed order: f000, ff00, ff01, ff02, 0003. */
export function initialExtensions(payloads: InitialPayloads): Extension[] {
  return [
    { type: EXTENSION.immutableMetadata, data: encodeImmutableMetadata(payloads.immutableMetadata) },
    { type: EXTENSION.mutableMetadata, data: encodeMutableMetadata(payloads.mutableMetadata) },
    { type: EXTENSION.groupMembership, data: encodeGroupMembership(payloads.membership) },
    { type: EXTENSION.permissions, data: encodePermissions(payloads.permissions) },
    REQUIRED_CAPABILITIES,
  ];
}

/** What a commit may change. */
export interface PayloadChanges {
  readonly mutableMetadata?: MutableMetadata;
  readonly membership?: GroupMembership;
  readonly permissions?: PolicySet;
}

/** The extensions with the changed payloads removed and appended again; the others keep their bytes and order. */
export function changedExtensions(extensions: readonly Extension[], changes: PayloadChanges): Extension[] {
  let next: Extension[] = [...extensions];
  const { mutableMetadata, membership, permissions } = changes;
  if (mutableMetadata !== undefined) {
    next = replaceExtension(next, EXTENSION.mutableMetadata, encodeMutableMetadata(mutableMetadata));
  }
  if (membership !== undefined) {
    next = replaceExtension(next, EXTENSION.groupMembership, encodeGroupMembership(membership));
  }
  if (permissions !== undefined) next = replaceExtension(next, EXTENSION.permissions, encodePermissions(permissions));
  return next;
}

/** The list with every extension of the type removed and one appended. */
export function replaceExtension(extensions: readonly Extension[], type: number, data: Uint8Array): Extension[] {
  return [...extensions.filter((extension) => extension.type !== type), { type, data }];
}
