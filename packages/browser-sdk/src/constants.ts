/** Addresses of nodes for gRPC-web (sources: @xmtp/browser-sdk 7.1.0). */

/** Environments that speak the v3 protocol without a gateway. */
export const ApiUrls = {
  local: 'http://localhost:5557',
  dev: 'https://api.dev.xmtp.network:5558',
  production: 'https://api.production.xmtp.network:5558',
} as const;
