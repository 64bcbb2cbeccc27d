/** Options of a client in a browser. */
import type {
  BackendOptions,
  ContentOptions,
  DeviceSyncOptions,
  NetworkOptions,
  OtherOptions as SharedOtherOptions,
} from '@conclave/sdk';
import type { LogLevel, WorkerKind } from './enums.js';

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
  /** Accepted; there is nothing for it to change here. */
  performanceLogging?: boolean;
  /** Background work. */
  workerConfig?: WorkerConfigOptions;
  /** Accepted, with no effect: a node answers when it has stored the registration, and what it answers from then on includes it. */
  waitForRegistrationVisible?: VisibilityConfirmationOptions;
}

/** How long one kind of background work rests. */
export interface WorkerIntervalOverride {
  kind: WorkerKind;
  intervalNs: number;
}

/** By how much that may vary. */
export interface WorkerJitterOverride {
  kind: WorkerKind;
  jitterNs: number;
}

/** Background work. */
export interface WorkerConfigOptions {
  /** Accepted, as the next two, with no effect: what is due is done within a second, and nothing is looked for in vain. */
  defaultIntervalNs?: number;
  workerIntervalsNs?: WorkerIntervalOverride[];
  workerJittersNs?: WorkerJitterOverride[];
  /** `DeviceSync` is as `disableDeviceSync`. The others cannot be left out: keys and messages that have had their time are deleted. */
  disabledWorkers?: WorkerKind[];
}

/** How many nodes must have a registration. */
export interface VisibilityConfirmationOptions {
  /** From 0 to 1. */
  quorumPercentage?: number;
  quorumAbsolute?: number;
  timeoutMs?: number;
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
  Pick<DeviceSyncOptions, 'disableDeviceSync'> &
  Pick<SharedOtherOptions, 'loggingLevel' | 'structuredLogging' | 'nonce' | 'chains' | 'maxCommitBytes'>;
