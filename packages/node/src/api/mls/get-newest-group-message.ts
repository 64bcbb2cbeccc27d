/**
 * MlsApi.GetNewestGroupMessage: how a client finds, of up to a thousand groups, those that have something new.
 *
 * Source: node API section "Reading".
 */
import { EMPTY_BYTES } from '@conclave/crypto';
import { MlsApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { type EncodedField, encodeFields } from '../../encode-fields.js';
import { checkCount } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `MlsApi.GetNewestGroupMessage`. Refuses an empty question, and more groups than a lookup may name. */
export function getNewestGroupMessage({ log, limits }: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.getNewestGroupMessage, async ({ groupIds, includeContent }) => {
    checkCount(groupIds.length, limits.lookupsPerCall, 'group_ids');
    const newest = await log.newest(groupIds, includeContent);
    return encodeFields(
      newest.map(
        (stored): EncodedField => [1, stored === undefined ? EMPTY_BYTES : encodeFields([[1, stored.message]])],
      ),
    );
  });
}
