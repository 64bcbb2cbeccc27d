/**
 * What an operator can set, in one table: flag, environment variable, line of the configuration file and the lines of
 * the documentation all come from here. Values are text here; read-settings.ts gives them their types.
 *
 * This file imports nothing, so that `--help` need not load a node.
 */

/** One thing that can be set. */
export interface NodeSetting {
  /** Name of the option in `NodeOptions`, or `data`. */
  readonly name: string;
  /** As commander takes it. */
  readonly flag: string;
  /** Name in the environment and in the configuration file. */
  readonly variable: string;
  /** What holds when nobody says anything; undefined where nothing does. */
  readonly default?: string;
  /** The values that are allowed, where they can be listed. */
  readonly choices?: readonly string[];
  /** May be given several times on the command line; the values are joined by commas. */
  readonly isList?: boolean;
  /** Holds a password: shown masked. */
  readonly isSecret?: boolean;
  /** One sentence. */
  readonly help: string;
}

/** Where the configuration file is named. */
export const CONFIG_VARIABLE = 'CONCLAVE_NODE_CONFIG';

/** Endpoints of chains may be given one by one in variables of this form: `CHAIN_RPC_1`, `CHAIN_RPC_8453`. */
export const CHAIN_VARIABLE = /^CHAIN_RPC_(\d{1,19})$/;

/** Every setting, in the order of the documentation. */
export const NODE_SETTINGS: readonly NodeSetting[] = [
  {
    name: 'data',
    flag: '--data <dir>',
    variable: 'CONCLAVE_NODE_DATA',
    help: 'folder of the database and the history files; one process holds it at a time',
  },
  {
    name: 'grpc',
    flag: '--grpc <host:port>',
    variable: 'CONCLAVE_NODE_GRPC',
    default: '127.0.0.1:5556',
    help: 'native gRPC over cleartext HTTP/2; port 0 takes a free one, "off" closes it',
  },
  {
    name: 'web',
    flag: '--web <host:port>',
    variable: 'CONCLAVE_NODE_WEB',
    default: '127.0.0.1:5557',
    help: 'gRPC-web and Connect over HTTP/1.1, the page, /healthz, /readyz, history files; "off" closes it',
  },
  {
    name: 'tls',
    flag: '--tls <host:port>',
    variable: 'CONCLAVE_NODE_TLS',
    help: 'everything on one port over TLS: HTTP/2 and HTTP/1.1 by ALPN; needs a certificate and its key',
  },
  {
    name: 'tlsCert',
    flag: '--tls-cert <file>',
    variable: 'CONCLAVE_NODE_TLS_CERT',
    help: 'certificate chain, PEM; read again on SIGHUP and when the file changes',
  },
  {
    name: 'tlsKey',
    flag: '--tls-key <file>',
    variable: 'CONCLAVE_NODE_TLS_KEY',
    help: 'private key of the certificate, PEM',
  },
  {
    name: 'postgres',
    flag: '--postgres <url>',
    variable: 'CONCLAVE_NODE_POSTGRES',
    isSecret: true,
    help: 'keep the log in PostgreSQL, which any number of nodes may share; else SQLite in the data folder',
  },
  {
    name: 'postgresShards',
    flag: '--postgres-shards <n>',
    variable: 'CONCLAVE_NODE_POSTGRES_SHARDS',
    help: 'counters of a new PostgreSQL database, to write on side by side',
  },
  {
    name: 'nats',
    flag: '--nats <url>',
    variable: 'CONCLAVE_NODE_NATS',
    isList: true,
    isSecret: true,
    help: 'NATS servers that carry the fan-out between the nodes on one PostgreSQL; losing them costs latency alone',
  },
  {
    name: 'page',
    flag: '--page <dir>',
    variable: 'CONCLAVE_NODE_PAGE',
    help: 'folder of the built chat page, served at / of the web port; /about then says what runs',
  },
  {
    name: 'history',
    flag: '--history <host:port>',
    variable: 'CONCLAVE_NODE_HISTORY',
    help: 'history files on a further port of their own',
  },
  {
    name: 'metrics',
    flag: '--metrics <host:port>',
    variable: 'CONCLAVE_NODE_METRICS',
    default: 'off',
    help: 'Prometheus metrics on a port of their own; "web" serves them at /metrics of the web port, "off" nowhere',
  },
  {
    name: 'rateLimits',
    flag: '--rate-limits <on|off>',
    variable: 'CONCLAVE_NODE_RATE_LIMITS',
    default: 'on',
    choices: ['on', 'off'],
    help: 'limits per client address; callers on this machine itself are never limited',
  },
  {
    name: 'trustedProxyHops',
    flag: '--trusted-proxy-hops <n>',
    variable: 'CONCLAVE_NODE_TRUSTED_PROXY_HOPS',
    default: '0',
    help: 'proxies in front of the node that each add the address they saw to x-forwarded-for',
  },
  {
    name: 'chains',
    flag: '--chain <id=url>',
    variable: 'CONCLAVE_NODE_CHAINS',
    isList: true,
    isSecret: true,
    help: 'JSON-RPC endpoint of a chain, to check signatures of contract wallets; also CHAIN_RPC_<id>',
  },
  {
    name: 'limits',
    flag: '--limit <name=value>',
    variable: 'CONCLAVE_NODE_LIMITS',
    isList: true,
    help: 'a bound of docs/limits.md that differs from its default',
  },
  {
    name: 'logLevel',
    flag: '--log-level <level>',
    variable: 'CONCLAVE_NODE_LOG_LEVEL',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    help: 'least severe level that is logged, as JSON lines on stderr',
  },
];
