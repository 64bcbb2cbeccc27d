/** What an SDK's surroundings give to it: everything that differs between a Node process and a browser's worker. */
import {
  type ClientOptions as CoreOptions,
  type Logger,
  type Network,
  OWN_PROTOCOL_VERSION,
  type TakeOver,
} from '@conclave/client';
import type { Inflate } from '@conclave/content';
import type { CryptoProvider } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import type { ApiAddresses, Backend, TransportOptions } from './backend.js';
import type { ChainEndpoints } from './chains.js';
import type { XmtpEnv } from './constants.js';
import type { Undecoded } from './content/content-decoder.js';
import { SdkError } from './errors.js';
import type { ClientOptions, OtherOptions } from './options.js';
import type { CallCounts } from './transport/call-counts.js';
import type { HttpFetch } from './transport/http-fetch.js';

/** A network that holds a connection. */
export interface OpenNetwork extends Network {
  close(): void;
}

/** How a node is reached. */
export interface NetworkAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  /** Header `x-app-version`. */
  readonly appVersion?: string;
  /** Header `x-libxmtp-version`: the behaviour that the client matches. */
  readonly libxmtpVersion: string;
  readonly transport?: TransportOptions;
  /** Counts each attempt. */
  readonly counts?: CallCounts;
}

/** Where the database of a client lies, by inbox id. */
export interface ClientStorage {
  exists(inboxId: string): boolean | Promise<boolean>;
  /** True where the place does not depend on the inbox: a new one is opened before the node is asked which inbox it is for. */
  readonly isForAnyInbox?: boolean;
  /** @throws SqliteError, SdkError */
  open(inboxId: string): Database | Promise<Database>;
  /** The same text for the same database under the same key: clients of one process share it. Undefined: never shared. */
  shareName?(inboxId: string): string | undefined;
}

/** The surroundings. `Options` are what a client takes there. */
export interface Platform<Options extends ClientOptions = never> {
  readonly crypto: CryptoProvider;
  readonly inflate: Inflate;
  /** Where contents of unknown types are decoded elsewhere: what stands for them. */
  readonly undecoded?: Undecoded;
  /** Figures of the client that are others here. */
  readonly coreOptions?: Partial<CoreOptions>;
  readonly apiUrls: ApiAddresses;
  /** Endpoints of chains that hold where the options name none. */
  chains?(): ChainEndpoints;
  /** Undefined when the options ask for none. */
  logger(options: Pick<OtherOptions, 'loggingLevel' | 'structuredLogging'>): Logger | undefined;
  /** The connection is made with the first call. @throws NetworkError on an address that is none */
  openNetwork(address: NetworkAddress): OpenNetwork;
  /** `fetch` over such a transport; undefined where the surroundings' own does all that it asks for. @throws SdkError `sdk/bad-option` */
  fetchOver?(transport: TransportOptions): HttpFetch | undefined;
  storage(options: Options, env: XmtpEnv): ClientStorage;
  /** Where the storage may hold what the deployed client wrote. */
  readonly takeOver?: TakeOver;
  /** A database for questions that need none: gone when it is closed. */
  memoryDatabase(): Database | Promise<Database>;
}

/** `fetch` by the way that calls to the node go. @throws SdkError `sdk/bad-option` on options of the transport that cannot be used */
export function fetchOf({ fetchOver }: Pick<Platform, 'fetchOver'>, { transport }: Backend): HttpFetch {
  return (transport && fetchOver?.(transport)) ?? ((url, init) => fetch(url, init));
}

/**
 * Connects to a backend.
 * @throws SdkError `sdk/gateway-unsupported`; NetworkError on an address that is none
 */
export function connect(
  platform: Pick<Platform, 'openNetwork'>,
  { env, v3Host, gatewayHost, appVersion, transport }: Backend,
  counts?: CallCounts,
): OpenNetwork {
  if (v3Host === null || gatewayHost !== null) {
    throw new SdkError('sdk/gateway-unsupported', { env, ...(gatewayHost !== null && { gatewayHost }) });
  }
  return platform.openNetwork({
    url: v3Host,
    libxmtpVersion: OWN_PROTOCOL_VERSION,
    appVersion,
    ...(transport === undefined ? {} : { transport }),
    ...(counts === undefined ? {} : { counts }),
  });
}
