/** The client of an application on Node: how it is made, and what can be asked without one. */
import type { ArchiveCallOptions, ArchiveImport } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';
import { verifyPublicText } from '@conclave/identity';
import {
  type ArchiveMetadata,
  type ArchiveOptions,
  archiveKey,
  type BackendChoice,
  canMessageFrom,
  hasAddress,
  hasInstallation,
  type Identifier,
  type InboxState,
  InstallationClient,
  inboxStatesFrom,
  revokeFrom,
  type Signer,
  toArchiveMetadata,
  toCoreOptions,
  updateCountsFrom,
} from '@conclave/sdk';
import { chosenBackend } from './backend.js';
import type { ClientOptions } from './options.js';
import { archiveFile, writeArchiveFile } from './platform/archive-files.js';
import { nodePlatform } from './platform/node-platform.js';

/** An XMTP client on Node. Made by `Client.create` or `Client.build`. */
export class Client extends InstallationClient<ClientOptions> {
  constructor(options?: ClientOptions, signer?: Signer) {
    super(nodePlatform, options, signer);
  }

  /**
   * Opens the installation of a wallet, making and registering it when it is new.
   * @throws ClientError, SqliteError, SdkError; `client/too-many-installations` names what to revoke
   */
  static async create(signer: Signer, options?: ClientOptions): Promise<Client> {
    const client = new Client(options, signer);
    await client.openWithSigner(signer);
    return client;
  }

  /** Opens the installation without its wallet: calls that need a signature throw. */
  static async build(identifier: Identifier, options?: ClientOptions): Promise<Client> {
    const client = new Client({ ...options, disableAutoRegister: true });
    await client.init(identifier);
    return client;
  }

  /**
   * Writes conversations, messages and decisions to an encrypted file, which appears when it is complete.
   * @param key - 32 bytes; more are ignored
   * @param options - default: everything
   * @throws SdkError `sdk/archive-key-too-short`, `sdk/archive-file`
   */
  async createArchive(
    path: string,
    key: Uint8Array,
    options?: ArchiveOptions,
    call?: ArchiveCallOptions,
  ): Promise<void> {
    await writeArchiveFile(path, this.session.client.archives.export(toCoreOptions(options), archiveKey(key), call));
  }

  /**
   * Reads such a file into the database, whole or not at all; importing it twice changes nothing.
   * @returns what was new (the original says nothing)
   * @throws SdkError `sdk/archive-key-too-short`, `sdk/archive-file`; ClientError `client/archive-wrong-key`, `client/archive-truncated`,
   *   `client/archive-invalid`, `client/archive-newer`
   */
  async importArchive(path: string, key: Uint8Array, call?: ArchiveCallOptions): Promise<ArchiveImport> {
    return this.session.client.archives.import(archiveFile(path), archiveKey(key), call);
  }

  /** What such a file holds; reads only its beginning. @throws as `importArchive` */
  async archiveMetadata(path: string, key: Uint8Array): Promise<ArchiveMetadata> {
    return toArchiveMetadata(await this.session.client.archives.metadata(archiveFile(path), archiveKey(key)));
  }

  /** True when the installation with this key (32 bytes) signed the text with `signWithInstallationKey`. */
  static verifySignedWithPublicKey(text: string, signature: Uint8Array, publicKey: Uint8Array): boolean {
    return verifyPublicText(nodeCrypto, publicKey, text, signature);
  }

  /** Revokes installations of an inbox without being one of them; the recovery account signs. */
  static async revokeInstallations(
    signer: Signer,
    inboxId: string,
    installationIds: Uint8Array[],
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<void> {
    await revokeFrom(nodePlatform, await chosenBackend(backend, gatewayHost), signer, inboxId, installationIds);
  }

  /** States of inboxes, without an installation. @throws ClientError `client/unknown-inbox` */
  static async fetchInboxStates(
    inboxIds: string[],
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<InboxState[]> {
    return inboxStatesFrom(nodePlatform, await chosenBackend(backend, gatewayHost), inboxIds);
  }

  /** As the instance's, without an installation. */
  static async fetchLatestInboxUpdatesCount(
    inboxIds: string[],
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<Map<string, number>> {
    return updateCountsFrom(nodePlatform, await chosenBackend(backend, gatewayHost), inboxIds);
  }

  /** As the instance's, without an installation. */
  static async canMessage(identifiers: Identifier[], backend?: BackendChoice): Promise<Map<string, boolean>> {
    return canMessageFrom(nodePlatform, await chosenBackend(backend), identifiers);
  }

  /** Whether an address is a member of an inbox. @throws ClientError `client/unknown-inbox` */
  static async isAddressAuthorized(
    inboxId: string,
    address: string,
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<boolean> {
    return hasAddress(nodePlatform, await chosenBackend(backend, gatewayHost), inboxId, address);
  }

  /** Whether an installation is a member of an inbox. @throws ClientError `client/unknown-inbox` */
  static async isInstallationAuthorized(
    inboxId: string,
    installationId: Uint8Array,
    backend?: BackendChoice,
    gatewayHost?: string,
  ): Promise<boolean> {
    return hasInstallation(nodePlatform, await chosenBackend(backend, gatewayHost), inboxId, installationId);
  }
}
