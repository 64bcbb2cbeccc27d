/** Options of a client in a browser. */
import type {
  BackendOptions,
  ContentOptions,
  DeviceSyncOptions,
  NetworkOptions,
  OtherOptions as SharedOtherOptions,
} from '@conclave/sdk';
import type { LogLevel } from './enums.js';

/** Where the database is. */
export interface StorageOptions {
  /** Name of the database, default `xmtp-{env}-{identifier}`; null: in memory, of this page alone. */
  dbPath?: string | null;
  /**
   * 32 bytes. Default: a random key that lies in IndexedDB, wrapped by a key of WebCrypto that cannot be read out. `databaseKeyFromPasskey`
   * makes one of a passkey.
   */
  dbEncryptionKey?: Uint8Array;
}

/** How the worker is started. */
export interface WorkerOptions {
  /**
   * Address of `@conclave/browser-sdk/worker.js` as you serve it, for pages whose Content-Security-Policy allows no `blob:` workers.
   * Default: the worker's code is part of this package.
   */
  workerUrl?: string | URL;
}

/** Further options. */
export interface OtherOptions extends Omit<SharedOtherOptions, 'loggingLevel'> {
  /** Least severe level that is written to the worker's console. Default `Off`. */
  loggingLevel?: LogLevel;
  /** Accepted, as the next two: there is nothing for them to change here. */
  performanceLogging?: boolean;
  workerConfig?: unknown;
  waitForRegistrationVisible?: unknown;
}

/** Everything that `Client.create` and `Client.build` take. */
export type ClientOptions = (NetworkOptions | BackendOptions) &
  DeviceSyncOptions &
  ContentOptions &
  StorageOptions &
  OtherOptions &
  WorkerOptions;

/** What the worker is started with: options that can be sent to it. */
export type CoreOptions = (NetworkOptions | BackendOptions) &
  Pick<StorageOptions, 'dbEncryptionKey'> &
  Pick<SharedOtherOptions, 'loggingLevel' | 'structuredLogging' | 'nonce' | 'chains'>;
