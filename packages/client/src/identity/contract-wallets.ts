/**
 * Contract wallet signatures (XIP-44): whether one is valid only its chain knows, and this client asks the node, as
 * the deployed clients do. What rests on such an answer is marked where it is stored.
 */
import {
  type ContractWalletAnswer,
  type ContractWalletLookup,
  type ContractWalletQuery,
  contractWalletQueryKey,
} from '@conclave/identity';
import {
  create,
  VerifySmartContractWalletSignatureRequestSignatureSchema,
  VerifySmartContractWalletSignaturesRequestSchema,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { Network } from '../network/network.js';

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

/**
 * Asks the node whether signatures are valid; answers in the order of the questions.
 * @throws NetworkError; ClientError `client/contract-wallet-unverifiable` when the node could not ask the chain,
 *   `client/node-answer-malformed`
 */
export async function askContractWallets(
  network: Pick<Network, 'verifySmartContractWalletSignatures'>,
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
  const { responses } = await network.verifySmartContractWalletSignatures(request, signal);
  if (responses.length !== queries.length) {
    throw new ClientError('client/node-answer-malformed', {
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
