/** The client of an application, whatever it runs on: one installation of one inbox. */
import {
  type ArchiveCallOptions,
  type Client as CoreClient,
  OWN_PROTOCOL_VERSION,
  type SignatureRequest,
} from '@conclave/client';
import { envToString } from './backend.js';
import type { XmtpEnv } from './constants.js';
import { Conversations } from './conversations/conversations.js';
import { DebugInformation } from './debug-information.js';
import { historyServerOf, toAvailableArchive, toCoreOptions } from './device-sync/archive-values.js';
import { revokeFrom } from './directory.js';
import {
  AccountAlreadyAssociatedError,
  ClientNotInitializedError,
  InboxReassignError,
  SignerUnavailableError,
} from './errors.js';
import { installationsInTheWay, limitNoticesOf } from './installation-limits.js';
import { type OpenSession, openSession } from './open-session.js';
import type { ArchiveOptions, ClientOptions } from './options.js';
import { inOriginalWords } from './original-text.js';
import type { Platform } from './platform.js';
import { Preferences } from './preferences.js';
import { type Session, toCoreIdentifier } from './session.js';
import { addSignature, SignatureRequestHandle } from './signature-request.js';
import type { AvailableArchiveInfo, GroupSyncSummary, Identifier, KeyPackageStatus, Signer } from './types.js';
import { toKeyPackageStatus } from './values.js';
import { warnOnConsole } from './warn-on-console.js';

interface Open extends OpenSession {
  readonly conversations: Conversations;
  readonly preferences: Preferences;
  readonly debugInformation: DebugInformation;
}

/** What a client is on every platform; the SDKs add how it is made. */
export class InstallationClient<Options extends ClientOptions = ClientOptions> {
  readonly #platform: Platform<Options>;
  readonly #options: Options | undefined;
  readonly #signer: Signer | undefined;
  #identifier: Identifier | undefined;
  #opening: Promise<Open> | undefined;
  #open: Open | undefined;
  #isClosed = false;

  constructor(platform: Platform<Options>, options?: Options, signer?: Signer) {
    this.#platform = platform;
    this.#options = options;
    this.#signer = signer;
  }

  /** Opens the installation of the signer and registers it, unless the options forbid it. Closed again when that is refused. */
  protected async openWithSigner(signer: Signer): Promise<void> {
    await this.init(await signer.getIdentifier());
    try {
      if (this.#options?.disableAutoRegister !== true) await this.register();
    } catch (error) {
      // Whoever is refused here has no client to close: the file must be free for the next try.
      await this.close();
      throw error;
    }
  }

  /** Opens the database and the installation in it; a second call does nothing. */
  async init(identifier: Identifier): Promise<void> {
    this.#identifier ??= identifier;
    this.#opening ??= openSession(this.#platform, identifier, this.#options ?? ({} as Options)).then((opened) => ({
      ...opened,
      conversations: new Conversations(opened.session),
      preferences: new Preferences(opened.session),
      debugInformation: new DebugInformation(opened.counts, opened.session.client),
    }));
    try {
      this.#open = await this.#opening;
    } catch (error) {
      // Another try may succeed: a node that was down, a key that was wrong.
      this.#opening = undefined;
      throw error;
    }
  }

  /** Registers this installation with the inbox; nothing happens when it is registered. Notices of the options tell when the inbox fills up. */
  async register(): Promise<void> {
    const request = await this.#registrationRequest();
    if (request === null) return;
    await this.#signAndApply(request);
    const notice = this.#options?.onNotice ?? warnOnConsole;
    for (const sentence of await limitNoticesOf(this.#core)) notice(sentence);
  }

  async #registrationRequest(): Promise<SignatureRequestHandle | null> {
    try {
      return await this.unsafe_createInboxSignatureRequest();
    } catch (error) {
      const inTheWay = installationsInTheWay(error);
      if (inTheWay === undefined || this.#options?.onInstallationLimit !== 'revoke-oldest') throw error;
      await revokeFrom(this.#platform, this.#require().backend, this.#requireSigner(), this.inboxId, inTheWay);
      return this.unsafe_createInboxSignatureRequest();
    }
  }

  get inboxId(): string {
    return this.#core.inboxId;
  }

  /** Lower-case hex of the installation's public key. */
  get installationId(): string {
    return this.#core.installationId;
  }

  get installationIdBytes(): Uint8Array {
    return this.#core.installationIdBytes;
  }

  get isRegistered(): boolean {
    return this.#core.isRegistered;
  }

  get env(): XmtpEnv {
    return envToString(this.#require().backend.env);
  }

  get conversations(): Conversations {
    return this.#require().conversations;
  }

  get preferences(): Preferences {
    return this.#require().preferences;
  }

  /** Counters of calls to the node. */
  get debugInformation(): DebugInformation {
    return this.#require().debugInformation;
  }

  get options(): Options | undefined {
    return this.#options;
  }

  get signer(): Signer | undefined {
    return this.#signer;
  }

  get accountIdentifier(): Identifier | undefined {
    return this.#identifier;
  }

  /** The version of libxmtp whose behaviour this client matches. */
  get libxmtpVersion(): string | undefined {
    return this.#open && OWN_PROTOCOL_VERSION;
  }

  get appVersion(): string | undefined {
    return this.#open?.backend.appVersion;
  }

  /** Null when this installation is registered. */
  async unsafe_createInboxSignatureRequest(): Promise<SignatureRequestHandle | null> {
    const { identity } = this.#core;
    const identifier = this.#identifier && toCoreIdentifier(this.#identifier);
    return handleOf(await inOriginalWords(identity.registrationRequest(identifier)));
  }

  /** @throws InboxReassignError unless `allowInboxReassign`; ClientError `client/already-associated` */
  async unsafe_addAccountSignatureRequest(
    identifier: Identifier,
    allowInboxReassign = false,
  ): Promise<SignatureRequestHandle> {
    const { identity } = this.#core;
    if (!allowInboxReassign) throw new InboxReassignError();
    const request = await identity.addAccountRequest(toCoreIdentifier(identifier), { allowReassign: true });
    return new SignatureRequestHandle(request);
  }

  async unsafe_removeAccountSignatureRequest(identifier: Identifier): Promise<SignatureRequestHandle> {
    const request = await this.#core.identity.removeAccountRequest(toCoreIdentifier(identifier));
    return new SignatureRequestHandle(request);
  }

  /** Null when there are no others. */
  async unsafe_revokeAllOtherInstallationsSignatureRequest(): Promise<SignatureRequestHandle | null> {
    return handleOf(await this.#core.identity.revokeAllOthersRequest());
  }

  /** @param installationIds - 32 bytes each */
  async unsafe_revokeInstallationsSignatureRequest(installationIds: Uint8Array[]): Promise<SignatureRequestHandle> {
    return new SignatureRequestHandle(await this.#core.identity.revokeInstallationsRequest(installationIds));
  }

  async unsafe_changeRecoveryIdentifierSignatureRequest(identifier: Identifier): Promise<SignatureRequestHandle> {
    return new SignatureRequestHandle(await this.#core.identity.changeRecoveryRequest(toCoreIdentifier(identifier)));
  }

  /**
   * Asks the signer, or the client's own, and adds what it signs.
   * @throws SignerUnavailableError; as `SignatureRequestHandle`
   */
  async unsafe_addSignature(request: SignatureRequestHandle, signer?: Signer): Promise<void> {
    this.#require();
    await addSignature(request.request, signer ?? this.#requireSigner());
  }

  /** Publishes a request that is completely signed. @throws ClientError `client/signatures-missing` and those of the inbox's rules */
  async unsafe_applySignatureRequest(request: SignatureRequestHandle): Promise<void> {
    await this.#core.identity.apply(request.request);
  }

  /**
   * Adds an account to this inbox. Both sign: this installation and the account.
   * @throws AccountAlreadyAssociatedError when it belongs to an inbox and `allowInboxReassign` is false, InboxReassignError when it does not
   */
  async unsafe_addAccount(newSigner: Signer, allowInboxReassign = false): Promise<void> {
    const identifier = await newSigner.getIdentifier();
    const known = await this.fetchInboxIdByIdentifier(identifier);
    if (known !== null && !allowInboxReassign) throw new AccountAlreadyAssociatedError(known);
    const request = await this.unsafe_addAccountSignatureRequest(identifier, allowInboxReassign);
    await this.#signAndApply(request, newSigner);
  }

  /** Takes an account out of this inbox, with the installations it added. The recovery account signs. */
  async removeAccount(identifier: Identifier): Promise<void> {
    await this.#signAndApply(await this.unsafe_removeAccountSignatureRequest(identifier));
  }

  /** @param installationIds - 32 bytes each */
  async revokeInstallations(installationIds: Uint8Array[]): Promise<void> {
    await this.#signAndApply(await this.unsafe_revokeInstallationsSignatureRequest(installationIds));
  }

  async revokeAllOtherInstallations(): Promise<void> {
    await this.#signAndApply(await this.unsafe_revokeAllOtherInstallationsSignatureRequest());
  }

  /** Gives the right to revoke to another account. */
  async changeRecoveryIdentifier(identifier: Identifier): Promise<void> {
    await this.#signAndApply(await this.unsafe_changeRecoveryIdentifierSignatureRequest(identifier));
  }

  /** Whether somebody can be written to, by lower-case identifier. */
  async canMessage(identifiers: Identifier[]): Promise<Map<string, boolean>> {
    return this.#core.identity.canMessage(identifiers.map(toCoreIdentifier));
  }

  /** Null when nobody is registered under it. */
  async fetchInboxIdByIdentifier(identifier: Identifier): Promise<string | null> {
    return (await this.#core.identity.inboxIdOf(toCoreIdentifier(identifier))) ?? null;
  }

  /** Whether installations can be added to conversations, by their hex ids. */
  async fetchKeyPackageStatuses(installationIds: string[]): Promise<Record<string, KeyPackageStatus>> {
    const statuses = await this.#core.identity.keyPackageStatuses(installationIds);
    return Object.fromEntries([...statuses].map(([id, status]) => [id, toKeyPackageStatus(status)]));
  }

  /**
   * Replaces this installation's key package now; by itself that happens after each welcome and once a month. Not in the original.
   * @returns false when one was replaced within the hour: then it follows when that is over
   */
  rotateKeyPackage(): Promise<boolean> {
    return this.#core.identity.rotateKeyPackage();
  }

  /** How many updates the logs of inboxes hold; a log takes 256 in its life. */
  async fetchLatestInboxUpdatesCount(inboxIds: string[]): Promise<Map<string, number>> {
    return this.#core.identity.updateCounts(inboxIds, { refresh: true });
  }

  /** As `fetchLatestInboxUpdatesCount`, of the own inbox. */
  async fetchOwnInboxUpdatesCount(): Promise<number> {
    return (await this.fetchLatestInboxUpdatesCount([this.inboxId])).get(this.inboxId) as number;
  }

  /** 64 bytes. */
  signWithInstallationKey(text: string): Uint8Array {
    return this.#core.signWithInstallationKey(text);
  }

  verifySignedWithInstallationKey(text: string, signature: Uint8Array): boolean {
    return this.#core.verifySignedWithInstallationKey(text, signature);
  }

  /**
   * Asks the other installations for what they have; the archive that one of them answers with is imported when it comes.
   * @param options - default: everything
   * @param serverUrl - the history server; default `HistorySyncUrls[env]`
   */
  async sendSyncRequest(options?: ArchiveOptions, serverUrl?: string): Promise<void> {
    await this.#core.deviceSync.request(toCoreOptions(options), historyServerOf(this.env, serverUrl));
  }

  /** Leaves an archive for the other installations under a pin; parameters as in `sendSyncRequest`. @throws ClientError `client/history-server` */
  async sendSyncArchive(pin: string, options?: ArchiveOptions, serverUrl?: string): Promise<void> {
    await this.#core.deviceSync.sendArchive(pin, toCoreOptions(options), historyServerOf(this.env, serverUrl));
  }

  /**
   * Takes in the newest archive with this pin, or the newest of all.
   * @throws ClientError `client/archive-not-found`, `client/history-server`, and what is wrong with the archive; then nothing was imported
   */
  async processSyncArchive(pin?: string | null, call?: ArchiveCallOptions): Promise<void> {
    await this.#core.deviceSync.takeArchive(pin ?? undefined, call);
  }

  /** Archives that were announced in the last days, as far as they were received: synchronise the device sync groups before. */
  listAvailableArchives(days: number): AvailableArchiveInfo[] {
    return this.#core.deviceSync.listArchives(days).map(toAvailableArchive);
  }

  /** Tells the other installations what was decided here, and takes in what they decided. */
  async syncAllDeviceSyncGroups(): Promise<GroupSyncSummary> {
    const { eligible, synced } = await this.#core.deviceSync.sync();
    return { numEligible: eligible, numSynced: synced };
  }

  /**
   * Lets go of the database file, as an application does that goes into the background; everything else throws SqliteError `sqlite/released` until
   * `reconnectLocalDatabase`. Streams stay open and tell afterwards what came meanwhile. A database in memory stays. The name is that of the
   * mobile SDKs.
   */
  async dropLocalDatabaseConnection(): Promise<void> {
    await this.#require().release();
  }

  /** Takes the database up again and goes on from what it says now. @throws SqliteError, as opening the client */
  async reconnectLocalDatabase(): Promise<void> {
    await this.#require().reconnect();
  }

  /** Ends streams, waits for what is under way, closes the database and the connection. May be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const open = this.#require();
    this.#isClosed = true;
    await open.close();
  }

  /** Signs with the given signer, or the client's own, and publishes. Nothing to do is nothing done. */
  async #signAndApply(request: SignatureRequestHandle | null, signer?: Signer): Promise<void> {
    if (request === null) return;
    await this.unsafe_addSignature(request, signer);
    await this.unsafe_applySignatureRequest(request);
  }

  /** What the classes of this client share. */
  protected get session(): Session {
    return this.#require().session;
  }

  get #core(): CoreClient {
    return this.#require().session.client;
  }

  #require(): Open {
    if (this.#open === undefined) throw new ClientNotInitializedError();
    return this.#open;
  }

  #requireSigner(): Signer {
    if (this.#signer === undefined) throw new SignerUnavailableError();
    return this.#signer;
  }
}

function handleOf(request: SignatureRequest | undefined): SignatureRequestHandle | null {
  return request === undefined ? null : new SignatureRequestHandle(request);
}
