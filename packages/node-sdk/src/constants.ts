/** Addresses of nodes for native gRPC (sources: @xmtp/node-sdk 6.0.0). */

/** Environments that speak the v3 protocol without a gateway. */
export const ApiUrls = {
  local: 'http://localhost:5556',
  dev: 'https://grpc.dev.xmtp.network:443',
  production: 'https://grpc.production.xmtp.network:443',
} as const;
