/** The client of an application, on the page: what it does happens in a worker that all tabs of its database share. */
import type { ContentCodec } from '@conclave/content';
import {
  AccountAlreadyAssociatedError,
  type Backend,
  type BackendChoice,
  backendOf,
  ClientNotInitializedError,
  type ExtractCodecContentTypes,
  envToString,
  type GroupSyncSummary,
  type Identifier,
  InboxReassignError,
  type InboxState,
  installationsInTheWay,
  type KeyPackageStatus,
  type AvailableArchiveInfo as SharedArchiveInfo,
  type Signer,
  SignerUnavailableError,
  warnOnConsole,
  type XmtpEnv,
} from '@conclave/sdk';
import { ApiUrls } from '../constants.js';
import { type ArchiveMetadata, type ArchiveOptions, archiveMetadataOf, sharedArchiveOptions } from '../enums.js';
import { BrowserError } from '../errors.js';
import type { ClientOptions, WorkerOptions } from '../options.js';
import { canShare, isAnyAtWork, ownCore, sharedCore } from '../tabs/shared-core.js';
import type { ArchiveShare, ClientFacts, SignatureText } from '../worker/client-calls.js';
import type { StorageKind } from '../worker/places.js';
import { Conversations } from './conversations.js';
import { CoreLink } from './core-link.js';
import { coreOptionsOf } from './core-options.js';
import { CodecRegistry } from './decoded-message.js';
import { canMessageFrom, chosenBackend, inboxStatesFrom, revokeFrom, updateCountsFrom } from './directory.js';
import { PageSession } from './page-session.js';
import { DebugInformation, Preferences } from './preferences.js';
import { type SafeSigner, toSafeSigner } from './signers.js';
import { launchAhead } from './worker-process.js';

interface Open<ContentTypes> {
  readonly session: PageSession;
  readonly facts: ClientFacts;
  readonly conversations: Conversations<ContentTypes>;
  readonly preferences: Preferences;
  readonly debugInformation: DebugInformation;
}

/** What may be told while an archive is written or read. Not in the original. */
export interface ArchiveCall {
  readonly onProgress?: (share: ArchiveShare) => void;
}

/** An archive that another installation offers. */
export type AvailableArchiveInfo = Omit<SharedArchiveInfo, 'metadata'> & { metadata: ArchiveMetadata };

/** What is loaded ahead. */
export interface PreloadOptions extends WorkerOptions {
  readonly privateKeys?: boolean;
}

type WithCodecs<Codecs extends ContentCodec[]> = Omit<ClientOptions, 'codecs'> & { codecs?: Codecs };

/**
 * Loads and compiles ahead what a client needs, in the worker that the next client of this page then takes: for pages that know that somebody is about to
 * sign in. Nothing happens where another client of this origin is at work. `Client.create` and `build` do it while the signer and the locks are asked. Not in the
 * original.
 * @param options - `workerUrl` as the client will have it; `privateKeys`: what `createEOASigner` signs with as well
 */
export function preload({ workerUrl, privateKeys = false }: PreloadOptions = {}): void {
  // What cannot be loaded now is asked for again, and told, when it is needed.
  if (privateKeys) import('./private-key-signer.js').catch(() => {});
  launchAhead(workerUrl, isAnyAtWork());
}

/** An XMTP client in a browser. Made by `Client.create` or `Client.build`. */
export class Client<ContentTypes = ExtractCodecContentTypes> {
  readonly #options: ClientOptions | undefined;
  readonly #signer: Signer | undefined;
  #identifier: Identifier | undefined;
  #opening: Promise<Open<ContentTypes>> | undefined;
  #open: Open<ContentTypes> | undefined;

  constructor(options?: ClientOptions, signer?: Signer) {
    this.#options = options;
    this.#signer = signer;
  }

  /**
   * Opens the installation of a wallet, making and registering it when it is new.
   * @throws RemoteError with the codes of the layers below, such as `client/too-many-installations`, `sqlite/wrong-key`; BrowserError
   */
  static async create<Codecs extends ContentCodec[] = []>(
    signer: Signer,
    options?: WithCodecs<Codecs>,
  ): Promise<Client<ExtractCodecContentTypes<Codecs>>> {
    const client = new Client<ExtractCodecContentTypes<Codecs>>(options as ClientOptions, signer);
    try {
      client.#prepare();
      await client.init(await signer.getIdentifier());
      if (options?.disableAutoRegister !== true) await client.register();
    } catch (error) {
      // Whoever is refused here has no client to close: the database must be free for the next try.
      await client.close();
      throw error;
    }
    return client;
  }

  /** Opens the installation without its wallet: calls that need a signature throw. */
  static async build<Codecs extends ContentCodec[] = []>(
    identifier: Identifier,
    options?: WithCodecs<Codecs>,
  ): Promise<Client<ExtractCodecContentTypes<Codecs>>> {
    const client = new Client<ExtractCodecContentTypes<Codecs>>({
      ...options,
      disableAutoRegister: true,
    } as ClientOptions);
    try {
      client.#prepare();
      await client.init(identifier);
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /** What can begin before it is known whose client it is. */
  #prepare(): void {
    launchAhead(this.#options?.workerUrl, isAnyAtWork());
    this.#sharing = canShare();
  }

  /** Opens the database and the installation in it; a second call does nothing, after a failure it begins anew. */
  async init(identifier: Identifier): Promise<void> {
    this.#opening ??= this.#start(identifier).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    this.#open = await this.#opening;
  }

  async #start(identifier: Identifier): Promise<Open<ContentTypes>> {
    this.#identifier = identifier;
    const given = this.#options ?? ({} as ClientOptions);
    const { codecs = [], dbPath, workerUrl } = given;
    const backend = await this.#backend();
    const options = coreOptionsOf(given, backend);
    const env = envToString(backend.env);
    const wanted = dbPath === undefined ? `xmtp-${env}-${identifier.identifier.toLowerCase()}` : dbPath;
    // Without locks two tabs could write one database at once.
    const name = wanted !== null && (await (this.#sharing ?? canShare())) ? wanted : null;
    if (this.#isClosed) throw new BrowserError('browser/closed');
    const source =
      name === null
        ? ownCore({ name, options, identifier, workerUrl })
        : sharedCore({ name, options, identifier, workerUrl });
    const session = new PageSession(new CoreLink(source), new CodecRegistry(codecs));
    this.#session = session;
    const facts = await session.client.call('facts', identifier).catch(async (error: unknown) => {
      // The next attempt, which another tab may make, needs the database.
      await session.link.close();
      throw error;
    });
    session.installationId = facts.installationId;
    return {
      session,
      facts,
      conversations: new Conversations<ContentTypes>(session),
      preferences: new Preferences(session),
      debugInformation: new DebugInformation(session),
    };
  }

  #sharing: Promise<boolean> | undefined;
  #session: PageSession | undefined;
  #isClosed = false;

  /** Lets go of the worker: another tab takes over, else the database is closed. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#session?.link.close();
  }

  get options(): ClientOptions | undefined {
    return this.#options;
  }

  get signer(): Signer | undefined {
    return this.#signer;
  }

  /** Whether `init` has finished. */
  get isReady(): boolean {
    return this.#open !== undefined;
  }

  get inboxId(): string | undefined {
    return this.#open?.facts.inboxId;
  }

  get accountIdentifier(): Identifier | undefined {
    return this.#identifier;
  }

  /** Lower-case hex of the installation's public key. */
  get installationId(): string | undefined {
    return this.#open?.facts.installationId;
  }

  get installationIdBytes(): Uint8Array | undefined {
    return this.#open?.facts.installationIdBytes;
  }

  get conversations(): Conversations<ContentTypes> {
    return this.#require().conversations;
  }

  get preferences(): Preferences {
    return this.#require().preferences;
  }

  /** Counters of calls to the node, of all tabs together. */
  get debugInformation(): DebugInformation {
    return this.#require().debugInformation;
  }

  /** The version of libxmtp whose behaviour this client matches. */
  get libxmtpVersion(): string | undefined {
    return this.#open?.facts.libxmtpVersion;
  }

  get appVersion(): string | undefined {
    return this.#open?.facts.appVersion;
  }

  get env(): XmtpEnv | undefined {
    return this.#open?.facts.env;
  }

  /**
   * What the database lies in: `opfs`, files; `indexeddb`, where the page may have no files; `memory`, where nothing is kept. Not in
   * the original.
   */
  get storage(): StorageKind | undefined {
    return this.#open?.facts.storage;
  }

  /** Both undefined when this installation is registered. */
  async unsafe_createInboxSignatureText(): Promise<Partial<SignatureText>> {
    return (await this.#remote.call('createInboxSignature')) ?? {};
  }

  /** @throws InboxReassignError unless `allowInboxReassign`; RemoteError `client/already-associated` */
  async unsafe_addAccountSignatureText(newIdentifier: Identifier, allowInboxReassign = false): Promise<SignatureText> {
    const remote = this.#remote;
    if (!allowInboxReassign) throw new InboxReassignError();
    return remote.call('addAccountSignature', newIdentifier);
  }

  async unsafe_removeAccountSignatureText(identifier: Identifier): Promise<SignatureText> {
    return this.#remote.call('removeAccountSignature', identifier);
  }

  /** The text is undefined when there are no others. */
  async unsafe_revokeAllOtherInstallationsSignatureText(): Promise<{
    signatureText: string | undefined;
    signatureRequestId: string;
  }> {
    const none = { signatureText: undefined, signatureRequestId: '' };
    return (await this.#remote.call('revokeAllOthersSignature')) ?? none;
  }

  /** @param installationIds - 32 bytes each */
  async unsafe_revokeInstallationsSignatureText(installationIds: Uint8Array[]): Promise<SignatureText> {
    return this.#remote.call('revokeInstallationsSignature', installationIds);
  }

  async unsafe_changeRecoveryIdentifierSignatureText(identifier: Identifier): Promise<SignatureText> {
    return this.#remote.call('changeRecoverySignature', identifier);
  }

  /** Adds what a wallet signed and publishes the change. */
  async unsafe_applySignatureRequest(signer: SafeSigner, signatureRequestId: string): Promise<void> {
    await this.#remote.call('applySignature', signer, signatureRequestId);
  }

  /** Registers this installation with the inbox; nothing happens when it is registered. Notices of the options tell when the inbox fills up. */
  async register(): Promise<void> {
    const request = await this.#registrationText();
    if (request.signatureText === undefined) return;
    await this.#signAndApply(request);
    const notice = this.#options?.onNotice ?? warnOnConsole;
    for (const sentence of await this.#remote.call('limitNotices')) notice(sentence);
  }

  async #registrationText(): Promise<Partial<SignatureText>> {
    try {
      return await this.unsafe_createInboxSignatureText();
    } catch (error) {
      const inTheWay = installationsInTheWay(error);
      const { onInstallationLimit } = this.#options ?? {};
      if (inTheWay === undefined || onInstallationLimit !== 'revoke-oldest') throw error;
      if (this.#signer === undefined) throw new SignerUnavailableError();
      await revokeFrom(await this.#backend(), this.#signer, this.inboxId as string, inTheWay);
      return this.unsafe_createInboxSignatureText();
    }
  }

  #backend(): Promise<Backend> {
    return backendOf(networkOf(this.#options ?? {}), ApiUrls);
  }

  /** @throws AccountAlreadyAssociatedError when it belongs to an inbox and `allowInboxReassign` is false, InboxReassignError when it does not */
  async unsafe_addAccount(newAccountSigner: Signer, allowInboxReassign = false): Promise<void> {
    const identifier = await newAccountSigner.getIdentifier();
    const known = await this.fetchInboxIdByIdentifier(identifier);
    if (known !== undefined && !allowInboxReassign) throw new AccountAlreadyAssociatedError(known);
    const text = await this.unsafe_addAccountSignatureText(identifier, allowInboxReassign);
    await this.#signAndApply(text, newAccountSigner);
  }

  /** Takes an account out of this inbox, with the installations it added. The recovery account signs. */
  async removeAccount(identifier: Identifier): Promise<void> {
    await this.#signAndApply(await this.unsafe_removeAccountSignatureText(identifier));
  }

  async revokeAllOtherInstallations(): Promise<void> {
    await this.#signAndApply(await this.unsafe_revokeAllOtherInstallationsSignatureText());
  }

  /** @param installationIds - 32 bytes each */
  async revokeInstallations(installationIds: Uint8Array[]): Promise<void> {
    await this.#signAndApply(await this.unsafe_revokeInstallationsSignatureText(installationIds));
  }

  /** Gives the right to revoke to another account. */
  async changeRecoveryIdentifier(identifier: Identifier): Promise<void> {
    await this.#signAndApply(await this.unsafe_changeRecoveryIdentifierSignatureText(identifier));
  }

  async isRegistered(): Promise<boolean> {
    return this.#remote.call('isRegistered');
  }

  /** Whether somebody can be written to, by lower-case identifier. */
  async canMessage(identifiers: Identifier[]): Promise<Map<string, boolean>> {
    return this.#remote.call('canMessage', identifiers);
  }

  /** Undefined when nobody is registered under it. */
  async fetchInboxIdByIdentifier(identifier: Identifier): Promise<string | undefined> {
    return this.#remote.call('fetchInboxIdByIdentifier', identifier);
  }

  /** Whether installations can be added to conversations, by their hex ids. */
  async fetchKeyPackageStatuses(installationIds: string[]): Promise<Map<string, KeyPackageStatus>> {
    return this.#remote.call('fetchKeyPackageStatuses', installationIds);
  }

  /**
   * Replaces this installation's key package now; by itself that happens after each welcome and once a month. Not in the original.
   * @returns false when one was replaced within the hour: then it follows when that is over
   */
  async rotateKeyPackage(): Promise<boolean> {
    return this.#remote.call('rotateKeyPackage');
  }

  /** How many updates the logs of inboxes hold; a log takes 256 in its life. */
  async fetchLatestInboxUpdatesCount(inboxIds: string[]): Promise<Map<string, number>> {
    return this.#remote.call('fetchLatestInboxUpdatesCount', inboxIds);
  }

  async fetchOwnInboxUpdatesCount(): Promise<number> {
    return this.#remote.call('fetchOwnInboxUpdatesCount');
  }

  /** 64 bytes. */
  async signWithInstallationKey(signatureText: string): Promise<Uint8Array> {
    return this.#remote.call('signWithInstallationKey', signatureText);
  }

  async verifySignedWithInstallationKey(signatureText: string, signatureBytes: Uint8Array): Promise<boolean> {
    return this.#remote.call('verifySignedWithInstallationKey', signatureText, signatureBytes);
  }

  /** @param publicKey - 32 bytes, of the installation */
  async verifySignedWithPublicKey(
    signatureText: string,
    signatureBytes: Uint8Array,
    publicKey: Uint8Array,
  ): Promise<boolean> {
    return this.#remote.call('verifySignedWithPublicKey', signatureText, signatureBytes, publicKey);
  }

  /** Asks the other installations for what they have. */
  async sendSyncRequest(options?: ArchiveOptions, serverUrl?: string): Promise<void> {
    await this.#remote.call('sendSyncRequest', sharedArchiveOptions(options), serverUrl);
  }

  /** Offers what this installation has to the others. */
  async sendSyncArchive(pin: string, options?: ArchiveOptions, serverUrl?: string): Promise<void> {
    await this.#remote.call('sendSyncArchive', pin, sharedArchiveOptions(options), serverUrl);
  }

  /** Takes in what another installation offers. */
  async processSyncArchive(archivePin?: string | null): Promise<void> {
    await this.#remote.call('processSyncArchive', archivePin);
  }

  /** What other installations offer. */
  async listAvailableArchives(daysCutoff: number): Promise<AvailableArchiveInfo[]> {
    const found = await this.#remote.call('listAvailableArchives', daysCutoff);
    return found.map((each) => ({ ...each, metadata: archiveMetadataOf(each.metadata) }));
  }

  /** Brings in what other installations decided. */
  async syncAllDeviceSyncGroups(): Promise<GroupSyncSummary> {
    return this.#remote.call('syncAllDeviceSyncGroups');
  }

  /** Conversations and decisions as encrypted bytes. */
  async createArchive(key: Uint8Array, options?: ArchiveOptions, call: ArchiveCall = {}): Promise<Uint8Array> {
    return this.#remote.callReporting('createArchive', call.onProgress, key, sharedArchiveOptions(options));
  }

  /** Takes such bytes into the database, whole or not at all. */
  async importArchive(data: Uint8Array, key: Uint8Array, call: ArchiveCall = {}): Promise<void> {
    await this.#remote.callReporting('importArchive', call.onProgress, data, key);
  }

  /** What such bytes hold. */
  async archiveMetadata(data: Uint8Array, key: Uint8Array): Promise<ArchiveMetadata> {
    return archiveMetadataOf(await this.#remote.call('archiveMetadata', data, key));
  }

  /** Revokes installations of an inbox without being one of them; the recovery account signs. */
  static async revokeInstallations(
    signer: Signer,
    inboxId: string,
    installationIds: Uint8Array[],
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<void> {
    await revokeFrom(await chosenBackend(backend, gatewayHost), signer, inboxId, installationIds);
  }

  /** States of inboxes, without an installation. @throws RemoteError `client/unknown-inbox` */
  static async fetchInboxStates(
    inboxIds: string[],
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<InboxState[]> {
    return inboxStatesFrom(await chosenBackend(backend, gatewayHost), inboxIds);
  }

  /** As the instance's, without an installation. */
  static async canMessage(identifiers: Identifier[], backend?: BackendChoice): Promise<Map<string, boolean>> {
    return canMessageFrom(await chosenBackend(backend), identifiers);
  }

  /** As the instance's, without an installation. */
  static async fetchLatestInboxUpdatesCount(
    inboxIds: string[],
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<Map<string, number>> {
    return updateCountsFrom(await chosenBackend(backend, gatewayHost), inboxIds);
  }

  /** Signs with the given signer, or the client's own, and publishes. Nothing to do is nothing done. */
  async #signAndApply(
    { signatureText, signatureRequestId }: { signatureText?: string | undefined; signatureRequestId?: string },
    signer: Signer | undefined = this.#signer,
  ): Promise<void> {
    if (signatureText === undefined || signatureRequestId === undefined) return;
    if (signer === undefined) throw new SignerUnavailableError();
    const signature = await signer.signMessage(signatureText);
    await this.unsafe_applySignatureRequest(await toSafeSigner(signer, signature), signatureRequestId);
  }

  get #remote() {
    return this.#require().session.client;
  }

  #require(): Open<ContentTypes> {
    if (this.#open === undefined) throw new ClientNotInitializedError();
    return this.#open;
  }
}

/** The part of the options that names a node. */
function networkOf(options: Partial<ClientOptions>): ClientOptions {
  const { env, apiUrl, gatewayHost, appVersion, backend } = options as Record<string, unknown>;
  const named = { env, apiUrl, gatewayHost, appVersion, backend };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)) as ClientOptions;
}
