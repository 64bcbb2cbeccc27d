/** Which node a client talks to. */
import { ApiUrls } from './constants.js';
import { SdkError } from './errors.js';
import type { NetworkOptions } from './types.js';

/**
 * The node's address.
 * @throws SdkError `sdk/gateway-unsupported` for what is reached through a gateway
 */
export function resolveBackend({ env = 'dev', apiUrl, gatewayHost }: NetworkOptions): { url: string } {
  if (gatewayHost !== undefined) throw new SdkError('sdk/gateway-unsupported', { gatewayHost });
  if (apiUrl !== undefined) return { url: apiUrl };
  if (env in ApiUrls) return { url: ApiUrls[env as keyof typeof ApiUrls] };
  throw new SdkError('sdk/gateway-unsupported', { env });
}
