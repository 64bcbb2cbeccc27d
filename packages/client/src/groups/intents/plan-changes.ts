/** What changes of a group's payloads are as proposals: one replacement of all extensions, or, where the group has app data, updates of it. */
import { decodeTls } from '@conclave/crypto';
import { hasInstallation } from '@conclave/identity';
import { type AppDataUpdate, customProposal, type Extension, type Proposal } from '@conclave/mls';
import { COMPONENT } from '../../app-data/component-ids.js';
import { WELL_KNOWN_TYPES, xmtpTypes } from '../../app-data/components.js';
import { deltasOf, type FailedOf, withDictionary } from '../../app-data/deltas.js';
import { dictionaryOf } from '../../app-data/dictionary.js';
import { changedExtensions, type PayloadChanges } from '../../app-data/group-payloads.js';
import {
  COMPONENT_KEY,
  encodeMapDelta,
  encodeSetDelta,
  INBOX_KEY,
  type KeyCodec,
  readMap,
  readSet,
} from '../../app-data/tls-collections.js';
import type { ClientContext } from '../../context.js';
import { ClientError } from '../../errors.js';
import { EXTENSION } from '../../payloads/extension-ids.js';
import { APP_DATA_REQUIRED_CAPABILITIES, APP_DATA_UPDATE_PROPOSAL } from '../../payloads/required-capabilities.js';
import type { LiveGroup } from '../live-groups.js';

/** Proposals, and the extensions of the group context that they lead to. */
export interface PlannedChanges {
  readonly proposals: readonly Proposal[];
  readonly extensions: readonly Extension[];
}

/** @throws ClientError `client/invalid-argument` for an attribute that app data have no component for */
export function planChanges(ctx: ClientContext, group: LiveGroup, changes: PayloadChanges): PlannedChanges {
  const { payloads } = group;
  if (payloads.dictionary === undefined) {
    const extensions = changedExtensions(payloads.extensions, changes);
    return { proposals: [{ type: 'group-context-extensions', extensions }], extensions };
  }
  return planUpdates(ctx, payloads.extensions, payloads.dictionary, deltasOf(payloads, changes, failedOf(ctx, group)));
}

/** Proposals of these updates of a group's app data. */
export function planUpdates(
  ctx: ClientContext,
  extensions: readonly Extension[],
  dictionary: ReadonlyMap<number, Uint8Array>,
  updates: readonly AppDataUpdate[],
): PlannedChanges {
  const { appDataUpdate, components } = xmtpTypes(ctx.crypto);
  const next = new Map(dictionary);
  for (const update of updates) {
    const { componentId } = update;
    if (update.op === 'remove') {
      next.delete(componentId);
      continue;
    }
    const before = next.get(componentId);
    const data = components.update({ componentId, updates: [update.update], before, dictionary });
    if (data === undefined) throw new ClientError('client/invalid-argument', { parameter: 'app data', componentId });
    next.set(componentId, data);
  }
  return {
    proposals: updates.map((update) => customProposal(appDataUpdate, update)),
    extensions: withDictionary(extensions, next),
  };
}

/** Failed installations are listed with their inbox: the logs know whose they are. */
function failedOf(ctx: ClientContext, group: LiveGroup): FailedOf {
  return (inboxId, failed) => {
    if (failed.length === 0) return [];
    const state = ctx.inboxLog.latest(inboxId)?.state;
    const before = group.payloads.membership.members.get(inboxId);
    const old = before === undefined ? undefined : ctx.inboxLog.at(inboxId, before);
    const belongs = (id: Uint8Array): boolean =>
      (state !== undefined && hasInstallation(state, id)) || (old !== undefined && hasInstallation(old, id));
    return failed.filter(belongs);
  };
}

const APP_DATA_TYPES = { extensions: [EXTENSION.appDataDictionary], proposals: [APP_DATA_UPDATE_PROPOSAL] };
const PAYLOAD_EXTENSIONS: readonly number[] = [
  EXTENSION.immutableMetadata,
  EXTENSION.mutableMetadata,
  EXTENSION.groupMembership,
  EXTENSION.permissions,
  EXTENSION.requiredCapabilities,
];

/**
 * The commit with which a group's app data begin: the payload extensions go, their contents come as components, each as the delta that
 * makes it out of nothing.
 * @throws ClientError `client/app-data-unsupported` where a member's leaf does not list app data, or the group's rules cannot be said in it
 */
export function planBeginning(ctx: ClientContext, group: LiveGroup): PlannedChanges {
  const { payloads, mls } = group;
  if (!mls.supportedByAll(APP_DATA_TYPES)) throw new ClientError('client/app-data-unsupported', { reason: 'members' });
  let dictionary: ReadonlyMap<number, Uint8Array>;
  try {
    const { immutableMetadata, mutableMetadata, membership, permissions } = payloads;
    const failed = failedOf(ctx, group);
    dictionary = dictionaryOf({ immutableMetadata, mutableMetadata, membership, permissions }, (inboxId) =>
      failed(inboxId, membership.failedInstallations),
    );
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'client/payload-malformed') throw error;
    throw new ClientError('client/app-data-unsupported', { reason: String(error.details.reason) }, error);
  }
  const kept = payloads.extensions.filter(({ type }) => !PAYLOAD_EXTENSIONS.includes(type));
  const extensions = [...kept, APP_DATA_REQUIRED_CAPABILITIES];
  const updates = [...dictionary]
    .sort(([a], [b]) => a - b)
    .map(([id, data]) => ({
      componentId: id,
      op: 'update' as const,
      update: outOfNothing(id, data),
    }));
  const planned = planUpdates(ctx, extensions, new Map(), updates);
  return {
    proposals: [{ type: 'group-context-extensions', extensions }, ...planned.proposals],
    extensions: planned.extensions,
  };
}

function outOfNothing(componentId: number, data: Uint8Array): Uint8Array {
  if (componentId === COMPONENT.registry) return mapInserts(data, COMPONENT_KEY);
  switch (WELL_KNOWN_TYPES.get(componentId)) {
    case 'mapOfInboxes':
      return mapInserts(data, INBOX_KEY);
    case 'setOfInboxes': {
      const keys = decodeTls(data, (reader) => readSet(reader, INBOX_KEY));
      return encodeSetDelta(
        [...keys].map((key) => ({ op: 'insert', key })),
        INBOX_KEY,
      );
    }
    default:
      return data;
  }
}

function mapInserts(data: Uint8Array, codec: KeyCodec): Uint8Array {
  const entries = decodeTls(data, (reader) => readMap(reader, codec));
  return encodeMapDelta(
    [...entries].map(([key, value]) => ({ op: 'insert', key, value })),
    codec,
  );
}
