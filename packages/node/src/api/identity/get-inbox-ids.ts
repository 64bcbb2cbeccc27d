/**
 * IdentityApi.GetInboxIds: for each identifier the inbox that it was last added to and not removed from; absent where
 * there is none. The text must match exactly. Passkeys are found as well as Ethereum addresses.
 *
 * Source: node API section "IdentityApi"; identity protocol section "Server log semantics".
 */
import { IdentifierKind, IdentityApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { checkCount } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `IdentityApi.GetInboxIds`. Refuses more identifiers than a lookup may name. */
export function getInboxIds({ log, limits }: NodeContext): Rpc {
  return unaryRpc(IdentityApi.method.getInboxIds, async ({ requests }) => {
    if (requests.length === 0) return {};
    checkCount(requests.length, limits.lookupsPerCall, 'requests');
    const inboxIds = await log.inboxIds(
      requests.map(({ identifier, identifierKind }) => ({
        // Clients from before passkeys leave the kind out.
        kind: identifierKind || IdentifierKind.ETHEREUM,
        identifier,
      })),
    );
    return {
      responses: requests.map(({ identifier, identifierKind }, index) => {
        const inboxId = inboxIds[index];
        return { identifier, identifierKind, ...(inboxId !== undefined && { inboxId }) };
      }),
    };
  });
}
