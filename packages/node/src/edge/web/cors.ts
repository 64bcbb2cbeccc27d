/**
 * Cross-origin access: page and node are different origins, and gRPC-web's headers make a browser ask first.
 *
 * Source: gRPC-web notes on the deployed browser client, section "CORS"; Envoy's list of allowed headers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const ALLOWED_HEADERS = [
  'accept',
  'authorization',
  'keep-alive',
  'user-agent',
  'cache-control',
  'content-type',
  'content-transfer-encoding',
  'x-accept-content-transfer-encoding',
  'x-accept-response-streaming',
  'x-user-agent',
  'x-grpc-web',
  'grpc-timeout',
  'x-libxmtp-version',
  'x-app-version',
  // Connect
  'connect-protocol-version',
  'connect-timeout-ms',
  'connect-content-encoding',
  'content-encoding',
].join(',');

/** Puts on every answer what a page needs to read it. */
export function allowAnyOrigin(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', 'grpc-status,grpc-message,grpc-status-details-bin');
}

/** Answers a preflight, on whatever path. False when the request is none. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': '1728000',
  });
  response.end();
  return true;
}
