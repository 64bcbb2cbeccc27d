/** Calls that need no client: questions about inboxes, asked of the node. */
import {
  Backend,
  canMessageFrom,
  generateInboxId,
  type Identifier,
  inboxIdForIdentifier,
  inboxStatesFrom,
  type Platform,
  revokeFrom,
  type Signer,
  type SignerOutput,
  updateCountsFrom,
} from '@conclave/sdk';
import { randomId } from '../channel/random-id.js';
import { BrowserError } from '../errors.js';
import type { CoreOptions } from '../options.js';
import type { SafeSigner } from '../page/signers.js';
import type { SignatureText } from './client-calls.js';

/** A `Backend` as it travels. */
export type BackendParts = Pick<Backend, 'env' | 'v3Host' | 'gatewayHost' | 'appVersion'>;

/** A signer that has not signed yet. */
export interface SignerParts {
  readonly type: SafeSigner['type'];
  readonly identifier: Identifier;
  /** Of a contract wallet. */
  readonly chainId?: bigint;
}

interface Revocation {
  readonly sign: (signature: SignerOutput, blockNumber: bigint | undefined) => void;
  readonly done: Promise<void>;
}

/** Calls on `directory`. */
export function directoryCalls(platform: Platform<CoreOptions>) {
  const revocations = new Map<string, Revocation>();
  return {
    generateInboxId: (identifier: Identifier, nonce?: bigint) => generateInboxId(identifier, nonce),
    inboxIdForIdentifier: async (backend: BackendParts, identifier: Identifier) =>
      (await inboxIdForIdentifier(platform, new Backend(backend), identifier)) ?? undefined,
    canMessage: (backend: BackendParts, identifiers: Identifier[]) =>
      canMessageFrom(platform, new Backend(backend), identifiers),
    inboxStates: (backend: BackendParts, inboxIds: string[]) =>
      inboxStatesFrom(platform, new Backend(backend), inboxIds),
    updateCounts: (backend: BackendParts, inboxIds: string[]) =>
      updateCountsFrom(platform, new Backend(backend), inboxIds),

    /** Gives the text for the wallet; `finishRevocation` takes what it signed. */
    async startRevocation(
      backend: BackendParts,
      signer: SignerParts,
      inboxId: string,
      installationIds: Uint8Array[],
    ): Promise<SignatureText> {
      const signatureRequestId = randomId();
      const signatureText = deferred<string>();
      const signature = deferred<SignerOutput>();
      let signedAtBlock: bigint | undefined;
      const asked = {
        ...signer,
        getIdentifier: () => signer.identifier,
        signMessage(text: string) {
          signatureText.resolve(text);
          return signature.promise;
        },
        getChainId: () => signer.chainId ?? 0n,
        getBlockNumber: () => signedAtBlock,
      } as Signer;
      const done = revokeFrom(platform, new Backend(backend), asked, inboxId, installationIds);
      const sign: Revocation['sign'] = (made, blockNumber) => {
        signedAtBlock = blockNumber;
        signature.resolve(made);
      };
      revocations.set(signatureRequestId, { sign, done });
      // A refusal that comes before anything is to be signed is the answer to this call.
      return { signatureText: await Promise.race([signatureText.promise, done.then(() => '')]), signatureRequestId };
    },

    /** @param blockNumber - at which a contract wallet's signature is good; default: the newest */
    async finishRevocation(signatureRequestId: string, signature: SignerOutput, blockNumber?: bigint): Promise<void> {
      const revocation = revocations.get(signatureRequestId);
      if (revocation === undefined) throw new BrowserError('browser/request-lost', { signatureRequestId });
      revocations.delete(signatureRequestId);
      revocation.sign(signature, blockNumber);
      await revocation.done;
    },
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The names and types of these calls. */
export type DirectoryCalls = ReturnType<typeof directoryCalls>;
