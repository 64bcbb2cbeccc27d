/** Opening and closing what a client works with: the connection, the database, the installation in it, and the clock that drives it. */
import { Client as CoreClient } from '@conclave/client';
import { DEFAULT_NONCE, inboxIdOf } from '@conclave/identity';
import { type Backend, backendOf, envToString } from './backend.js';
import { ContentDecoder } from './content/content-decoder.js';
import { inboxIdFromNode } from './directory.js';
import { every, systemHost } from './host.js';
import type { ClientOptions } from './options.js';
import { connect, type Platform } from './platform.js';
import { Session, toCoreIdentifier } from './session.js';
import { CallCounts } from './transport/call-counts.js';
import type { Identifier } from './types.js';

/** Milliseconds between two looks at what is due. */
const TICK_MS = 1000;

/** The original's sentences, on its channel. */
function warnOnConsole(sentence: string): void {
  // biome-ignore lint/suspicious/noConsole: applications watch console.warn for these
  console.warn(sentence);
}

/** An open client. */
export interface OpenSession {
  readonly session: Session;
  readonly backend: Backend;
  readonly counts: CallCounts;
  /** Ends streams, waits for what is under way, closes the database and the connection. */
  close(): Promise<void>;
}

/**
 * Opens the installation of an identifier. The network is asked only when the database is not there yet.
 * @throws ClientError, SqliteError, SdkError, NetworkError; then nothing is left open
 */
export async function openSession<Options extends ClientOptions>(
  platform: Platform<Options>,
  given: Identifier,
  options: Options,
): Promise<OpenSession> {
  const identifier = toCoreIdentifier(given);
  const nonce = options.nonce ?? DEFAULT_NONCE;
  const backend = await backendOf(options, platform.apiUrls);
  const log = platform.logger(options);
  const host = systemHost(platform.crypto.random, log);
  const warn = options.onNotice ?? warnOnConsole;
  const counts = new CallCounts();
  const network = connect(platform, backend, counts);
  const releases = [() => network.close()];
  try {
    // A database that is there already is opened without asking anybody.
    const storage = platform.storage(options, envToString(backend.env));
    let inboxId: string | undefined;
    let place = inboxIdOf(identifier, nonce);
    if (!(await storage.exists(place))) {
      inboxId = await inboxIdFromNode(platform, backend, given, nonce, counts);
      place = inboxId;
    }
    const db = await storage.open(place);
    releases.push(() => db.close());
    const who = { identifier, nonce, ...(inboxId === undefined ? {} : { inboxId }) };
    const core = await CoreClient.open(
      { db, network, crypto: platform.crypto, host, options: platform.coreOptions },
      who,
    );
    const stopTicking = every(TICK_MS, () => {
      core.tick().catch((error: unknown) => log?.error('tick-failed', { error: String(error) }));
    });
    return {
      session: new Session(core, new ContentDecoder(options.codecs ?? [], platform.inflate, warn, platform.undecoded)),
      backend,
      counts,
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
