/** Which node a client talks to: named by an environment, or by addresses. Nothing here uses the network. */
import type { XmtpEnv } from './constants.js';
import { SdkError } from './errors.js';

/** Which node. */
export interface NetworkOptions {
  /** Default `dev`. */
  env?: XmtpEnv;
  /** A node's address; overrides `env`. */
  apiUrl?: string;
  /** Not spoken yet: a client of such a backend is refused with a clear error. */
  gatewayHost?: string;
  /** Sent with every call, `name/version`. */
  appVersion?: string;
  /** How the connection is made. On Node; a browser decides that itself. */
  transport?: TransportOptions;
}

/** How the connection to a node is made. */
export interface TransportOptions {
  /**
   * `socks5://[user:password@]host:port` or `http://[user:password@]host:port`, asked with CONNECT. Files of histories and calls to chains go through
   * it too. The proxy looks up the names, so that nothing of them leaves this machine otherwise.
   */
  proxy?: string;
  /** Certificates in PEM that are trusted in place of the system's; of history servers and chains, beside the usual ones. */
  tlsCa?: string | Uint8Array;
  /** Deadline of each call, milliseconds. Default 120,000. A call that fails is repeated where that may help, with growing waits. */
  callTimeoutMs?: number;
}

/** A node named by what `createBackend` made. Excludes the network options. */
export interface BackendOptions {
  backend?: Backend;
}

/** Addresses of nodes by environment, as a platform speaks to them; those that are missing need a gateway. */
export type ApiAddresses = Readonly<Partial<Record<XmtpEnv, string>>>;

/** Environments as `Backend` spells them. */
const SPELLINGS = {
  local: 'Local',
  dev: 'Dev',
  production: 'Production',
  'testnet-staging': 'TestnetStaging',
  'testnet-dev': 'TestnetDev',
  testnet: 'Testnet',
  mainnet: 'Mainnet',
} as const satisfies Record<XmtpEnv, string>;

/** An environment as `Backend` spells it, `Local` for `local`. */
export type BackendEnv = (typeof SPELLINGS)[XmtpEnv];

const ENVIRONMENTS = new Map<string, XmtpEnv>(
  Object.entries(SPELLINGS).map(([env, spelling]) => [spelling, env as XmtpEnv]),
);

/** The environment's name in options. */
export function envToString(env: BackendEnv): XmtpEnv {
  return ENVIRONMENTS.get(env) as XmtpEnv;
}

/** Where to connect to. Made by `createBackend` or a `BackendBuilder`. */
export class Backend {
  readonly env: BackendEnv;
  /** Address of a v3 node; null where there is only a gateway. */
  readonly v3Host: string | null;
  readonly gatewayHost: string | null;
  /** Empty when none was given. */
  readonly appVersion: string;
  readonly transport?: TransportOptions;

  constructor(parts: Pick<Backend, 'env' | 'v3Host' | 'gatewayHost' | 'appVersion' | 'transport'>) {
    this.env = parts.env;
    this.v3Host = parts.v3Host;
    this.gatewayHost = parts.gatewayHost;
    this.appVersion = parts.appVersion;
    if (parts.transport !== undefined) this.transport = parts.transport;
  }
}

/** Collects the parts of a Backend. */
export class BackendBuilder {
  readonly env: BackendEnv;
  readonly #standard: ApiAddresses;
  apiUrl?: string;
  gatewayHost?: string;
  appVersion?: string;
  transport?: TransportOptions;

  /** @throws SdkError `sdk/unknown-environment` */
  constructor(env: BackendEnv, standard: ApiAddresses) {
    if (!ENVIRONMENTS.has(env)) throw new SdkError('sdk/unknown-environment', { env: String(env) });
    this.env = env;
    this.#standard = standard;
  }

  setApiUrl(apiUrl: string): this {
    this.apiUrl = apiUrl;
    return this;
  }

  setGatewayHost(gatewayHost: string): this {
    this.gatewayHost = gatewayHost;
    return this;
  }

  setAppVersion(appVersion: string): this {
    this.appVersion = appVersion;
    return this;
  }

  setTransport(transport: TransportOptions): this {
    this.transport = transport;
    return this;
  }

  /** @throws SdkError `sdk/missing-gateway-host` for an environment that has no v3 node */
  async build(): Promise<Backend> {
    const url = this.#standard[envToString(this.env)];
    if (url === undefined && !this.gatewayHost) {
      throw new SdkError(
        'sdk/missing-gateway-host',
        { env: this.env },
        undefined,
        `[BackendConfigError::MissingGatewayHost] D14n environment '${this.env}' requires gateway_host to be set`,
      );
    }
    return new Backend({
      env: this.env,
      v3Host: this.apiUrl || url || null,
      gatewayHost: this.gatewayHost || null,
      appVersion: this.appVersion ?? '',
      ...(this.transport && { transport: this.transport }),
    });
  }
}

/**
 * A backend of these options; `env` defaults to `dev`.
 * @throws SdkError `sdk/unknown-environment`, `sdk/missing-gateway-host`
 */
export async function createBackend(options: NetworkOptions, standard: ApiAddresses): Promise<Backend> {
  const { env = 'dev', apiUrl, gatewayHost, appVersion, transport } = options;
  const builder = new BackendBuilder(SPELLINGS[env], standard);
  if (apiUrl) builder.setApiUrl(apiUrl);
  if (gatewayHost) builder.setGatewayHost(gatewayHost);
  if (appVersion) builder.setAppVersion(appVersion);
  if (transport) builder.setTransport(transport);
  return builder.build();
}

const NETWORK_OPTIONS = ['env', 'apiUrl', 'gatewayHost', 'appVersion', 'transport'] as const;

/**
 * The backend that a client's options name.
 * @throws SdkError `sdk/conflicting-options` for a backend and network options; as `createBackend`
 */
export async function backendOf(options: NetworkOptions | BackendOptions, standard: ApiAddresses): Promise<Backend> {
  if (!('backend' in options) || options.backend === undefined)
    return createBackend(options as NetworkOptions, standard);
  const given: Partial<Record<string, unknown>> = { ...options };
  const conflicting = NETWORK_OPTIONS.filter((name) => given[name] !== undefined && given[name] !== null);
  if (conflicting.length > 0) {
    throw new SdkError(
      'sdk/conflicting-options',
      {},
      undefined,
      `Cannot specify both 'backend' and network options (${conflicting.join(', ')}). Use either a pre-built Backend or network options, not both.`,
    );
  }
  return options.backend;
}

/** How a call without a client names its node: a backend, an environment, or network options. */
export type BackendChoice = Backend | XmtpEnv | NetworkOptions;

/** The backend of a call without a client; default `dev`. */
export async function chosenBackend(
  given: BackendChoice = {},
  gatewayHost: string | undefined,
  standard: ApiAddresses,
): Promise<Backend> {
  if (given instanceof Backend) return given;
  const options = typeof given === 'string' ? { env: given } : given;
  return createBackend({ ...options, ...(gatewayHost && { gatewayHost }) }, standard);
}
