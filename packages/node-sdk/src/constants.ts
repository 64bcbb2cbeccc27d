/** Addresses behind the names of environments (sources: @xmtp/node-sdk 6.0.0). */

/** Environments that speak the v3 protocol without a gateway. */
export const ApiUrls = {
  local: 'http://localhost:5556',
  dev: 'https://grpc.dev.xmtp.network:443',
  production: 'https://grpc.production.xmtp.network:443',
} as const;

/** Where device history files are exchanged. */
export const HistorySyncUrls = {
  local: 'http://localhost:5558',
  dev: 'https://message-history.dev.ephemera.network',
  production: 'https://message-history.production.ephemera.network',
  'testnet-staging': 'https://message-history.dev.ephemera.network',
  'testnet-dev': 'https://message-history.dev.ephemera.network',
  testnet: 'https://message-history.dev.ephemera.network',
  mainnet: 'https://message-history.production.ephemera.network',
} as const;

/** Name of an environment. */
export type XmtpEnv = keyof typeof HistorySyncUrls;
