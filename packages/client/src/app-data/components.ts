/** How each component's data follow from its updates: what the engine asks when a commit changes app data (XIP-81). */
import { CryptoError, type CryptoProvider, decodeTls, fromUtf8, type TlsReader } from '@conclave/crypto';
import {
  APP_DATA_DICTIONARY,
  type AppDataComponents,
  type AppDataDictionary,
  appDataUpdateDefinition,
  type ComponentUpdate,
  createPolicy,
  DEPLOYED_TYPES,
  type ValidationPolicy,
  WAIVED_BY_DEPLOYED,
} from '@conclave/mls';
import { COMPONENT, type ComponentType, isComponentId, isImmutableComponent } from './component-ids.js';
import { decodeComponentMetadata, readRegistry, registryKey } from './component-registry.js';
import {
  applyMapDelta,
  applySetDelta,
  BYTES_KEY,
  COMPONENT_KEY,
  encodeMap,
  encodeSet,
  INBOX_KEY,
  type KeyCodec,
  readMap,
  readMapDelta,
  readSet,
  readSetDelta,
} from './tls-collections.js';

/** Types of the components that every client knows without a look at the registry. */
export const WELL_KNOWN_TYPES: ReadonlyMap<number, ComponentType> = new Map<number, ComponentType>([
  [COMPONENT.superAdminList, 'setOfInboxes'],
  [COMPONENT.adminList, 'setOfInboxes'],
  [COMPONENT.groupMembership, 'mapOfInboxes'],
  [COMPONENT.groupName, 'string'],
  [COMPONENT.description, 'string'],
  [COMPONENT.groupImageUrlSquare, 'string'],
  [COMPONENT.messageDisappearFromNs, 'bytes'],
  [COMPONENT.messageDisappearInNs, 'bytes'],
  [COMPONENT.appData, 'string'],
  [COMPONENT.minimumSupportedProtocolVersion, 'string'],
  [COMPONENT.commitLogSigner, 'bytes'],
  [COMPONENT.externalCommitPolicy, 'bytes'],
  [COMPONENT.creatorInboxId, 'bytes'],
  [COMPONENT.conversationType, 'bytes'],
]);

/** Bytes of the components that have a fixed length. */
const FIXED_LENGTHS: ReadonlyMap<number, number> = new Map([
  [COMPONENT.messageDisappearFromNs, 8],
  [COMPONENT.messageDisappearInNs, 8],
  [COMPONENT.commitLogSigner, 32],
  [COMPONENT.creatorInboxId, 33],
  [COMPONENT.conversationType, 4],
]);

/** The components of XMTP's groups, over a provider's SHA-256. */
export function xmtpComponents(crypto: CryptoProvider): AppDataComponents {
  const hash = (bytes: Uint8Array): Uint8Array => crypto.hash('sha256', bytes);
  return {
    knows: isComponentId,
    update(update) {
      if (isImmutableComponent(update.componentId) && update.before !== undefined) return undefined;
      return update.updates.reduce<Uint8Array | undefined>(
        (before, payload, index) =>
          index > 0 && before === undefined ? undefined : appliedOnce(update, before, payload, hash),
        update.before,
      );
    },
  };
}

function appliedOnce(
  { componentId, dictionary }: ComponentUpdate,
  before: Uint8Array | undefined,
  payload: Uint8Array,
  hash: (bytes: Uint8Array) => Uint8Array,
): Uint8Array | undefined {
  try {
    if (componentId === COMPONENT.registry) return mapAfter(before, payload, COMPONENT_KEY);
    switch (typeOf(componentId, dictionary)) {
      case 'bytes': {
        const length = FIXED_LENGTHS.get(componentId);
        return length === undefined || payload.length === length ? payload : undefined;
      }
      case 'string':
        fromUtf8(payload);
        return payload;
      case 'mapOfBytes':
        return mapAfter(before, payload, BYTES_KEY);
      case 'mapOfInboxes':
        return mapAfter(before, payload, INBOX_KEY);
      case 'setOfBytes':
        return setAfter(before, payload, BYTES_KEY, hash);
      case 'setOfInboxes':
        return setAfter(before, payload, INBOX_KEY, hash);
      case undefined:
        return undefined;
    }
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function typeOf(componentId: number, dictionary: AppDataDictionary): ComponentType | undefined {
  const known = WELL_KNOWN_TYPES.get(componentId);
  const registry = dictionary.get(COMPONENT.registry);
  if (known !== undefined || registry === undefined) return known;
  return decodeComponentMetadata(readRegistry(registry).get(registryKey(componentId)))?.type;
}

const decodeOr = <T>(data: Uint8Array | undefined, empty: T, read: (reader: TlsReader) => T): T =>
  data === undefined ? empty : decodeTls(data, read);

function mapAfter(before: Uint8Array | undefined, payload: Uint8Array, codec: KeyCodec): Uint8Array | undefined {
  const entries = decodeOr(before, new Map<string, Uint8Array>(), (reader) => readMap(reader, codec));
  const mutations = decodeTls(payload, (reader) => readMapDelta(reader, codec));
  return applyMapDelta(entries, mutations) ? encodeMap(entries, codec) : undefined;
}

function setAfter(
  before: Uint8Array | undefined,
  payload: Uint8Array,
  codec: KeyCodec,
  hash: (bytes: Uint8Array) => Uint8Array,
): Uint8Array | undefined {
  const keys = decodeOr(before, new Set<string>(), (reader) => readSet(reader, codec));
  const mutations = decodeTls(payload, (reader) => readSetDelta(reader, codec));
  return applySetDelta(keys, mutations, codec, hash) ? encodeSet(keys, codec) : undefined;
}

const policies = new WeakMap<CryptoProvider, ReturnType<typeof createXmtpTypes>>();

function createXmtpTypes(crypto: CryptoProvider) {
  const components = xmtpComponents(crypto);
  const appDataUpdate = appDataUpdateDefinition(components);
  // To deployed clients it is a type like any other: what stands under it in a leaf is nothing to them.
  const dictionary = { ...APP_DATA_DICTIONARY, uncheckedIn: ['leaf-node', 'key-package', 'group-info'] as const };
  const types = DEPLOYED_TYPES.with({ extensions: [dictionary], proposals: [appDataUpdate] });
  // Joiners add their other installations with their own commit (XIP-82); what it may hold is for `external-commit-rules.ts`.
  const policy: ValidationPolicy = createPolicy(
    'xmtp-app-data',
    [...WAIVED_BY_DEPLOYED, 'external-commit-proposals'],
    types,
    { asDeployed: true },
  );
  return { policy, components, appDataUpdate };
}

/** The rules and types of XMTP's groups with app data; one object for each provider. */
export function xmtpTypes(crypto: CryptoProvider): ReturnType<typeof createXmtpTypes> {
  const known = policies.get(crypto) ?? createXmtpTypes(crypto);
  policies.set(crypto, known);
  return known;
}
