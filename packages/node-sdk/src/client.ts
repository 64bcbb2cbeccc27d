/** The client of an application: one installation of one inbox. */
import { existsSync } from 'node:fs';
import {
  Client as CoreClient,
  inboxViews,
  OWN_PROTOCOL_VERSION,
  openDirectory,
  resolveInboxId,
  type SignatureRequest,
} from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';
import { DEFAULT_NONCE, inboxIdOf } from '@conclave/identity';
import { resolveBackend } from './backend.js';
import type { XmtpEnv } from './constants.js';
import { ContentDecoder } from './content/content-decoder.js';
import { Conversations } from './conversations/conversations.js';
import {
  AccountAlreadyAssociatedError,
  ClientNotInitializedError,
  InboxReassignError,
  SignerUnavailableError,
} from './errors.js';
import { databasePathOf, memoryDatabase, noticeOnce, openClientDatabase } from './platform/database.js';
import { nodeHost } from './platform/node-host.js';
import { Preferences } from './preferences.js';
import { Session, toCoreIdentifier } from './session.js';
import { sign } from './sign.js';
import { type GrpcNetwork, openGrpcNetwork } from './transport/grpc-network.js';
import type { ClientOptions, Identifier, InboxState, NetworkOptions, Signer } from './types.js';
import { toInboxState } from './values.js';

/** Milliseconds between two looks at what is due. */
const TICK_MS = 1000;

interface Open {
  readonly session: Session;
  readonly network: GrpcNetwork;
  readonly conversations: Conversations;
  readonly preferences: Preferences;
  readonly timer: NodeJS.Timeout;
}

/** An XMTP client on Node. Made by `Client.create` or `Client.build`. */
export class Client {
  readonly #options: ClientOptions;
  readonly #env: XmtpEnv;
  #signer: Signer | undefined;
  #identifier: Identifier | undefined;
  #open: Open | undefined;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.#env = options.env ?? 'dev';
  }

  /**
   * Opens the installation of a wallet, making and registering it when it is new.
   * @throws ClientError, SqliteError, SdkError; `client/too-many-installations` names what to revoke
   */
  static async create(signer: Signer, options?: ClientOptions): Promise<Client> {
    const client = new Client(options);
    client.#signer = signer;
    await client.init(await signer.getIdentifier());
    try {
      if (options?.disableAutoRegister !== true) await client.register();
    } catch (error) {
      // Whoever is refused here has no client to close: the file must be free for the next try.
      await client.close();
      throw error;
    }
    return client;
  }

  /** Opens the installation without its wallet: calls that need a signature throw. */
  static async build(identifier: Identifier, options?: ClientOptions): Promise<Client> {
    const client = new Client({ ...options, disableAutoRegister: true });
    await client.init(identifier);
    return client;
  }

  /** Opens the database and the installation in it; a second call does nothing. */
  async init(identifier: Identifier): Promise<void> {
    if (this.#open !== undefined) return;
    const { url } = resolveBackend(this.#options);
    const { appVersion } = this.#options;
    const network = openGrpcNetwork({
      url,
      libxmtpVersion: OWN_PROTOCOL_VERSION,
      ...(appVersion === undefined ? {} : { appVersion }),
    });
    try {
      this.#open = await this.#openSession(identifier, network);
      this.#identifier = identifier;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  async #openSession(given: Identifier, network: GrpcNetwork): Promise<Open> {
    const identifier = toCoreIdentifier(given);
    const nonce = this.#options.nonce ?? DEFAULT_NONCE;
    const deps = { network, crypto: nodeCrypto, host: nodeHost };
    // A database that is there already is opened without asking anybody.
    let inboxId: string | undefined = inboxIdOf(identifier, nonce);
    let path = databasePathOf(this.#options, this.#env, inboxId);
    if (path === null || !existsSync(path)) {
      const directory = openDirectory({ ...deps, db: memoryDatabase() });
      inboxId = await resolveInboxId(directory, identifier, nonce).finally(() => directory.db.close());
      path = databasePathOf(this.#options, this.#env, inboxId);
    } else {
      inboxId = undefined;
    }
    const db = openClientDatabase(path, this.#options);
    try {
      const who = { identifier, nonce, ...(inboxId === undefined ? {} : { inboxId }) };
      const core = await CoreClient.open({ ...deps, db }, who);
      const session = new Session(
        core,
        new ContentDecoder(this.#options.codecs ?? [], this.#options.onNotice ?? noticeOnce),
      );
      const timer = setInterval(() => void core.tick().catch(() => {}), TICK_MS);
      timer.unref();
      return {
        session,
        network,
        conversations: new Conversations(session),
        preferences: new Preferences(session),
        timer,
      };
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Registers this installation with the inbox; nothing happens when it is registered. */
  async register(): Promise<void> {
    const { client } = this.#require().session;
    const identifier = this.#identifier;
    const request = await client.identity.registrationRequest(
      identifier === undefined ? undefined : toCoreIdentifier(identifier),
    );
    if (request !== undefined) await this.#signAndApply(request);
  }

  get inboxId(): string {
    return this.#require().session.client.inboxId;
  }

  /** Lower-case hex of the installation's public key. */
  get installationId(): string {
    return this.#require().session.client.installationId;
  }

  get installationIdBytes(): Uint8Array {
    return this.#require().session.client.installationIdBytes;
  }

  get isRegistered(): boolean {
    return this.#require().session.client.isRegistered;
  }

  get env(): XmtpEnv {
    this.#require();
    return this.#env;
  }

  get conversations(): Conversations {
    return this.#require().conversations;
  }

  get preferences(): Preferences {
    return this.#require().preferences;
  }

  get options(): ClientOptions {
    return this.#options;
  }

  get signer(): Signer | undefined {
    return this.#signer;
  }

  get accountIdentifier(): Identifier | undefined {
    return this.#identifier;
  }

  /** The version whose behaviour this client matches. */
  get libxmtpVersion(): string {
    return OWN_PROTOCOL_VERSION;
  }

  get appVersion(): string | undefined {
    return this.#options.appVersion;
  }

  /** Whether somebody can be written to, by lower-case identifier. */
  canMessage(identifiers: Identifier[]): Promise<Map<string, boolean>> {
    return this.#require().session.client.identity.canMessage(identifiers.map(toCoreIdentifier));
  }

  /** As the instance's, without an installation. */
  static canMessage(identifiers: Identifier[], options: NetworkOptions = {}): Promise<Map<string, boolean>> {
    return withDirectory(options, (directory) => directory.inboxLookup.canMessage(identifiers.map(toCoreIdentifier)));
  }

  /** States of inboxes, without an installation. */
  static async fetchInboxStates(inboxIds: string[], options: NetworkOptions = {}): Promise<InboxState[]> {
    return withDirectory(options, async (directory) =>
      (await inboxViews(directory, inboxIds, { refresh: true })).map(toInboxState),
    );
  }

  /** Null when nobody is registered under it. */
  async fetchInboxIdByIdentifier(identifier: Identifier): Promise<string | null> {
    return (await this.#require().session.client.identity.inboxIdOf(toCoreIdentifier(identifier))) ?? null;
  }

  /**
   * Adds an account to this inbox. Both sign: this installation and the account.
   * @throws InboxReassignError unless `allowInboxReassign`, AccountAlreadyAssociatedError when it is in this inbox
   */
  async unsafe_addAccount(newSigner: Signer, allowInboxReassign = false): Promise<void> {
    if (!allowInboxReassign) throw new InboxReassignError();
    const { client } = this.#require().session;
    const identifier = toCoreIdentifier(await newSigner.getIdentifier());
    const known = await client.identity.inboxIdOf(identifier);
    if (known === client.inboxId) throw new AccountAlreadyAssociatedError(known);
    const request = await client.identity.addAccountRequest(identifier, { allowReassign: true });
    await this.#signAndApply(request, newSigner);
  }

  /** Takes an account out of this inbox. */
  async removeAccount(identifier: Identifier): Promise<void> {
    await this.#signAndApply(
      await this.#require().session.client.identity.removeAccountRequest(toCoreIdentifier(identifier)),
    );
  }

  async revokeInstallations(installationIds: Uint8Array[]): Promise<void> {
    await this.#signAndApply(await this.#require().session.client.identity.revokeInstallationsRequest(installationIds));
  }

  async revokeAllOtherInstallations(): Promise<void> {
    const request = await this.#require().session.client.identity.revokeAllOthersRequest();
    if (request !== undefined) await this.#signAndApply(request);
  }

  async changeRecoveryIdentifier(identifier: Identifier): Promise<void> {
    await this.#signAndApply(
      await this.#require().session.client.identity.changeRecoveryRequest(toCoreIdentifier(identifier)),
    );
  }

  /** 64 bytes. */
  signWithInstallationKey(text: string): Uint8Array {
    return this.#require().session.client.signWithInstallationKey(text);
  }

  verifySignedWithInstallationKey(text: string, signature: Uint8Array): boolean {
    return this.#require().session.client.verifySignedWithInstallationKey(text, signature);
  }

  /** Ends streams, waits for what is under way, closes the database and the connection. May be called twice. */
  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    clearInterval(open.timer);
    await open.session.client.close();
    open.network.close();
  }

  async #signAndApply(request: SignatureRequest, signer: Signer | undefined = this.#signer): Promise<void> {
    if (signer === undefined) throw new SignerUnavailableError();
    await sign(request, signer);
    await this.#require().session.client.identity.apply(request);
  }

  #require(): Open {
    if (this.#open === undefined) throw new ClientNotInitializedError();
    return this.#open;
  }
}

async function withDirectory<T>(
  options: NetworkOptions,
  work: (directory: ReturnType<typeof openDirectory>) => Promise<T>,
): Promise<T> {
  const network = openGrpcNetwork({ url: resolveBackend(options).url, libxmtpVersion: OWN_PROTOCOL_VERSION });
  const db = memoryDatabase();
  try {
    return await work(openDirectory({ db, network, crypto: nodeCrypto, host: nodeHost }));
  } finally {
    db.close();
    network.close();
  }
}
