/** Calls on the client and on its statistics, as the page makes them. */
import type { ArchiveProgress } from '@conclave/client';
import { concatBytes } from '@conclave/crypto';
import { sameIdentifier, verifyPublicText } from '@conclave/identity';
import {
  type ArchiveMetadata,
  type ArchiveOptions,
  archiveKey,
  type Consent,
  type ConsentEntityType,
  type Identifier,
  InstallationClient,
  limitNoticesOf,
  type Platform,
  type Session,
  type SignatureRequestHandle,
  toArchiveMetadata,
  toCoreIdentifier,
  toCoreOptions,
} from '@conclave/sdk';
import { randomId } from '../channel/random-id.js';
import { BrowserError } from '../errors.js';
import type { CoreOptions } from '../options.js';
import type { SafeSigner } from '../page/signers.js';
import type { StorageKind } from './places.js';

/** How far an archive is. */
export interface ArchiveShare {
  /** Records written or read. */
  readonly records: number;
  /** Of the whole, from 0 to 1. */
  readonly share: number;
}

type Report = ((share: ArchiveShare) => void) | undefined;

/** What is taken of an archive at once while it is read. */
const PART_BYTES = 65_536;

const shareOf = (records: number, total: number | undefined): number =>
  total === undefined || total === 0 ? 1 : Math.min(records / total, 1);

/** The client in the worker. */
export class CoreClient extends InstallationClient<CoreOptions> {
  readonly platform: Platform<CoreOptions>;
  readonly #requests = new Map<string, SignatureRequestHandle>();

  readonly storage: StorageKind;

  constructor(platform: Platform<CoreOptions>, options: CoreOptions, storage: StorageKind) {
    super(platform, options);
    this.platform = platform;
    this.storage = storage;
  }

  get shared(): Session {
    return this.session;
  }

  /** For a tab that finds a client at work. @throws BrowserError `browser/other-account` when that is another inbox's; NetworkError */
  async assertIsOf(identifier: Identifier): Promise<void> {
    const opened = this.accountIdentifier;
    if (opened !== undefined && sameIdentifier(toCoreIdentifier(opened), toCoreIdentifier(identifier))) return;
    // Perhaps another account of the same person.
    const inboxId = await this.fetchInboxIdByIdentifier(identifier);
    if (inboxId !== this.inboxId) throw new BrowserError('browser/other-account');
  }

  /** Conversations and decisions as encrypted bytes. */
  async createArchive(key: Uint8Array, options: ArchiveOptions | undefined, report: Report): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const onProgress = ({ records, total }: ArchiveProgress) => report?.({ records, share: shareOf(records, total) });
    const archive = this.session.client.archives.export(toCoreOptions(options), archiveKey(key), { onProgress });
    for await (const part of archive) parts.push(part);
    return concatBytes(...parts);
  }

  /** Takes such bytes into the database, whole or not at all. */
  async importArchive(data: Uint8Array, key: Uint8Array, report: Report): Promise<void> {
    let read = 0;
    const parts = async function* () {
      for (read = 0; read < data.length; read += PART_BYTES) yield data.subarray(read, read + PART_BYTES);
    };
    // It is read twice: looked through before anything of it is stored.
    const onProgress = ({ phase, records, total }: ArchiveProgress) =>
      report?.({ records, share: phase === 'check' ? read / data.length / 2 : (1 + shareOf(records, total)) / 2 });
    await this.session.client.archives.import(parts, archiveKey(key), { onProgress });
  }

  /** What such bytes hold. */
  async archiveMetadata(data: Uint8Array, key: Uint8Array): Promise<ArchiveMetadata> {
    return toArchiveMetadata(await this.session.client.archives.metadata(() => once(data), archiveKey(key)));
  }

  /** Keeps a request until its signature comes. */
  keep(request: SignatureRequestHandle): string {
    const id = randomId();
    this.#requests.set(id, request);
    return id;
  }

  /** The request of this id, once. @throws BrowserError `browser/request-lost` */
  take(id: string): SignatureRequestHandle {
    const request = this.#requests.get(id);
    if (request === undefined) throw new BrowserError('browser/request-lost', { signatureRequestId: id });
    this.#requests.delete(id);
    return request;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Facts about the client that do not change. */
export interface ClientFacts {
  readonly inboxId: string;
  readonly installationId: string;
  readonly installationIdBytes: Uint8Array;
  readonly libxmtpVersion: string;
  readonly appVersion: string;
  readonly env: CoreClient['env'];
  /** What the database lies in. */
  readonly storage: StorageKind;
}

/** A text for a wallet, and the request that waits for its signature. */
export interface SignatureText {
  readonly signatureText: string;
  readonly signatureRequestId: string;
}

/** Calls on `client`. */
export function clientCalls(client: CoreClient) {
  const text = async (request: SignatureRequestHandle): Promise<SignatureText> => ({
    signatureText: await request.signatureText(),
    signatureRequestId: client.keep(request),
  });
  const optionalText = async (request: SignatureRequestHandle | null): Promise<SignatureText | undefined> =>
    request === null ? undefined : text(request);
  return {
    async facts(identifier: Identifier): Promise<ClientFacts> {
      await client.assertIsOf(identifier);
      return {
        inboxId: client.inboxId,
        installationId: client.installationId,
        installationIdBytes: client.installationIdBytes,
        libxmtpVersion: client.libxmtpVersion ?? '',
        appVersion: client.appVersion ?? '',
        env: client.env,
        storage: client.storage,
      };
    },
    isRegistered: () => client.isRegistered,
    limitNotices: () => limitNoticesOf(client.shared.client),
    async createInboxSignature() {
      const given = await optionalText(await client.unsafe_createInboxSignatureRequest());
      // After the answer, while the wallet signs. What fails now is tried again, and told, when it is applied.
      if (given !== undefined) setTimeout(() => client.shared.client.identity.prepareRegistration().catch(() => {}));
      return given;
    },
    addAccountSignature: async (identifier: Identifier) =>
      text(await client.unsafe_addAccountSignatureRequest(identifier, true)),
    removeAccountSignature: async (identifier: Identifier) =>
      text(await client.unsafe_removeAccountSignatureRequest(identifier)),
    revokeAllOthersSignature: async () =>
      optionalText(await client.unsafe_revokeAllOtherInstallationsSignatureRequest()),
    revokeInstallationsSignature: async (ids: Uint8Array[]) =>
      text(await client.unsafe_revokeInstallationsSignatureRequest(ids)),
    changeRecoverySignature: async (identifier: Identifier) =>
      text(await client.unsafe_changeRecoveryIdentifierSignatureRequest(identifier)),
    async applySignature(signer: SafeSigner, signatureRequestId: string) {
      const request = client.take(signatureRequestId);
      await addSafeSignature(request, signer);
      await client.unsafe_applySignatureRequest(request);
    },
    canMessage: (identifiers: Identifier[]) => client.canMessage(identifiers),
    fetchInboxIdByIdentifier: async (identifier: Identifier) =>
      (await client.fetchInboxIdByIdentifier(identifier)) ?? undefined,
    rotateKeyPackage: () => client.rotateKeyPackage(),
    fetchKeyPackageStatuses: async (ids: string[]) =>
      new Map(Object.entries(await client.fetchKeyPackageStatuses(ids))),
    fetchLatestInboxUpdatesCount: (inboxIds: string[]) => client.fetchLatestInboxUpdatesCount(inboxIds),
    fetchOwnInboxUpdatesCount: () => client.fetchOwnInboxUpdatesCount(),
    signWithInstallationKey: (signed: string) => client.signWithInstallationKey(signed),
    verifySignedWithInstallationKey: (signed: string, signature: Uint8Array) =>
      client.verifySignedWithInstallationKey(signed, signature),
    verifySignedWithPublicKey: (signed: string, signature: Uint8Array, publicKey: Uint8Array) =>
      verifyPublicText(client.platform.crypto, publicKey, signed, signature),
    sendSyncRequest: (options?: ArchiveOptions, serverUrl?: string) => client.sendSyncRequest(options, serverUrl),
    sendSyncArchive: (pin: string, options?: ArchiveOptions, serverUrl?: string) =>
      client.sendSyncArchive(pin, options, serverUrl),
    processSyncArchive: (pin?: string | null) => client.processSyncArchive(pin),
    listAvailableArchives: (days: number) => client.listAvailableArchives(days),
    syncAllDeviceSyncGroups: () => client.syncAllDeviceSyncGroups(),
    createArchive: (key: Uint8Array, options: ArchiveOptions | undefined, report: Report) =>
      client.createArchive(key, options, report),
    importArchive: (data: Uint8Array, key: Uint8Array, report: Report) => client.importArchive(data, key, report),
    archiveMetadata: (data: Uint8Array, key: Uint8Array) => client.archiveMetadata(data, key),
  };
}

/** Calls on `preferences`. */
export function preferencesCalls({ preferences }: CoreClient) {
  return {
    sync: () => preferences.sync(),
    inboxState: () => preferences.inboxState(),
    fetchInboxState: () => preferences.fetchInboxState(),
    getInboxStates: (ids: string[]) => preferences.getInboxStates(ids),
    fetchInboxStates: (ids: string[]) => preferences.fetchInboxStates(ids),
    setConsentStates: (consents: Consent[]) => preferences.setConsentStates(consents),
    getConsentState: (type: ConsentEntityType, entity: string) => preferences.getConsentState(type, entity),
  };
}

/** Calls on `statistics`. */
export function statisticsCalls({ debugInformation }: CoreClient) {
  return {
    apiStatistics: () => debugInformation.apiStatistics(),
    apiIdentityStatistics: () => debugInformation.apiIdentityStatistics(),
    apiAggregateStatistics: () => debugInformation.apiAggregateStatistics(),
    refusals: () => debugInformation.refusals(),
    clearAllStatistics: () => debugInformation.clearAllStatistics(),
  };
}

/** Adds what a wallet in the page has signed. */
export function addSafeSignature(request: SignatureRequestHandle, signer: SafeSigner): Promise<void> {
  if (signer.type === 'PASSKEY') return request.addPasskeySignature(signer.signature);
  return signer.type === 'EOA'
    ? request.addEcdsaSignature(signer.signature)
    : request.addScwSignature(signer.identifier, signer.signature, signer.chainId, signer.blockNumber);
}
