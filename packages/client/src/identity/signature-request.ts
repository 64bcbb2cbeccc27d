/**
 * A change to an inbox that waits for its signatures. The application shows `text` to whoever `missing` names and adds
 * what they sign; every signature is verified when it is added, and one by anybody else is refused. Our own
 * installation signs by itself when the request is made.
 */

import type { CryptoProvider } from '@conclave/crypto';
import {
  attachSignature,
  contractWalletQuery,
  formatAccountId,
  type Identifier,
  IdentityError,
  type InstallationKeySignature,
  installationKeyProof,
  type MemberIdentifier,
  missingSigners,
  type PendingIdentityUpdate,
  type Signature,
  type SignatureCache,
  type SignatureRequest as SignatureCollection,
  type SignedIdentityUpdate,
  signatureRequest,
  signedUpdate,
  type VerificationContext,
  type VerifiedIdentityUpdate,
  verifyUpdate,
} from '@conclave/identity';
import { ClientError, type ClientErrorCode } from '../errors.js';
import { askContractWallets, ContractWalletAnswers, type ContractWalletSources } from './contract-wallets.js';
import type { OwnIdentity } from './own-identity.js';

/** What the request is for. */
export type SignatureRequestPurpose =
  | 'register'
  | 'add-account'
  | 'remove-account'
  | 'revoke-installations'
  | 'change-recovery';

/** A WebAuthn assertion over the request's text as challenge (XIP-55). */
export interface PasskeyAssertion {
  /** SEC1 compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** ASN.1 DER. */
  readonly signature: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly clientDataJson: Uint8Array;
}

/** What a contract wallet signed (ERC-1271, ERC-6492). */
export interface ContractWalletAssertion {
  /** 0x and 40 hex digits. */
  readonly address: string;
  readonly chainId: bigint;
  readonly signature: Uint8Array;
  /** The block to check at; the newest when it is left out. */
  readonly blockNumber?: bigint | undefined;
}

/** Codes of the identity layer that the one who signs can do something about. */
const SIGNER_ERRORS: Partial<Record<string, ClientErrorCode>> = {
  'identity/unknown-signer': 'client/unknown-signer',
  'identity/invalid-signature': 'client/invalid-signature',
  'identity/missing-signature': 'client/signatures-missing',
  'identity/replay': 'client/signature-reused',
  'identity/invalid-account-id': 'client/invalid-address',
};

/** Runs a step of the identity layer; its refusals become `client/identity-update-refused` with the rule, or a nearer code. */
export function identityStep<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    const code = SIGNER_ERRORS[error.code];
    if (code !== undefined) throw new ClientError(code, error.details, error);
    throw new ClientError('client/identity-update-refused', { rule: error.code }, error);
  }
}

/** Collects the signatures of one identity update. */
export class SignatureRequest {
  readonly purpose: SignatureRequestPurpose;
  readonly inboxId: string;
  /** What everybody signs: lines of text for people. */
  readonly text: string;
  readonly #crypto: CryptoProvider;
  readonly #cache: SignatureCache | undefined;
  readonly #sources: ContractWalletSources;
  readonly #answers = new ContractWalletAnswers();
  #collection: SignatureCollection;

  /**
   * @param installation - signs at once where the update needs it
   * @param network, chains - asked whether contract wallet signatures are valid
   */
  constructor(
    params: ContractWalletSources & {
      readonly purpose: SignatureRequestPurpose;
      readonly update: PendingIdentityUpdate;
      readonly crypto: CryptoProvider;
      readonly signatureCache?: SignatureCache | undefined;
      readonly installation?: Pick<OwnIdentity, 'installationId' | 'signIdentityText'> | undefined;
    },
  ) {
    this.purpose = params.purpose;
    this.#crypto = params.crypto;
    this.#cache = params.signatureCache;
    const { network, chains, refusals, host } = params;
    this.#sources = { network, chains, refusals, host };
    this.#collection = signatureRequest(params.update);
    this.inboxId = params.update.inboxId;
    this.text = this.#collection.text;
    const installation = params.installation;
    const isNeeded = this.missing.some((signer) => signer.kind === 'installation');
    if (installation !== undefined && isNeeded) this.#attachOwn(installation.signIdentityText(this.text));
  }

  /** Signers whose signature is still to be added, each once. */
  get missing(): readonly MemberIdentifier[] {
    return missingSigners(this.#collection);
  }

  /** The missing signers that an application has to ask. */
  get missingIdentifiers(): readonly Identifier[] {
    return this.missing.filter((signer): signer is Identifier => signer.kind !== 'installation');
  }

  get isComplete(): boolean {
    return this.missing.length === 0;
  }

  /**
   * Adds the personal signature of an account (EIP-191): 65 bytes R, S and V.
   * @throws ClientError `client/unknown-signer` when somebody else signed, or another text; `client/invalid-signature`
   */
  addEip191(signature: Uint8Array): void {
    this.#attach({ kind: 'erc-191', bytes: signature });
  }

  /** Adds a passkey's assertion. Throws as `addEip191`. */
  addPasskey(assertion: PasskeyAssertion): void {
    const { publicKey, signature, authenticatorData, clientDataJson } = assertion;
    this.#attach({ kind: 'p256', publicKey, bytes: signature, authenticatorData, clientDataJson });
  }

  /** Adds the signature of an installation: Ed25519ph, 64 bytes. Throws as `addEip191`. */
  addInstallation(publicKey: Uint8Array, signature: Uint8Array): void {
    this.#attach({ kind: 'installation-key', publicKey, bytes: signature });
  }

  /**
   * Adds the signature of a contract wallet, after the wallet's chain was asked, by us or by the node.
   * @throws as `addEip191`; NetworkError; ClientError `client/invalid-address`, `client/contract-wallet-unverifiable`
   */
  async addContractWallet(assertion: ContractWalletAssertion, signal?: AbortSignal): Promise<void> {
    const { address, chainId, signature } = assertion;
    const accountId = identityStep(() => formatAccountId(chainId, address));
    const query = contractWalletQuery(this.text, accountId, signature, assertion.blockNumber);
    const [answer] = await askContractWallets(this.#sources, [query], signal);
    const blockNumber = assertion.blockNumber ?? answer?.blockNumber;
    if (answer === undefined || blockNumber === undefined) {
      throw new ClientError('client/contract-wallet-unverifiable', { missing: 'block number' });
    }
    this.#answers.add(query, answer);
    this.#attach({ kind: 'erc-1271', accountId, blockNumber, bytes: signature });
  }

  /**
   * The signed update.
   * @throws ClientError `client/signatures-missing`
   */
  signed(): SignedIdentityUpdate {
    return identityStep(() => signedUpdate(this.#collection));
  }

  /**
   * Verifies the whole signed update once more, as every other client will.
   * @throws ClientError `client/signatures-missing`, `client/invalid-signature`
   */
  verified(): VerifiedIdentityUpdate {
    return identityStep(() => verifyUpdate(this.#verification, signedUpdate(this.#collection)));
  }

  get #verification(): VerificationContext {
    return { crypto: this.#crypto, contractWallet: this.#answers.lookup, cache: this.#cache };
  }

  /** Made this moment with the key that it names: there is nothing to verify. */
  #attachOwn(signature: InstallationKeySignature): void {
    const name = this.#cache?.nameOf(this.#crypto, this.text, signature);
    if (name !== undefined) this.#cache?.add(name, installationKeyProof(signature));
    this.#attach(signature);
  }

  #attach(signature: Signature): void {
    this.#collection = identityStep(() => attachSignature(this.#verification, this.#collection, signature));
  }
}
