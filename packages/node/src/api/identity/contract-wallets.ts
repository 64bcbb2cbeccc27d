/**
 * Contract wallet signatures (ERC-1271, ERC-6492, XIP-44): whether one is valid, only its chain can say. The node asks the
 * endpoints that its operator configured; about another chain it says that it cannot, and refuses updates that need it.
 *
 * Answers for a named block are final and are remembered. An answer about the newest block is asked anew each time.
 */
import {
  type ContractWalletAnswer,
  type ContractWalletQuery,
  contractWalletQueryKey,
  contractWalletVerifier,
  type Fetch,
  IdentityError,
  jsonRpcOver,
} from '@conclave/identity';
import type { NodeLimits } from '../../limits.js';
import type { NodeMetrics } from '../../metrics/node-metrics.js';

/** What came of asking a chain. */
export interface ContractWalletVerdict {
  readonly isValid: boolean;
  /** The block that was asked. */
  readonly blockNumber?: bigint;
  /** Why there is no answer; a sentence for the client. */
  readonly error?: string;
}

/** A way to ask chains. Positional; never rejects for what a client sent. */
export interface ContractWallets {
  verify(queries: readonly ContractWalletQuery[]): Promise<readonly ContractWalletVerdict[]>;
}

/** What asking needs. */
export interface ChainOptions {
  /** Endpoints by EIP-155 chain id. */
  readonly chains: Readonly<Record<string, string>>;
  readonly limits: Pick<NodeLimits, 'chainTimeoutMs' | 'chainAnswers' | 'chainChecksAtOnce'>;
  readonly metrics: Pick<NodeMetrics, 'chainCalls' | 'chainCacheHits' | 'chainSeconds'>;
  readonly fetch?: Fetch;
}

/** Asks the configured chains. */
export function chainContractWallets({ chains, limits, metrics, fetch: given }: ChainOptions): ContractWallets {
  const ask = given ?? (fetch as unknown as Fetch);
  const endpoints = new Map(Object.entries(chains).map(([id, url]) => [BigInt(id), jsonRpcOver(ask, url)]));
  const verifier = contractWalletVerifier(endpoints);
  const remembered = new Map<string, ContractWalletAnswer>();

  async function verdict(query: ContractWalletQuery): Promise<ContractWalletVerdict> {
    const key = contractWalletQueryKey(query);
    const known = remembered.get(key);
    if (known !== undefined) {
      metrics.chainCacheHits.inc();
      // The newest use stands last; the first is forgotten first.
      remembered.delete(key);
      remembered.set(key, known);
      return verdictOf(known);
    }
    const stop = metrics.chainSeconds.startTimer();
    try {
      const answer = await verifier(query, AbortSignal.timeout(limits.chainTimeoutMs));
      if (answer === undefined) {
        metrics.chainCalls.inc({ outcome: 'no-endpoint' });
        return unanswered(query, 'no endpoint of its chain is configured');
      }
      metrics.chainCalls.inc({ outcome: answer.isValid ? 'valid' : 'invalid' });
      if (query.blockNumber !== undefined) {
        if (remembered.size >= limits.chainAnswers) remembered.delete(remembered.keys().next().value as string);
        remembered.set(key, answer);
      }
      return verdictOf(answer);
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      metrics.chainCalls.inc({ outcome: 'failed' });
      return unanswered(query, error.message);
    } finally {
      stop();
    }
  }

  return {
    async verify(queries) {
      const verdicts: ContractWalletVerdict[] = new Array(queries.length);
      let next = 0;
      const lanes = Array.from({ length: Math.min(limits.chainChecksAtOnce, queries.length) }, async () => {
        for (let index = next++; index < queries.length; index = next++) {
          verdicts[index] = await verdict(queries[index] as ContractWalletQuery);
        }
      });
      await Promise.all(lanes);
      return verdicts;
    },
  };
}

function verdictOf({ isValid, blockNumber }: ContractWalletAnswer): ContractWalletVerdict {
  return { isValid, ...(blockNumber !== undefined && { blockNumber }) };
}

function unanswered({ accountId }: ContractWalletQuery, reason: string): ContractWalletVerdict {
  return { isValid: false, error: `This node cannot verify ${accountId.slice(0, 160)}: ${reason}` };
}
