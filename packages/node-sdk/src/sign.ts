/** Asking a wallet for the signature that a request waits for. */
import type { SignatureRequest } from '@conclave/client';
import type { Signer } from './types.js';

/** Adds the signer's signature. @throws ClientError `client/unknown-signer`, `client/invalid-signature` */
export async function sign(request: SignatureRequest, signer: Signer): Promise<void> {
  const signature = await signer.signMessage(request.text);
  if (signer.type === 'EOA') {
    request.addEip191(signature);
    return;
  }
  const { identifier } = await signer.getIdentifier();
  const blockNumber = signer.getBlockNumber?.();
  await request.addContractWallet({
    address: identifier,
    chainId: signer.getChainId(),
    signature,
    ...(blockNumber === undefined ? {} : { blockNumber }),
  });
}
