/**
 * MlsApi.FetchKeyPackages: one entry per key, in order; empty where the installation is unknown, which the client takes
 * as an installation that cannot be added. Of a key asked for twice only the last position is filled.
 *
 * Source: node API section "Reading".
 */
import { EMPTY_BYTES, toHex } from '@conclave/crypto';
import { MlsApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { type EncodedField, encodeFields } from '../../encode-fields.js';
import { checkCount } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `MlsApi.FetchKeyPackages`. Refuses more keys than a lookup may name, and an answer no client could receive. */
export function fetchKeyPackages({ log, limits }: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.fetchKeyPackages, async ({ installationKeys }) => {
    // No key is a question with no answer, not a fault.
    if (installationKeys.length === 0) return {};
    checkCount(installationKeys.length, limits.lookupsPerCall, 'installation_keys');
    const lastPosition = new Map(installationKeys.map((key, position) => [toHex(key), position]));
    const asked = [...lastPosition.values()];
    const found = await log.keyPackages(asked.map((position) => installationKeys[position] as Uint8Array));
    const answer = new Array<Uint8Array>(installationKeys.length).fill(EMPTY_BYTES);
    for (const [index, position] of asked.entries()) {
      const keyPackage = found[index];
      if (keyPackage !== undefined) answer[position] = encodeFields([[1, keyPackage]]);
    }
    return encodeFields(answer.map((entry): EncodedField => [1, entry]));
  });
}
