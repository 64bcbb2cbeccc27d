/**
 * Component 8000: what each component is and who may change it (XIP-81). A map from component ids to
 *
 *     ComponentMetadata     1 component_type, 2 permissions, 3 external_committer_permissions   (protobuf)
 *     ComponentPermissions  1 insert_policy, 2 update_policy, 3 delete_policy                   each a MetadataPolicy
 *
 * Entries are kept as they were received. One that cannot be read, or a component without one, is for nobody to change.
 */
import { CryptoError, decodeTls } from '@conclave/crypto';
import { encodeMessage } from '@conclave/proto';
import { ClientError } from '../errors.js';
import { BASE_POLICIES, BASE_POLICY_CODE, type BasePolicy, type MetadataPolicy } from '../payloads/permissions.js';
import { decodePolicy, encodePolicy, mergePolicy, type PolicyDraft } from '../payloads/policy.js';
import { WireReader } from '../payloads/protobuf-wire.js';
import { COMPONENT_TYPE, type ComponentType, componentTypeOf } from './component-ids.js';
import { COMPONENT_KEY, readMap } from './tls-collections.js';

/** An entry. */
export interface ComponentMetadata {
  readonly type: ComponentType;
  readonly insert: MetadataPolicy;
  readonly update: MetadataPolicy;
  readonly delete: MetadataPolicy;
}

/** Policies of one entry, conditions included. */
const MAX_ENTRY_POLICIES = 4_096;

/** Entries as received, by the four hex digits of the component's id. @throws CryptoError `codec/…` */
export function readRegistry(data: Uint8Array): Map<string, Uint8Array> {
  return decodeTls(data, (reader) => readMap(reader, COMPONENT_KEY));
}

/** Key of a component in the registry. */
export function registryKey(componentId: number): string {
  return componentId.toString(16).padStart(4, '0');
}

/** Bytes of an entry. */
export function encodeComponentMetadata(metadata: ComponentMetadata): Uint8Array {
  return encodeMessage((writer) => {
    writer.enumeration(1, COMPONENT_TYPE[metadata.type]);
    writer.message(2, (permissions) => {
      encodePolicy(permissions, 1, metadata.insert, BASE_POLICY_CODE);
      encodePolicy(permissions, 2, metadata.update, BASE_POLICY_CODE);
      encodePolicy(permissions, 3, metadata.delete, BASE_POLICY_CODE);
    });
  });
}

/** @returns undefined for an entry that cannot be read */
export function decodeComponentMetadata(entry: Uint8Array | undefined): ComponentMetadata | undefined {
  if (entry === undefined) return undefined;
  try {
    const reader = new WireReader(entry);
    let code = 0;
    const policies = new Map<number, PolicyDraft>();
    const budget = { left: MAX_ENTRY_POLICIES };
    while (reader.next()) {
      if (reader.field === 1) code = reader.int32();
      else if (reader.field === 2) {
        const permissions = reader.message();
        while (permissions.next()) {
          const { field } = permissions;
          if (field >= 1 && field <= 3)
            policies.set(field, mergePolicy(permissions.message(), policies.get(field), budget));
          else permissions.skip();
        }
      } else reader.skip();
    }
    const type = componentTypeOf(code);
    if (type === undefined) return undefined;
    const policy = (field: number): MetadataPolicy =>
      decodePolicy<BasePolicy>(policies.get(field), BASE_POLICIES, 'component');
    return { type, insert: policy(1), update: policy(2), delete: policy(3) };
  } catch (error) {
    if (error instanceof CryptoError || error instanceof ClientError) return undefined;
    throw error;
  }
}
