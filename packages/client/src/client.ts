/** The client: one installation of one inbox over its database. A thin facade; the work is in the folders beside it. */

import { type Identifier, verifyPublicText } from '@conclave/identity';
import { Archives } from './archives.js';
import { type ClientContext, type ClientDeps, openContext, type Who } from './context.js';
import { Conversations } from './conversations.js';
import { DeviceSync } from './device-sync-api.js';
import { ClientError } from './errors.js';
import { IdentityApi } from './identity-api.js';
import { Preferences } from './preferences.js';
import type { Refusal } from './refusals.js';
import { listRejectedEnvelopes, type RejectedEnvelope } from './store/rejected-envelopes.js';
import { NodeSubscription } from './streams/node-subscription.js';
import { type TickSummary, tick } from './tick.js';

/** What a client has refused. */
export interface ClientDebugInfo {
  /** Kept in the database, the newest 200. */
  readonly rejectedWelcomes: readonly RejectedEnvelope[];
  /** Since this process began. */
  readonly refusals: readonly Refusal[];
}

/** One installation. Made by `Client.open`. */
export class Client {
  readonly identity: IdentityApi;
  readonly conversations: Conversations;
  readonly preferences: Preferences;
  readonly archives: Archives;
  readonly deviceSync: DeviceSync;
  readonly #ctx: ClientContext;
  readonly #subscription: NodeSubscription;
  #closed: Promise<void> | undefined;
  #isPaused = false;

  private constructor(ctx: ClientContext) {
    this.#ctx = ctx;
    this.#subscription = new NodeSubscription(ctx);
    this.identity = new IdentityApi(ctx);
    this.conversations = new Conversations(ctx, this.#subscription);
    this.preferences = new Preferences(ctx, this.#subscription);
    this.archives = new Archives(ctx);
    this.deviceSync = new DeviceSync(ctx);
  }

  /**
   * Opens the installation in `deps.db`, or makes its keys in a new one; it is not registered by this. The network is used only
   * when the inbox is neither stored nor given.
   * @throws ClientError `client/wrong-inbox`, `client/database-newer`, `client/database-damaged`, or a network error
   */
  static async open(deps: ClientDeps, who: Who, signal?: AbortSignal): Promise<Client> {
    return new Client(await openContext(deps, who, signal));
  }

  get inboxId(): string {
    return this.#ctx.identity.inboxId;
  }

  /** Of the inbox id, as given when the installation was made. */
  get nonce(): bigint {
    return this.#ctx.identity.nonce;
  }

  /** Lower-case hex of the installation's public key. */
  get installationId(): string {
    return this.#ctx.identity.installationId;
  }

  /** 32 bytes. */
  get installationIdBytes(): Uint8Array {
    return this.#ctx.identity.installationIdBytes;
  }

  /** The identifier by which the inbox was opened first. */
  get identifier(): Identifier {
    return this.#ctx.identity.identifier;
  }

  get isRegistered(): boolean {
    return this.identity.status === 'registered';
  }

  /** Signs a text of the application with the installation's key: Ed25519ph, 64 bytes. */
  signWithInstallationKey(text: string): Uint8Array {
    return this.#ctx.identity.signPublicText(text);
  }

  /** True when this installation signed the text. */
  verifySignedWithInstallationKey(text: string, signature: Uint8Array): boolean {
    return verifyPublicText(this.#ctx.crypto, this.installationIdBytes, text, signature);
  }

  /** What was refused of what came from outside, and why: the welcomes of this installation, and counts of everything. */
  debugInfo(): ClientDebugInfo {
    const { db, refusals } = this.#ctx;
    return { rejectedWelcomes: listRejectedEnvelopes(db, this.installationId), refusals: refusals.list() };
  }

  /**
   * Rests: streams go on without being fed, what is under way is waited for, ticks do nothing. Then the host may take the database away and
   * give it back before `resume`.
   */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#subscription.pause();
    await this.#ctx.locks.idle();
  }

  /** Goes on after `pause`, from what the database says now; streams tell what came meanwhile. */
  resume(): void {
    if (this.#closed !== undefined) throw new ClientError('client/closed');
    this.#isPaused = false;
    this.#ctx.liveGroups.clear();
    this.#subscription.resume();
  }

  /** For hosts that hear of it: there is a network again, so a lost subscription is opened now and not after its wait. */
  networkIsBack(): void {
    this.#subscription.reconnectNow();
  }

  /** What is due: rotation, removals, expiry, pointers. Call it about every second; it costs a few index look-ups. */
  tick(): Promise<TickSummary> {
    if (this.#closed !== undefined) throw new ClientError('client/closed');
    return this.#isPaused ? Promise.resolve({ failures: [] }) : tick(this.#ctx);
  }

  /** Ends streams, waits for what is under way, and closes the database. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#subscription.close();
    this.#ctx.events.close();
    await this.#ctx.locks.idle();
    this.#ctx.db.close();
  }
}
