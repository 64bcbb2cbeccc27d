/** What a Node process gives to the SDK. */

import { existsSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import { takeOver } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';
import { chainsOfVariables, createLogger, type Platform } from '@conclave/sdk';
import { openDatabase } from '@conclave/sqlite/node';
import { ApiUrls } from '../constants.js';
import type { ClientOptions } from '../options.js';
import { fetchOver } from '../transport/fetch-over.js';
import { openGrpcNetwork } from '../transport/grpc-network.js';
import { databasePathOf, openClientDatabase, shareNameOf } from './database.js';

/** Native gRPC, files, the process's clock and stderr. */
export const nodePlatform: Platform<ClientOptions> = {
  crypto: nodeCrypto,
  inflate: (algorithm, bytes, maxOutputLength) =>
    (algorithm === 'gzip' ? gunzipSync : inflateSync)(bytes, { maxOutputLength }),
  apiUrls: ApiUrls,
  chains: () => chainsOfVariables(process.env),
  logger: (options) => createLogger(options, (line) => process.stderr.write(line)),
  openNetwork: openGrpcNetwork,
  fetchOver,
  storage: (options, env) => ({
    // Saves a first client the second connection and database with which it would ask for its inbox.
    isForAnyInbox: options.dbPath === null || typeof options.dbPath === 'string',
    exists(inboxId) {
      const path = databasePathOf(options, env, inboxId);
      return path !== null && existsSync(path);
    },
    open: (inboxId) => openClientDatabase(databasePathOf(options, env, inboxId), options),
    shareName: (inboxId) => shareNameOf(databasePathOf(options, env, inboxId), options),
  }),
  takeOver,
  memoryDatabase: () => openDatabase({ path: null }),
};
