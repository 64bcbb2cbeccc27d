/** What a browser's worker gives to the SDK. */
import type { CryptoProvider } from '@conclave/crypto';
import { type ClientStorage, createLogger, type Platform } from '@conclave/sdk';
import type { Database } from '@conclave/sqlite';
import { gunzipSync, unzlibSync } from 'fflate';
import { toUndecoded } from '../channel/undecoded.js';
import { ApiUrls } from '../constants.js';
import type { CoreOptions } from '../options.js';
import { openGrpcWebNetwork } from '../transport/grpc-web-network.js';
import type { StorageKind } from './places.js';

/** What the worker has opened before there is a client. */
export interface WorkerSurroundings {
  readonly crypto: CryptoProvider;
  readonly storage: ClientStorage;
  memoryDatabase(): Database;
  /** What the database lies in. */
  readonly kind: StorageKind;
  /** Resolves when what was committed until now survives the worker. */
  flushed(): Promise<void>;
}

/** gRPC-web, the worker's database, its clock and the console. */
export function workerPlatform({
  crypto,
  storage,
  memoryDatabase,
  flushed,
}: WorkerSurroundings): Platform<CoreOptions> {
  return {
    crypto,
    inflate: (algorithm, bytes, maxBytes) => inflate(algorithm === 'gzip' ? gunzipSync : unzlibSync, bytes, maxBytes),
    apiUrls: ApiUrls,
    // One stream of invitations and one of all groups: browsers have six connections to a host, and other tabs may use some.
    coreOptions: { maxGroupStreams: 1 },
    undecoded: toUndecoded,
    logger: (options) => createLogger(options, writeLine),
    // A message whose ratchet step is not stored could be sent twice with one key.
    openNetwork: (address) => openGrpcWebNetwork({ ...address, beforeCall: flushed }),
    storage: () => storage,
    memoryDatabase,
  };
}

/** Inflates into a buffer of the largest size allowed for what came, and no larger. */
function inflate(
  algorithm: (data: Uint8Array, options: { out: Uint8Array }) => Uint8Array,
  bytes: Uint8Array,
  maxBytes: number,
): Uint8Array {
  // DEFLATE (RFC 1951) makes at most 1032 bytes of one. A byte more than allowed shows that there would have been more.
  return algorithm(bytes, { out: new Uint8Array(Math.min(maxBytes + 1, 1032 * bytes.length)) });
}

function writeLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: the log that the application asked for
  console.debug(line.trimEnd());
}
