/** Opening and closing what a client works with: the connection, the database, the installation in it, and the clock that drives it. */
import { ClientError, Client as CoreClient, deployedInboxId, isUnclaimed, SharedVerification } from '@conclave/client';
import { type CryptoProvider, toHex } from '@conclave/crypto';
import { DEFAULT_NONCE, inboxIdOf } from '@conclave/identity';
import { ReleasableDatabase } from '@conclave/sqlite';
import { type Backend, backendOf, envToString } from './backend.js';
import { chainCalls } from './chains.js';
import { ContentDecoder } from './content/content-decoder.js';
import { fetchTransfer } from './device-sync/fetch-transfer.js';
import { inboxIdFromNode } from './directory.js';
import { every, systemHost } from './host.js';
import type { ClientOptions } from './options.js';
import { type ClientStorage, connect, fetchOf, type Platform } from './platform.js';
import { Session, toCoreIdentifier } from './session.js';
import { SharedOpenings } from './shared-openings.js';
import { CallCounts } from './transport/call-counts.js';
import type { Identifier } from './types.js';
import { warnOnConsole } from './warn-on-console.js';

/** Milliseconds between two looks at what is due. */
const TICK_MS = 1000;

/** An open client. */
export interface OpenSession {
  readonly session: Session;
  readonly backend: Backend;
  readonly counts: CallCounts;
  /** Waits for what is under way and lets go of the database. Of all clients that share the installation. */
  release(): Promise<void>;
  /** Takes the database up again and goes on. */
  reconnect(): Promise<void>;
  /** Ends streams, waits for what is under way, closes the database and the connection. */
  close(): Promise<void>;
}

/** An installation at work. */
interface Installation {
  readonly core: CoreClient;
  readonly counts: CallCounts;
  release(): Promise<void>;
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

/** Where the installation is, and whose it is. */
interface Place {
  readonly storage: ClientStorage;
  /** The inbox by which the storage knows it. */
  readonly place: string;
  /** As the node told it; absent when the database is there. */
  readonly inboxId?: string;
}

const installations = new SharedOpenings<Installation>();

/** What the clients of this process that share it have found good. */
const verified = new WeakMap<CryptoProvider, SharedVerification>();

function verifiedOf(crypto: CryptoProvider): SharedVerification {
  const known = verified.get(crypto) ?? new SharedVerification(crypto);
  verified.set(crypto, known);
  return known;
}

/**
 * Opens the installation of an identifier. The network is asked only when the database is not there yet. Clients of one process on
 * one database share the installation in it: the last one closed closes it.
 * @throws ClientError, SqliteError, SdkError, NetworkError; then nothing is left open
 */
export async function openSession<Options extends ClientOptions>(
  platform: Platform<Options>,
  given: Identifier,
  options: Options,
): Promise<OpenSession> {
  const backend = await backendOf(options, platform.apiUrls);
  const counts = new CallCounts();
  const found = await findPlace(platform, given, options, backend, counts);
  const name = found.storage.shareName?.(found.place);
  const { value: installation, release } = await installations.open(
    name === undefined ? undefined : `${wayOf(backend)} ${name}`,
    () => openInstallation(platform, given, options, backend, counts, found),
    ({ close }) => close(),
  );
  const { inboxId, nonce, isRegistered } = installation.core;
  // Made for another nonce and never registered: nobody could tell whose inbox the caller has got.
  if (options.nonce !== undefined && !isRegistered && inboxId !== found.place && nonce !== options.nonce) {
    await release();
    throw new ClientError('client/wrong-inbox', { stored: inboxId, given: found.place });
  }
  const closing = new AbortController();
  const warn = options.onNotice ?? warnOnConsole;
  const decoder = new ContentDecoder(options.codecs ?? [], platform.inflate, warn, platform.undecoded);
  return {
    session: new Session(installation.core, decoder, closing.signal),
    backend,
    counts: installation.counts,
    release: () => installation.release(),
    reconnect: () => installation.reconnect(),
    async close() {
      closing.abort();
      await release();
    },
  };
}

/** The same text for the same node by the same way: whoever names a proxy must not share the connection of somebody who does not. */
function wayOf({ v3Host, transport: { proxy, tlsCa } = {} }: Backend): string {
  return JSON.stringify([v3Host, proxy, typeof tlsCa === 'object' ? toHex(tlsCa) : tlsCa]);
}

/** A database that is there already is opened without asking anybody; in a new one, what it is for is asked by the client itself where that can wait. */
async function findPlace<Options extends ClientOptions>(
  platform: Platform<Options>,
  identifier: Identifier,
  options: Options,
  backend: Backend,
  counts: CallCounts,
): Promise<Place> {
  const nonce = options.nonce ?? DEFAULT_NONCE;
  const storage = platform.storage(options, envToString(backend.env));
  const place = inboxIdOf(toCoreIdentifier(identifier), nonce);
  if (storage.isForAnyInbox || (await storage.exists(place))) return { storage, place };
  const inboxId = await inboxIdFromNode(platform, backend, identifier, nonce, counts);
  return { storage, place: inboxId, inboxId };
}

async function openInstallation<Options extends ClientOptions>(
  platform: Platform<Options>,
  given: Identifier,
  options: Options,
  backend: Backend,
  counts: CallCounts,
  { storage, place, inboxId }: Place,
): Promise<Installation> {
  const log = platform.logger(options);
  const host = systemHost(platform.crypto.random, log);
  const network = connect(platform, backend, counts);
  const releases = [() => network.close()];
  try {
    const fetch = fetchOf(platform, backend);
    const chains = chainCalls({ ...platform.chains?.(), ...options.chains }, fetch);
    const isNew = inboxId === undefined && !(await storage.exists(place));
    // Asked while the database is made.
    const unclaimed = isNew ? isUnclaimed(network, toCoreIdentifier(given), place) : false;
    const db = await ReleasableDatabase.open(() => storage.open(place));
    const isFile = db.path !== ':memory:';
    releases.push(() => db.close());
    const nonce = options.nonce ?? DEFAULT_NONCE;
    // A file of the deployed client does not tell which other accounts its inbox has: the node does.
    const isOfOther = inboxId === undefined && ![undefined, place].includes(deployedInboxId(db));
    const isFree = await unclaimed;
    const told = isOfOther ? await inboxIdFromNode(platform, backend, given, nonce, counts) : isFree ? place : inboxId;
    const who = {
      identifier: toCoreIdentifier(given),
      nonce,
      ...(told === undefined ? {} : { inboxId: told }),
      ...(isFree ? { unclaimedAtNs: host.nowNs() } : {}),
    };
    const core = await CoreClient.open(
      {
        db,
        network,
        crypto: platform.crypto,
        host,
        history: fetchTransfer(fetch),
        takeOver: platform.takeOver,
        chains,
        verified: options.shareVerified === true ? verifiedOf(platform.crypto) : undefined,
        options: {
          deviceSync: options.disableDeviceSync !== true,
          ...(options.maxCommitBytes === undefined ? {} : { maxCommitBytes: options.maxCommitBytes }),
          ...platform.coreOptions,
        },
      },
      who,
    );
    const stopTicking = every(TICK_MS, () => {
      core.tick().catch((error: unknown) => log?.error('tick-failed', { error: String(error) }));
    });
    return {
      core,
      counts,
      async release() {
        await core.pause();
        if (isFile) db.release();
      },
      async reconnect() {
        await db.reconnect();
        core.resume();
      },
      async close() {
        stopTicking();
        await core.close();
        network.close();
      },
    };
  } catch (error) {
    for (const release of releases.reverse()) release();
    throw error;
  }
}
