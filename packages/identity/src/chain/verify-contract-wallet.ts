/**
 * Contract wallet signatures asked of their chain (ERC-1271, ERC-6492, XIP-44): one `eth_call` that runs our own validator
 * (contracts/SignatureValidator.sol) as creation code, so that nothing has to be deployed and the chain alone decides.
 */
import { concatBytes, fromHex, toHex } from '@conclave/crypto';
import { parseEvmAccountId } from '../account-id.js';
import { IdentityError } from '../errors.js';
import type { ContractWalletAnswer, ContractWalletQuery } from '../signatures/contract-wallet.js';
import { isErc6492, unwrapErc6492 } from './erc6492.js';
import { SIGNATURE_VALIDATOR } from './gen/signature-validator.js';
import type { JsonRpcCall } from './json-rpc.js';

/** Longest creation code that a chain runs, bytes (EIP-3860); a signature that does not fit is valid on no chain. */
const MAX_CREATION_BYTES = 49_152;
const WORD_BYTES = 32;
const NO_FACTORY = `0x${'00'.repeat(20)}`;

/** Answers questions about contract wallets; undefined for a chain that it has no endpoint of. */
export type ContractWalletVerifier = (
  query: ContractWalletQuery,
  signal?: AbortSignal,
) => Promise<ContractWalletAnswer | undefined>;

/**
 * Asks a chain whether a signature speaks for an account, at the block of the question or at the newest, which is then in the answer.
 *
 * @param call - to an endpoint of the account's chain
 * @throws IdentityError `identity/invalid-account-id`; `identity/chain-answer-malformed`; what `call` rejects with
 * Cost: one call, or two without a block.
 */
export async function verifyContractWalletSignature(
  query: ContractWalletQuery,
  call: JsonRpcCall,
  signal?: AbortSignal,
): Promise<ContractWalletAnswer> {
  const { address } = parseEvmAccountId(query.accountId);
  const blockNumber = query.blockNumber ?? quantity('eth_blockNumber', await call('eth_blockNumber', [], signal));
  const code = validatorCode(address, query.digest, query.signature);
  if (code === undefined) return { isValid: false, blockNumber };
  const block = `0x${blockNumber.toString(16)}`;
  const answer = await call('eth_call', [{ data: `0x${toHex(code)}` }, block], signal);
  if (answer !== '0x01' && answer !== '0x00') {
    throw new IdentityError('identity/chain-answer-malformed', { method: 'eth_call' });
  }
  return { isValid: answer === '0x01', blockNumber };
}

/**
 * A verifier over endpoints by chain id. Before an endpoint is first believed it is asked for its chain id.
 * @throws (the verifier) as `verifyContractWalletSignature`; IdentityError `identity/wrong-chain`
 */
export function contractWalletVerifier(endpoints: ReadonlyMap<bigint, JsonRpcCall>): ContractWalletVerifier {
  const checked = new Set<bigint>();
  return async (query, signal) => {
    const { chainId } = parseEvmAccountId(query.accountId);
    const call = endpoints.get(chainId);
    if (call === undefined) return undefined;
    if (!checked.has(chainId)) {
      const actual = quantity('eth_chainId', await call('eth_chainId', [], signal));
      if (actual !== chainId) throw new IdentityError('identity/wrong-chain', { expected: chainId, actual });
      checked.add(chainId);
    }
    return verifyContractWalletSignature(query, call, signal);
  };
}

function quantity(method: string, value: unknown): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(value)) return BigInt(value);
  throw new IdentityError('identity/chain-answer-malformed', { method });
}

/** The validator with its parameters; undefined for a signature that cannot be valid, whatever the chain. */
function validatorCode(address: string, digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  const isWrapped = isErc6492(signature);
  const parts = isWrapped
    ? unwrapErc6492(signature)
    : { factory: NO_FACTORY, preparation: new Uint8Array(0), signature };
  if (parts === undefined || digest.length !== WORD_BYTES) return undefined;
  const inner = dynamic(parts.signature);
  const preparation = dynamic(parts.preparation);
  const head = 6 * WORD_BYTES;
  const code = concatBytes(
    fromHex(SIGNATURE_VALIDATOR),
    addressWord(address),
    digest,
    word(head),
    word(isWrapped ? 1 : 0),
    addressWord(parts.factory),
    word(head + inner.length),
    inner,
    preparation,
  );
  return code.length <= MAX_CREATION_BYTES ? code : undefined;
}

function word(value: number): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * WORD_BYTES, '0'));
}

/** @param address - 40 hex digits, with or without 0x */
function addressWord(address: string): Uint8Array {
  return fromHex(address.replace(/^0x/, '').padStart(2 * WORD_BYTES, '0'));
}

/** Length and bytes, filled up to whole words. */
function dynamic(bytes: Uint8Array): Uint8Array {
  const filled = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
  filled.set(bytes);
  return concatBytes(word(bytes.length), filled);
}
