/** Options of a client on Node. */
import type { HexString, ClientOptions as SharedOptions } from '@conclave/sdk';

/** Where the database is. */
export interface StorageOptions {
  /** Default `./xmtp-{env}-{inboxId}.db3`; null: in memory; a function gets the inbox id. */
  dbPath?: string | null | ((inboxId: string) => string);
  /** 32 bytes or hex; without it the file is not encrypted. */
  dbEncryptionKey?: Uint8Array | HexString;
  /** Refuse to run on an unencrypted file. Default: true when a key is given. */
  requireEncryption?: boolean;
}

/** Everything that `Client.create` and `Client.build` take. */
export type ClientOptions = SharedOptions & StorageOptions;
