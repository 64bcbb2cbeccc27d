/**
 * Contract wallet signatures (ERC-1271, ERC-6492, XIP-44): whether one is valid, only its chain can say. A node without
 * a chain endpoint says so, per signature, and refuses updates that need one.
 */
import type { ContractWalletQuery } from '@conclave/identity';

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

/** The answer of a node that was given no chain endpoint. */
export const NO_CHAINS: ContractWallets = {
  verify: async (queries) =>
    queries.map(({ accountId }) => ({
      isValid: false,
      error: `This node cannot verify ${accountId.slice(0, 160)}: no chain endpoint is configured.`,
    })),
};
