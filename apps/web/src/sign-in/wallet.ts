/** Wallets in the browser: found by EIP-6963, asked by EIP-1193. */
import { createSCWSigner, IdentifierKind, type Signer } from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { PageFault } from '../state/notices.js';
import { t } from '../strings/index.js';
import { plainLine, shortAddress } from '../text/names.js';

/** EIP-1193: how a page asks a wallet. */
interface Eip1193Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

/** A wallet that announced itself (EIP-6963). */
export interface Wallet {
  readonly id: string;
  readonly name: string;
  readonly icon: string | undefined;
  readonly provider: Eip1193Provider;
}

interface Announcement {
  readonly info: { readonly uuid: string; readonly name: string; readonly icon: string };
  readonly provider: Eip1193Provider;
}

/** The wallets found. */
export const wallets = signal<readonly Wallet[]>([]);

function hear(event: Event): void {
  const { info, provider } = (event as CustomEvent<Announcement>).detail;
  if (wallets.value.some(({ id }) => id === info.uuid)) return;
  // Icons are data URIs by the standard; anything else would be a request to somebody.
  const icon = info.icon.startsWith('data:image/') ? info.icon : undefined;
  wallets.value = [...wallets.value, { id: info.uuid, name: plainLine(info.name, 40), icon, provider }];
}

/** Asks wallets to announce themselves; takes `window.ethereum` of older ones when none does. */
export function findWallets(): void {
  addEventListener('eip6963:announceProvider', hear);
  dispatchEvent(new Event('eip6963:requestProvider'));
  const older = (globalThis as { ethereum?: Eip1193Provider }).ethereum;
  if (wallets.value.length === 0 && older !== undefined) {
    wallets.value = [{ id: 'injected', name: t('browserWallet'), icon: undefined, provider: older }];
  }
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (hex: string) =>
  Uint8Array.from(hex.replace(/^0x/, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const accountsOf = async ({ provider }: Wallet): Promise<readonly string[]> => {
  const accounts = (await provider.request({ method: 'eth_requestAccounts' })) as readonly string[];
  return accounts.map((address) => address.toLowerCase());
};

/** Connects to a wallet. @returns a signer for its first account. Throws what the wallet throws (code 4001: the person refused) */
export async function walletSigner(wallet: Wallet): Promise<Signer> {
  const [address] = await accountsOf(wallet);
  if (address === undefined) throw new PageFault(t('walletRefused'));
  return signerFor(wallet, address);
}

/** The signer of an account, in whichever wallet has it. @throws PageFault when none has */
export async function signerOfAccount(address: string): Promise<Signer> {
  findWallets();
  for (const wallet of wallets.value) {
    if ((await accountsOf(wallet)).includes(address)) return signerFor(wallet, address);
  }
  throw new PageFault(t('walletOther', { address: shortAddress(address) }));
}

/** EIP-7702: what stands for code at an account that has a key and lent itself a contract's code. */
const LENT_CODE = /^0xef0100/i;

/**
 * The chain of a contract wallet; undefined for an account with a key of its own, which has none. Only the network that the wallet is on can be
 * asked: a contract that is not there looks like an account.
 */
async function contractChain({ provider }: Wallet, address: string): Promise<bigint | undefined> {
  try {
    const code = await provider.request({ method: 'eth_getCode', params: [address, 'latest'] });
    if (typeof code !== 'string' || /^0x0*$/.test(code) || LENT_CODE.test(code)) return undefined;
    return BigInt((await provider.request({ method: 'eth_chainId' })) as string);
  } catch {
    // A wallet that answers nothing of the kind has keys alone.
    return undefined;
  }
}

async function signerFor(wallet: Wallet, address: string): Promise<Signer> {
  const { provider } = wallet;
  const personalSign = async (text: string) => {
    const message = `0x${toHex(new TextEncoder().encode(text))}`;
    return (await provider.request({ method: 'personal_sign', params: [message, address] })) as string;
  };
  const chainId = await contractChain(wallet, address);
  if (chainId !== undefined) return createSCWSigner(address as `0x${string}`, personalSign, chainId);
  return {
    type: 'EOA',
    getIdentifier: () => ({ identifier: address, identifierKind: IdentifierKind.Ethereum }),
    signMessage: async (text) => fromHex(await personalSign(text)),
  };
}
