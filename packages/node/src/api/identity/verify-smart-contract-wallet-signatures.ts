/**
 * IdentityApi.VerifySmartContractWalletSignatures: one answer per signature, in order. What goes wrong with a signature is
 * said in its answer, never as the status of the call.
 *
 * Source: node API section "IdentityApi"; identity protocol section "erc_6492".
 */
import { IdentityApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { checkCount } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `IdentityApi.VerifySmartContractWalletSignatures`. Refuses more signatures than a call may have checked. */
export function verifySmartContractWalletSignatures({ contractWallets, limits }: NodeContext): Rpc {
  return unaryRpc(IdentityApi.method.verifySmartContractWalletSignatures, async ({ signatures }) => {
    if (signatures.length === 0) return {};
    checkCount(signatures.length, limits.chainChecksPerCall, 'signatures');
    const verdicts = await contractWallets.verify(
      signatures.map(({ accountId, blockNumber, signature, hash }) => ({
        accountId,
        blockNumber,
        signature,
        digest: hash,
      })),
    );
    return { responses: verdicts.map((verdict) => ({ ...verdict })) };
  });
}
