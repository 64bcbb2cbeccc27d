/** What a commit may do to a group's app data (XIP-81), beyond what it does to the payloads in it: rules app-data-… of the table. */
import { equalBytes, toHex } from '@conclave/crypto';
import type { AppDataDictionary, Extension } from '@conclave/mls';
import { COMPONENT, isImmutableComponent } from '../app-data/component-ids.js';
import { decodeComponentMetadata, readRegistry, registryKey } from '../app-data/component-registry.js';
import { decodeMembershipEntry, dictionaryOf, membershipEntries, REGISTERED } from '../app-data/dictionary.js';
import { policyOf } from '../app-data/external-commit-policy.js';
import type { GroupPayloads } from '../app-data/group-payloads.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { diffMembership } from '../payloads/membership.js';
import { APP_DATA_REQUIRED_CAPABILITIES } from '../payloads/required-capabilities.js';
import { commitInvalid, payloadUnder } from './commit-view.js';
import { evaluatePolicy } from './evaluate-policy.js';
import type { Roles } from './roles.js';

/** Whether a commit takes a group from its payload extensions to app data. */
export function beginsAppData(current: GroupPayloads, next: GroupPayloads): boolean {
  return current.dictionary === undefined && next.dictionary !== undefined;
}

const REPLACED: readonly number[] = [
  EXTENSION.immutableMetadata,
  EXTENSION.mutableMetadata,
  EXTENSION.groupMembership,
  EXTENSION.permissions,
  EXTENSION.requiredCapabilities,
  EXTENSION.appDataDictionary,
];

/**
 * The commit with which app data begin: by a super admin, and everything says what it said before. The only choice that the committer has
 * is which of the failed installations it knows the inbox of.
 * @throws ClientError `client/commit-invalid` with rule `app-data-begin`
 */
export function checkBeginning(
  current: GroupPayloads,
  next: GroupPayloads,
  actor: Roles,
  changes: { readonly added: number; readonly removed: number },
): void {
  const refuse = (reason: string) => commitInvalid('app-data-begin', { reason });
  if (!actor.isSuperAdmin) throw refuse('not a super admin');
  if (changes.added + changes.removed > 0) throw refuse('members change');
  const kept = (extensions: readonly Extension[]) => extensions.filter(({ type }) => !REPLACED.includes(type));
  if (!equalExtensions(kept(current.extensions), kept(next.extensions))) throw refuse('other extensions change');
  const required = next.extensions.filter(
    ({ type }) => REPLACED.includes(type) && type !== EXTENSION.appDataDictionary,
  );
  if (!equalExtensions(required, [APP_DATA_REQUIRED_CAPABILITIES])) throw refuse('extensions stay');
  const { immutableMetadata, mutableMetadata, membership, permissions } = current;
  const payloads = { immutableMetadata, mutableMetadata, membership, permissions };
  const expected = payloadUnder('app-data-begin', () => dictionaryOf(payloads, () => []));
  const actual = next.dictionary as AppDataDictionary;
  if (actual.size !== expected.size) throw refuse('components');
  for (const [id, data] of expected) {
    const found = actual.get(id);
    if (found === undefined) throw refuse('components');
    if (id !== COMPONENT.groupMembership && !equalBytes(found, data))
      throw commitInvalid('app-data-begin', { reason: 'changed', componentId: id });
  }
  const after = payloadUnder('app-data-begin', () => next.membership);
  const { added, removed, updated } = diffMembership(membership, after);
  if (added.length + removed.length + updated.length > 0) throw refuse('membership');
  const failed = new Set(membership.failedInstallations.map(toHex));
  if (after.failedInstallations.some((id) => !failed.has(toHex(id)))) throw refuse('failed installations');
}

function equalExtensions(a: readonly Extension[], b: readonly Extension[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ type, data }, i) => type === b[i]?.type && equalBytes(data, b[i]?.data as Uint8Array))
  );
}

function policyChanged(before: AppDataDictionary, after: AppDataDictionary): boolean {
  const [old, data] = [before, after].map((dictionary) => dictionary.get(COMPONENT.externalCommitPolicy));
  return !(old === data || (old !== undefined && data !== undefined && equalBytes(old, data)));
}

/** By which invitation somebody came in is written when he comes, and then stays (XIP-82). Cost: linear in the members where they change. */
function checkTags(before: AppDataDictionary, after: AppDataDictionary): void {
  const [old, data] = [before, after].map((dictionary) => dictionary.get(COMPONENT.groupMembership));
  if (old === data || (old !== undefined && data !== undefined && equalBytes(old, data))) return;
  const known = payloadUnder('membership-kept', () => membershipEntries(before));
  for (const [inboxId, entry] of payloadUnder('membership-kept', () => membershipEntries(after))) {
    const earlier = known.get(inboxId);
    if (earlier !== undefined && equalBytes(earlier, entry)) continue;
    const tag = (bytes: Uint8Array | undefined): string =>
      bytes === undefined
        ? ''
        : toHex(payloadUnder('membership-kept', () => decodeMembershipEntry(bytes)).admittedVia ?? new Uint8Array(0));
    if (tag(earlier) !== tag(entry)) throw commitInvalid('join-tagged', { inboxId });
  }
}

/** Components whose changes are judged as changes of payloads. */
const AS_PAYLOADS: ReadonlySet<number> = new Set([COMPONENT.superAdminList, ...REGISTERED]);

/**
 * A group that has app data keeps them, its payload extensions do not come back, what is immutable stays, and what is no payload is changed
 * by those whom the registry names: nobody where it has no entry.
 * @throws ClientError `client/commit-invalid` with rule `app-data-kept`, `app-data-immutable` or `app-data-permission`
 */
export function checkAppData(current: GroupPayloads, next: GroupPayloads, actor: Roles): void {
  const before = current.dictionary;
  const after = next.dictionary;
  if (before === undefined) return;
  const returns = next.extensions.find(({ type }) => REPLACED.slice(0, 4).includes(type));
  if (after === undefined || returns !== undefined) throw commitInvalid('app-data-kept');
  if (policyChanged(before, after) && policyOf(after) === undefined && after.has(COMPONENT.externalCommitPolicy)) {
    throw commitInvalid('external-policy');
  }
  checkTags(before, after);
  const registry = payloadUnder('app-data-permission', () =>
    readRegistry(before.get(COMPONENT.registry) ?? new Uint8Array(1)),
  );
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(id);
    const data = after.get(id);
    if (old === data || (old !== undefined && data !== undefined && equalBytes(old, data))) continue;
    if (isImmutableComponent(id) && old !== undefined) throw commitInvalid('app-data-immutable', { componentId: id });
    if (id === COMPONENT.registry) {
      if (!actor.isSuperAdmin) throw commitInvalid('app-data-permission', { componentId: id });
      continue;
    }
    // A payload that goes away is more than a change of it, and for super admins.
    if (AS_PAYLOADS.has(id) && (data !== undefined || actor.isSuperAdmin)) continue;
    const metadata = decodeComponentMetadata(registry.get(registryKey(id)));
    const op = old === undefined ? 'insert' : data === undefined ? 'delete' : 'update';
    if (metadata === undefined || !evaluatePolicy(metadata[op], actor)) {
      throw commitInvalid('app-data-permission', { componentId: id, op });
    }
  }
}
