/** Signers of the page, and what of them can be sent to the worker. */
import { fromHex } from '@conclave/crypto';
import {
  type EOASigner,
  type HexString,
  type Identifier,
  IdentifierKind,
  type PasskeySignature,
  type SCWSigner,
  SdkError,
  type SignatureRequestHandle as SharedHandle,
  type Signer,
  type SignerOutput,
} from '@conclave/sdk';
import { launched } from './worker-process.js';

const PRIVATE_KEY_LENGTH = 32;

/** A signer with its signature. */
export type SafeSigner =
  | { type: 'EOA'; identifier: Identifier; signature: Uint8Array }
  | { type: 'SCW'; identifier: Identifier; signature: Uint8Array; chainId: bigint; blockNumber?: bigint }
  | { type: 'PASSKEY'; identifier: Identifier; signature: PasskeySignature };

/**
 * A request for signatures as the original's worker holds it. No call of this package gives one: `unsafe_…SignatureText` give a text and an id in
 * its place. For code that names the type.
 */
export type SignatureRequestHandle = Omit<SharedHandle, 'request'>;

/** Makes a signer of a private key; a fresh random one when omitted. Its curve is loaded when it is first asked; @throws SdkError `sdk/bad-option` then */
export function createEOASigner(
  key: HexString | Uint8Array = crypto.getRandomValues(new Uint8Array(PRIVATE_KEY_LENGTH)),
): EOASigner {
  let loading: Promise<EOASigner> | undefined;
  const load = (): Promise<EOASigner> => {
    // Computing the key keeps this thread busy, which the worker needs for its start.
    loading ??= Promise.all([import('./private-key-signer.js'), launched()])
      .then(([loaded]) => loaded.createEOASigner(key))
      // That file is bundled apart, with a class of its own for what is wrong with the key.
      .catch((error: SdkError) => {
        throw typeof error.code === 'string' ? new SdkError(error.code, error.details) : error;
      });
    return loading;
  };
  return {
    type: 'EOA',
    getIdentifier: async () => (await load()).getIdentifier(),
    signMessage: async (message) => (await load()).signMessage(message),
  };
}

/** Makes a signer of a contract wallet. `signMessage` gives hex. */
export function createSCWSigner(
  address: HexString,
  signMessage: (message: string) => Promise<string> | string,
  chainId: bigint,
): SCWSigner {
  return {
    type: 'SCW',
    getIdentifier: () => ({ identifier: address.toLowerCase(), identifierKind: IdentifierKind.Ethereum }),
    signMessage: async (message) => fromHex((await signMessage(message)).replace(/^0x/, '')),
    getChainId: () => chainId,
  };
}

/** Puts a signature beside what the worker must know of its signer. @throws SdkError `sdk/bad-option` for one of another kind */
export async function toSafeSigner(signer: Signer, signature: SignerOutput): Promise<SafeSigner> {
  const identifier = await signer.getIdentifier();
  const isBytes = signature instanceof Uint8Array;
  if (isBytes !== (signer.type !== 'PASSKEY')) throw new SdkError('sdk/bad-option', { option: 'signature' });
  if (signer.type === 'PASSKEY') return { type: 'PASSKEY', identifier, signature: signature as PasskeySignature };
  if (signer.type === 'EOA') return { type: 'EOA', identifier, signature: signature as Uint8Array };
  const blockNumber = signer.getBlockNumber?.();
  return {
    type: 'SCW',
    identifier,
    signature: signature as Uint8Array,
    chainId: signer.getChainId(),
    ...(blockNumber === undefined ? {} : { blockNumber }),
  };
}
