/** Changes of a group's payloads as updates of its app data: as long as the change, however many members there are (XIP-81). */
import { type AppDataDictionary, type AppDataUpdate, appDataExtension, type Extension } from '@conclave/mls';
import { ClientError } from '../errors.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { diffMembership, type GroupMembership } from '../payloads/membership.js';
import { diffMutableMetadata } from '../payloads/metadata-changes.js';
import { equalPolicies } from '../payloads/policy.js';
import { COMPONENT } from './component-ids.js';
import { type ComponentMetadata, encodeComponentMetadata, registryKey } from './component-registry.js';
import {
  ATTRIBUTE_COMPONENTS,
  decodeMembershipEntry,
  encodeAttribute,
  encodeMembershipEntry,
  membershipEntries,
  metadataFor,
  REGISTERED,
} from './dictionary.js';
import type { GroupPayloads, PayloadChanges } from './group-payloads.js';
import {
  COMPONENT_KEY,
  encodeMapDelta,
  encodeSetDelta,
  INBOX_KEY,
  type MapMutation,
  type SetMutation,
} from './tls-collections.js';

/** What is asked of the identity logs: of the failed installations those that belong to an inbox. */
export type FailedOf = (inboxId: string, failed: readonly Uint8Array[]) => readonly Uint8Array[];

/** Updates that bring a group from its payloads to the changed ones. Cost: the change; for a changed membership also its map, once. */
export function deltasOf(current: GroupPayloads, changes: PayloadChanges, failedOf: FailedOf): AppDataUpdate[] {
  const updates: AppDataUpdate[] = [];
  const put = (componentId: number, update: Uint8Array): void =>
    void updates.push({ componentId, op: 'update', update });
  if (changes.permissions !== undefined) {
    const before = current.permissions;
    const after = changes.permissions;
    const mutations = REGISTERED.flatMap((id): MapMutation[] => {
      const entry = metadataFor(id, after) as ComponentMetadata;
      if (equalMetadata(metadataFor(id, before) as ComponentMetadata, entry)) return [];
      return [{ op: 'update', key: registryKey(id), value: encodeComponentMetadata(entry) }];
    });
    if (mutations.length > 0) put(COMPONENT.registry, encodeMapDelta(mutations, COMPONENT_KEY));
  }
  if (changes.mutableMetadata !== undefined) {
    const diff = diffMutableMetadata(current.mutableMetadata, changes.mutableMetadata);
    const roles = (added: readonly string[], removed: readonly string[]): SetMutation[] => [
      ...added.map((key) => ({ op: 'insert', key }) as const),
      ...removed.map((key) => ({ op: 'remove', key }) as const),
    ];
    const superAdmins = roles(diff.addedSuperAdmins, diff.removedSuperAdmins);
    if (superAdmins.length > 0) put(COMPONENT.superAdminList, encodeSetDelta(superAdmins, INBOX_KEY));
    const admins = roles(diff.addedAdmins, diff.removedAdmins);
    if (admins.length > 0) put(COMPONENT.adminList, encodeSetDelta(admins, INBOX_KEY));
    for (const { key, newValue } of diff.attributes) {
      const componentId = ATTRIBUTE_COMPONENTS.get(key);
      if (componentId === undefined) throw new ClientError('client/invalid-argument', { parameter: 'attribute', key });
      if (newValue === undefined) updates.push({ componentId, op: 'remove' });
      else put(componentId, encodeAttribute(key, newValue));
    }
  }
  if (changes.membership !== undefined) {
    const mutations = membershipMutations(current, changes.membership, failedOf);
    if (mutations.length > 0) put(COMPONENT.groupMembership, encodeMapDelta(mutations, INBOX_KEY));
  }
  return updates.sort((a, b) => a.componentId - b.componentId);
}

function membershipMutations(current: GroupPayloads, after: GroupMembership, failedOf: FailedOf): MapMutation[] {
  const diff = diffMembership(current.membership, after);
  const entries = membershipEntries(current.dictionary as AppDataDictionary);
  const entry = (inboxId: string): Uint8Array => {
    const known = entries.get(inboxId);
    const admittedVia = known === undefined ? undefined : decodeMembershipEntry(known).admittedVia;
    return encodeMembershipEntry({
      sequenceId: after.members.get(inboxId) ?? 0n,
      failedInstallations: failedOf(inboxId, after.failedInstallations),
      admittedVia,
    });
  };
  return [
    ...diff.removed.map((key) => ({ op: 'delete', key }) as const),
    ...diff.updated.map((key) => ({ op: 'update', key, value: entry(key) }) as const),
    ...diff.added.map((key) => ({ op: 'insert', key, value: entry(key) }) as const),
  ];
}

function equalMetadata(a: ComponentMetadata, b: ComponentMetadata): boolean {
  return equalPolicies(a.insert, b.insert) && equalPolicies(a.update, b.update) && equalPolicies(a.delete, b.delete);
}

/** The extensions with another dictionary in the place of the one there is, or behind the others. */
export function withDictionary(extensions: readonly Extension[], dictionary: AppDataDictionary): Extension[] {
  const extension = appDataExtension(dictionary);
  const isThere = extensions.some(({ type }) => type === EXTENSION.appDataDictionary);
  if (!isThere) return [...extensions, extension];
  return extensions.map((item) => (item.type === EXTENSION.appDataDictionary ? extension : item));
}
