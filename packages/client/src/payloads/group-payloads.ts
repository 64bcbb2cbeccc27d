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

/** Payloads of the extensions of one GroupContext. Immutable; values are shared between epochs whose bytes are equal. */
export class GroupPayloads {
  readonly extensions: readonly Extension[];
  readonly #decoded = new Map<PayloadType, PayloadTypes[PayloadType]>();

  /**
   * @param extensions - those of a GroupContext
   * @param previous - payloads of an earlier epoch; what is equal byte for byte is not decoded again
   */
  constructor(extensions: readonly Extension[], previous?: GroupPayloads) {
    this.extensions = extensions;
    if (previous === undefined) return;
    for (const [type, value] of previous.#decoded) {
      if (this.equalRaw(type, previous)) this.#decoded.set(type, value);
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
    const a = this.raw(type);
    const b = other.raw(type);
    return a === b || (a !== undefined && b !== undefined && equalBytes(a, b));
  }

  #get<T extends PayloadType>(type: T): PayloadTypes[T] {
    const known = this.#decoded.get(type) as PayloadTypes[T] | undefined;
    if (known !== undefined) return known;
    const codec = CODECS[type];
    const data = this.raw(type);
    if (data === undefined) throw malformedPayload(codec.name, 'absent');
    const value = codec.decode(data);
    this.#decoded.set(type, value);
    return value;
  }
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
