/**
 * Contract wallet signatures (XIP-44): whether one is valid only its chain knows. This client asks the chain itself where the host gave it
 * an endpoint, else the node, as the deployed clients do. What rests on the node's word is marked where it is stored.
 */
import {
  type ContractWalletAnswer,
  type ContractWalletLookup,
  type ContractWalletQuery,
  type ContractWalletVerifier,
  contractWalletQueryKey,
  IdentityError,
} from '@conclave/identity';
import {
  create,
  VerifySmartContractWalletSignatureRequestSignatureSchema,
  VerifySmartContractWalletSignaturesRequestSchema,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { Host } from '../host.js';
import type { Network } from '../network/network.js';
import { malformedAnswer, type Refusals } from '../refusals.js';

/** Answers by question. */
export class ContractWalletAnswers {
  readonly #answers = new Map<string, ContractWalletAnswer>();

  /** For `VerificationContext.contractWallet`. */
  readonly lookup: ContractWalletLookup = (query) => this.#answers.get(contractWalletQueryKey(query));

  /** Keeps an answer; one to a question about the newest block also answers the question about the block it names. */
  add(query: ContractWalletQuery, answer: ContractWalletAnswer): void {
    this.#answers.set(contractWalletQueryKey(query), answer);
    if (query.blockNumber === undefined && answer.blockNumber !== undefined) {
      this.#answers.set(contractWalletQueryKey({ ...query, blockNumber: answer.blockNumber }), answer);
    }
  }
}

/** Who can be asked. */
export interface ContractWalletSources {
  readonly network: Pick<Network, 'verifySmartContractWalletSignatures'>;
  /** The chains themselves, as far as the host gave endpoints. */
  readonly chains?: ContractWalletVerifier | undefined;
  readonly refusals: Refusals;
  readonly host: Pick<Host, 'nowNs'>;
}

/** An answer, and whether it is the node's word. */
export interface VouchedAnswer extends ContractWalletAnswer {
  readonly nodeVouched: boolean;
}

/**
 * Asks whether signatures are valid, each chain that there is an endpoint of directly and the node about the others; answers in the order of
 * the questions. A chain that does not answer is not replaced by the node: whoever names an endpoint does not want to believe the node.
 *
 * @throws NetworkError; ClientError `client/contract-wallet-unverifiable` when a chain could not be asked,
 *   `client/node-answer-malformed`
 */
export async function askContractWallets(
  sources: ContractWalletSources,
  queries: readonly ContractWalletQuery[],
  signal?: AbortSignal,
): Promise<VouchedAnswer[]> {
  const own = await Promise.all(queries.map((query) => askChain(sources.chains, query, signal)));
  const others = queries.filter((_, index) => own[index] === undefined);
  const vouched = await askNode(sources, others, signal);
  let next = 0;
  return own.map((answer) =>
    answer === undefined
      ? { ...(vouched[next++] as ContractWalletAnswer), nodeVouched: true }
      : { ...answer, nodeVouched: false },
  );
}

async function askChain(
  chains: ContractWalletVerifier | undefined,
  query: ContractWalletQuery,
  signal: AbortSignal | undefined,
): Promise<ContractWalletAnswer | undefined> {
  try {
    return await chains?.(query, signal);
  } catch (error) {
    if (!(error instanceof IdentityError) || signal?.aborted) throw error;
    // An account id that names no chain is refused by the verification of the update, with its own rule.
    if (error.code === 'identity/invalid-account-id') return { isValid: false, blockNumber: undefined };
    throw new ClientError('client/contract-wallet-unverifiable', { reason: error.code }, error);
  }
}

async function askNode(
  sources: ContractWalletSources,
  queries: readonly ContractWalletQuery[],
  signal?: AbortSignal,
): Promise<ContractWalletAnswer[]> {
  if (queries.length === 0) return [];
  const signatures = queries.map(({ accountId, digest, signature, blockNumber }) =>
    create(VerifySmartContractWalletSignatureRequestSignatureSchema, {
      accountId,
      signature,
      hash: digest,
      ...(blockNumber !== undefined && { blockNumber }),
    }),
  );
  const request = create(VerifySmartContractWalletSignaturesRequestSchema, { signatures });
  const { responses } = await sources.network.verifySmartContractWalletSignatures(request, signal);
  if (responses.length !== queries.length) {
    throw malformedAnswer(sources, {
      method: 'VerifySmartContractWalletSignatures',
      expected: queries.length,
      got: responses.length,
    });
  }
  return responses.map(({ isValid, blockNumber, error }) => {
    // An error says that the chain was not asked; only its absence makes "not valid" an answer.
    if (!isValid && error) throw new ClientError('client/contract-wallet-unverifiable');
    return { isValid, blockNumber };
  });
}
