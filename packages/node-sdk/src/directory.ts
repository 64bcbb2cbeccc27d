/** The inbox of an identifier, asked of a node without a client. */
import { type Backend, type Identifier, inboxIdForIdentifier } from '@conclave/sdk';
import { nodePlatform } from './platform/node-platform.js';

/**
 * The inbox that an identifier belongs to; null when nobody registered it.
 * @throws ClientError `client/invalid-address`; NetworkError
 */
export function getInboxIdForIdentifier(backend: Backend, identifier: Identifier): Promise<string | null> {
  return inboxIdForIdentifier(nodePlatform, backend, identifier);
}
