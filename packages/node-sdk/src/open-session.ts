/** Opening and closing what a client works with: the connection, the database, the installation in it, and the clock that drives it. */
import { existsSync } from 'node:fs';
import { Client as CoreClient } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';
import { DEFAULT_NONCE, inboxIdOf } from '@conclave/identity';
import { type Backend, backendOf, connect, envToString } from './backend.js';
import { ContentDecoder } from './content/content-decoder.js';
import { inboxIdFromNode } from './directory.js';
import type { ClientOptions } from './options.js';
import { databasePathOf, openClientDatabase } from './platform/database.js';
import { createLogger } from './platform/logger.js';
import { nodeHost } from './platform/node-host.js';
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
export async function openSession(given: Identifier, options: ClientOptions): Promise<OpenSession> {
  const identifier = toCoreIdentifier(given);
  const nonce = options.nonce ?? DEFAULT_NONCE;
  const backend = await backendOf(options);
  const env = envToString(backend.env);
  const log = createLogger(options);
  const host = nodeHost(log);
  const warn = options.onNotice ?? warnOnConsole;
  const counts = new CallCounts();
  const network = connect(backend, counts);
  const releases = [() => network.close()];
  try {
    // A database that is there already is opened without asking anybody.
    let inboxId: string | undefined;
    let path = databasePathOf(options, env, inboxIdOf(identifier, nonce));
    if (path === null || !existsSync(path)) {
      inboxId = await inboxIdFromNode(backend, given, nonce, counts);
      path = databasePathOf(options, env, inboxId);
    }
    const db = openClientDatabase(path, options);
    releases.push(() => db.close());
    const who = { identifier, nonce, ...(inboxId === undefined ? {} : { inboxId }) };
    const core = await CoreClient.open({ db, network, crypto: nodeCrypto, host }, who);
    const timer = setInterval(() => {
      core.tick().catch((error: unknown) => log?.error('tick-failed', { error: String(error) }));
    }, TICK_MS);
    timer.unref();
    return {
      session: new Session(core, new ContentDecoder(options.codecs ?? [], warn)),
      backend,
      counts,
      async close() {
        clearInterval(timer);
        await core.close();
        network.close();
      },
    };
  } catch (error) {
    for (const release of releases.reverse()) release();
    throw error;
  }
}
