/**
 * The payloads of one GroupContext: decoded when first asked for, once per epoch and once per raw bytes.
 *
 * Neither the order of the extensions nor the order of a map inside one is canonical, and members adopt the bytes that a
 * commit proposes. So a received extension is never encoded again: a change replaces one and carries the others over
 * as they are.
 */
import { equalBytes } from '@conclave/crypto';
import type { Extension } from '@conclave/mls';
import { EXTENSION } from './extension-ids.js';
import { decodeImmutableMetadata, encodeImmutableMetadata, type ImmutableMetadata } from './immutable-metadata.js';
import { malformedPayload, type PayloadName } from './malformed-payload.js';
import { decodeGroupMembership, encodeGroupMembership, type GroupMembership } from './membership.js';
import { decodeMutableMetadata, encodeMutableMetadata, type MutableMetadata } from './mutable-metadata.js';
import { decodePermissions, encodePermissions, type PolicySet } from './permissions.js';
import { REQUIRED_CAPABILITIES } from './required-capabilities.js';

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

const PAYLOAD_TYPES: readonly PayloadType[] = [
  EXTENSION.immutableMetadata,
  EXTENSION.mutableMetadata,
  EXTENSION.groupMembership,
  EXTENSION.permissions,
];

/** Bytes and, once somebody asked, their decoded form; shared by all epochs in which the bytes are the same. */
interface PayloadCell {
  readonly data: Uint8Array | undefined;
  value?: PayloadTypes[PayloadType];
}

/** Payloads of the extensions of one GroupContext. Immutable. */
export class GroupPayloads {
  readonly extensions: readonly Extension[];
  readonly #cells = new Map<PayloadType, PayloadCell>();

  /**
   * @param extensions - those of a GroupContext
   * @param previous - payloads of another epoch; what is equal byte for byte is decoded once for both
   * Cost: a comparison of the payloads' bytes, nothing where they are the same array.
   */
  constructor(extensions: readonly Extension[], previous?: GroupPayloads) {
    this.extensions = extensions;
    for (const type of PAYLOAD_TYPES) {
      const data = this.raw(type);
      const known = previous === undefined ? undefined : previous.#cells.get(type);
      this.#cells.set(type, known !== undefined && sameData(known.data, data) ? known : { data });
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

  /** Whether an extension has the same bytes, or is absent, in both. Cost: linear in its bytes at most. */
  equalRaw(type: number, other: GroupPayloads): boolean {
    return sameData(this.raw(type), other.raw(type));
  }

  #get<T extends PayloadType>(type: T): PayloadTypes[T] {
    const cell = this.#cells.get(type) as PayloadCell;
    if (cell.value === undefined) {
      const codec = CODECS[type];
      if (cell.data === undefined) throw malformedPayload(codec.name, 'absent');
      cell.value = codec.decode(cell.data);
    }
    return cell.value as PayloadTypes[T];
  }
}

function sameData(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && equalBytes(a, b));
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
