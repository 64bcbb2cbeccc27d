/** CAIP-10 account ids, by which a contract wallet signature names its chain and address. */
import { IdentityError } from './errors.js';

const MAX_U64 = 2n ** 64n - 1n;

/** The parts of an EVM account id. */
export interface EvmAccountId {
  readonly chainId: bigint;
  /** Lower case. */
  readonly address: string;
}

/** True when the text has the form of CAIP-10, on any chain. An update with another text cannot be read at all. */
export function isAccountId(text: string): boolean {
  return /^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}:[-.%a-zA-Z0-9]{1,128}$/.test(text);
}

/**
 * Account id of a contract wallet.
 * @param address - 0x and 40 hex digits; written in lower case
 * @throws IdentityError `identity/invalid-account-id`
 */
export function formatAccountId(chainId: bigint, address: string): string {
  if (chainId < 0n || chainId > MAX_U64 || !/^0x[0-9a-fA-F]{40}$/.test(address)) {
    throw new IdentityError('identity/invalid-account-id');
  }
  return `eip155:${chainId}:${address.toLowerCase()}`;
}

/**
 * Chain and address of an EVM account id. The address may lack its `0x`, as in other clients; it then names no
 * identifier that could own an inbox.
 * @throws IdentityError `identity/invalid-account-id`
 */
export function parseEvmAccountId(text: string): EvmAccountId {
  const [namespace, reference, address, ...rest] = text.split(':');
  const valid =
    isAccountId(text) &&
    namespace === 'eip155' &&
    rest.length === 0 &&
    /^[0-9]+$/.test(reference as string) &&
    /^(0x)?[0-9a-fA-F]{40}$/.test(address as string);
  const chainId = valid ? BigInt(reference as string) : -1n;
  if (!valid || chainId > MAX_U64) throw new IdentityError('identity/invalid-account-id');
  return { chainId, address: (address as string).toLowerCase() };
}
