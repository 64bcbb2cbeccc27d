/** The one place that reads a caller's options and fills in what they leave open. */
import { resolve } from 'node:path';
import { NodeError } from './errors.js';
import { DEFAULT_LIMITS, type NodeLimits } from './limits.js';

/** What a caller of `startNode` may say. Addresses are `HOST:PORT`; an IPv6 host is in brackets; port 0 takes any free one. */
export interface NodeOptions {
  /** Directory of the database and the history files; created when absent, held by one node at a time. */
  readonly dataDir: string;
  /** Native gRPC, cleartext HTTP/2. Default 127.0.0.1:5556; `off` for none. */
  readonly grpc?: string;
  /** gRPC-web, Connect, health, page and history files over HTTP/1.1. Default 127.0.0.1:5557; `off` for none. */
  readonly web?: string;
  /** Everything on one port over TLS; needs `tlsCert` and `tlsKey`. Default none. */
  readonly tls?: string;
  /** Path of the certificate chain, PEM. */
  readonly tlsCert?: string;
  /** Path of its private key, PEM. */
  readonly tlsKey?: string;
  /** Prometheus metrics: an address of their own, `web` for /metrics of the web and TLS ports, or `off`. Default off. */
  readonly metrics?: string;
  /** Limits per client address; callers on this machine are never limited. Default true. */
  readonly rateLimits?: boolean;
  /** Proxies in front of the node that each add to x-forwarded-for the address they saw. Default 0. */
  readonly trustedProxyHops?: number;
  /** JSON-RPC endpoints by EIP-155 chain id, to check signatures of contract wallets. */
  readonly chains?: Readonly<Record<string, string>>;
  /** Folder of the built chat page, served at / of the web and TLS ports; /about then says what runs. Default none. */
  readonly page?: string;
  /** A further address for history files alone; they are always on the web address too. */
  readonly history?: string;
  /** Least severe level that is logged. Default info. */
  readonly logLevel?: LogLevel;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<NodeLimits>;
  /** Wall clock in nanoseconds since 1970; tests give their own. */
  readonly nowNs?: () => bigint;
  /**
   * Where the database runs. `threads`, the default, keeps a flush of the disk off the main thread; `inline` runs it
   * on the calling thread and is meant for tests of what lies above it.
   */
  readonly storage?: 'threads' | 'inline';
  /**
   * Keeps everything but the history files in PostgreSQL 15 or newer, or a database that speaks its language:
   * `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Any number of nodes may share it; the data directory then holds history
   * files alone and may be shared too. Default: SQLite in the data directory.
   */
  readonly postgres?: string;
  /** Shards of a new PostgreSQL database: counters that writers wait for side by side. Default what it has, or 1. */
  readonly postgresShards?: number;
  /**
   * A NATS cluster that carries what is committed between the nodes on one PostgreSQL database: `nats://HOST:PORT` each.
   * Default: the database tells them what to read.
   */
  readonly nats?: readonly string[];
}

/** Levels of the log, from the most talkative to none. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A listening address in parts. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A TLS port and the files of its identity. */
export interface TlsConfig {
  readonly address: ListenAddress;
  readonly certFile: string;
  readonly keyFile: string;
}

/** The options with nothing left open. */
export interface NodeConfig {
  readonly dataDir: string;
  readonly grpc: ListenAddress | undefined;
  readonly web: ListenAddress | undefined;
  readonly tls: TlsConfig | undefined;
  readonly page: string | undefined;
  readonly history: ListenAddress | undefined;
  readonly metrics: ListenAddress | 'web' | undefined;
  readonly rateLimits: boolean;
  readonly trustedProxyHops: number;
  readonly chains: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
  readonly limits: NodeLimits;
  readonly nowNs: () => bigint;
  readonly storage: 'threads' | 'inline';
  /** Undefined for SQLite. */
  readonly postgres: PostgresConfig | undefined;
}

/** Where the log lies when it is not in the data directory. */
export interface PostgresConfig {
  readonly url: string;
  /** Undefined takes what the database was set up with. */
  readonly shards: number | undefined;
  /** Undefined for none. */
  readonly nats: readonly string[] | undefined;
}

/**
 * @throws NodeError `node/invalid-address`, `node/tls-incomplete`, `node/invalid-nats-url`, `node/nats-without-postgres`
 */
export function readConfig(options: NodeOptions): NodeConfig {
  return {
    dataDir: resolve(options.dataDir),
    grpc: parseOptionalAddress(options.grpc ?? '127.0.0.1:5556'),
    web: parseOptionalAddress(options.web ?? '127.0.0.1:5557'),
    tls: readTls(options),
    page: options.page,
    history: parseOptionalAddress(options.history),
    metrics: options.metrics === 'web' ? 'web' : parseOptionalAddress(options.metrics),
    rateLimits: options.rateLimits ?? true,
    trustedProxyHops: options.trustedProxyHops ?? 0,
    chains: options.chains ?? {},
    logLevel: options.logLevel ?? 'info',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    nowNs: options.nowNs ?? (() => BigInt(Date.now()) * 1_000_000n),
    storage: options.storage ?? 'threads',
    postgres: readPostgres(options),
  };
}

function readPostgres({ postgres: url, postgresShards: shards, nats }: NodeOptions): PostgresConfig | undefined {
  if (url === undefined && nats !== undefined) throw new NodeError('node/nats-without-postgres');
  for (const address of nats ?? []) {
    if (!/^(nats|tls):\/\/[^/\s]+\/?$/.test(address) || !isReadable(address))
      throw new NodeError('node/invalid-nats-url');
  }
  return url === undefined ? undefined : { url, shards, nats };
}

/** Whether host, port and login can be read out of an address. */
function isReadable(address: string): boolean {
  try {
    const { username, password } = new URL(address);
    return decodeURIComponent(username + password) !== undefined;
  } catch {
    return false;
  }
}

/** @throws NodeError `node/invalid-address`, `node/tls-incomplete` */
function readTls({ tls, tlsCert, tlsKey }: NodeOptions): TlsConfig | undefined {
  const address = parseOptionalAddress(tls);
  if (address === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new NodeError('node/tls-incomplete', { address: tls ?? '' });
  return { address, certFile: resolve(tlsCert), keyFile: resolve(tlsKey) };
}

/** None for `off` and for nothing. @throws NodeError `node/invalid-address` */
function parseOptionalAddress(text: string | undefined): ListenAddress | undefined {
  return text === undefined || text === 'off' ? undefined : parseAddress(text);
}

/**
 * Reads `HOST:PORT` or `[IPV6]:PORT`.
 * @throws NodeError `node/invalid-address`
 */
export function parseAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) throw new NodeError('node/invalid-address', { address: text });
  return { host, port };
}

/** The text form of an address, with brackets around an IPv6 host. */
export function formatAddress(address: ListenAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
