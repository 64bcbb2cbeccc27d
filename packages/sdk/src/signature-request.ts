/** Requests for signatures, as applications hold them, and how wallets answer them. */
import type { SignatureRequest } from '@conclave/client';
import type { Identifier, PasskeySignature, Signer } from './types.js';

/** A change to an inbox that waits for signatures. Every signature is verified when it is added. */
export class SignatureRequestHandle {
  /** The client's own request. */
  readonly request: SignatureRequest;

  /** Made by the `unsafe_…SignatureRequest` methods of `Client`. */
  constructor(request: SignatureRequest) {
    this.request = request;
  }

  /** What is to be signed. */
  async signatureText(): Promise<string> {
    return this.request.text;
  }

  /** EIP-191, 65 bytes. @throws ClientError `client/unknown-signer`, `client/invalid-signature` */
  async addEcdsaSignature(signature: Uint8Array): Promise<void> {
    this.request.addEip191(signature);
  }

  /** @throws as `addEcdsaSignature` */
  async addPasskeySignature(signature: PasskeySignature): Promise<void> {
    this.request.addPasskey({
      publicKey: Uint8Array.from(signature.publicKey),
      signature: Uint8Array.from(signature.signature),
      authenticatorData: Uint8Array.from(signature.authenticatorData),
      clientDataJson: Uint8Array.from(signature.clientDataJson),
    });
  }

  /**
   * Of a contract wallet; the node asks its chain. @param blockNumber - default: the newest
   * @throws as `addEcdsaSignature`; ClientError `client/contract-wallet-unverifiable`; NetworkError
   */
  async addScwSignature(
    { identifier: address }: Identifier,
    signature: Uint8Array,
    chainId: bigint,
    blockNumber?: bigint | null,
  ): Promise<void> {
    await this.request.addContractWallet({
      address,
      chainId,
      signature,
      ...(blockNumber === undefined || blockNumber === null ? {} : { blockNumber }),
    });
  }
}

/** Asks a wallet and adds what it signed. @throws as `SignatureRequestHandle` */
export async function addSignature(request: SignatureRequest, signer: Signer): Promise<void> {
  const handle = new SignatureRequestHandle(request);
  if (signer.type === 'PASSKEY') return handle.addPasskeySignature(await signer.signMessage(request.text));
  const signature = await signer.signMessage(request.text);
  if (signer.type === 'EOA') return handle.addEcdsaSignature(signature);
  const identifier = await signer.getIdentifier();
  await handle.addScwSignature(identifier, signature, signer.getChainId(), signer.getBlockNumber?.());
}
