/** Environments, and the addresses that all SDKs have in common (sources: @xmtp/node-sdk 6.0.0). */

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
