/** Contract wallet signatures against a real chain: deployed and undeployed wallets, changed owners, blocks of the past. */
import { concatBytes } from '@conclave/crypto';
import {
  contractWalletVerifier,
  eip191Digest,
  formatAccountId,
  IdentityError,
  type JsonRpcCall,
  jsonRpcOver,
  verifyContractWalletSignature,
} from '@conclave/identity';
import { encodeCall, type LocalChain, startLocalChain, testWallet } from '@conclave/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Address = `0x${string}`;

const TEXT = 'XMTP : Authenticate to inbox';
const digest = eip191Digest(TEXT);
const owner = testWallet('owner');
const other = testWallet('other');
const ownerAddress = owner.identifier.address as Address;
const otherAddress = other.identifier.address as Address;
const SALT: Address = `0x${'01'.repeat(32)}`;
const NO_SUCH: Address = `0x${'ab'.repeat(20)}`;

let chain: LocalChain;

beforeAll(async () => {
  chain = await startLocalChain();
});

afterAll(async () => {
  await chain.stop();
});

/** What the chain says. */
async function ask(address: string, signature: Uint8Array, blockNumber?: bigint): Promise<boolean> {
  const accountId = formatAccountId(chain.chainId, address);
  const answer = await verifyContractWalletSignature({ accountId, digest, signature, blockNumber }, chain.call);
  expect(answer.blockNumber).toBe(blockNumber ?? (await chain.blockNumber()));
  return answer.isValid;
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof IdentityError ? error.code : `${error}`;
  }
}

describe('a wallet that is deployed (ERC-1271)', () => {
  it('is believed for its owner only, and for this text only', async () => {
    const wallet = await chain.deploy('OwnedWallet', ownerAddress);
    expect(await ask(wallet, owner.sign(TEXT))).toBe(true);
    expect(await ask(wallet, other.sign(TEXT))).toBe(false);
    expect(await ask(wallet, owner.sign(`${TEXT}!`))).toBe(false);
  });

  it('refuses by revert as by answer', async () => {
    const wallet = await chain.deploy('OwnedWallet', ownerAddress);
    expect(await ask(wallet, owner.sign(TEXT).subarray(1))).toBe(false);
    expect(await ask(wallet, new Uint8Array(0))).toBe(false);
  });

  it('has to answer exactly as the standard says', async () => {
    expect(await ask(await chain.deploy('SloppyWallet'), owner.sign(TEXT))).toBe(false);
    expect(await ask(await chain.deploy('SilentWallet'), owner.sign(TEXT))).toBe(false);
  });

  it('is asked at the block of the signature: a later change of owner leaves the past as it was', async () => {
    const wallet = await chain.deploy('OwnedWallet', ownerAddress);
    const before = await chain.blockNumber();
    await chain.send(wallet, encodeCall('setOwner(address)', otherAddress));
    expect(await ask(wallet, owner.sign(TEXT), before)).toBe(true);
    expect(await ask(wallet, owner.sign(TEXT))).toBe(false);
    expect(await ask(wallet, other.sign(TEXT))).toBe(true);
    // Before it was there it had no code, and nobody could speak for it.
    expect(await ask(wallet, owner.sign(TEXT), before - 1n)).toBe(false);
  });
});

describe('a wallet that is not deployed yet (ERC-6492)', () => {
  it('is believed with what deploys it, and nothing stays on the chain', async () => {
    const factory = await chain.deploy('WalletFactory');
    const { address, wrap } = await chain.undeployedWallet(factory, ownerAddress, SALT);
    const wrapped = await wrap(owner.sign(TEXT));
    expect(await ask(address, wrapped)).toBe(true);
    expect(await ask(address, await wrap(other.sign(TEXT)))).toBe(false);
    expect(await ask(address, owner.sign(TEXT))).toBe(false);
    expect(await chain.call('eth_getCode', [address, 'latest'])).toBe('0x');
  });

  it('is not believed when the wrapper deploys another wallet, or none', async () => {
    const factory = await chain.deploy('WalletFactory');
    const mine = await chain.undeployedWallet(factory, otherAddress, SALT);
    const theirs = await chain.undeployedWallet(factory, ownerAddress, SALT);
    expect(await ask(theirs.address, await mine.wrap(other.sign(TEXT)))).toBe(false);
    expect(await ask(NO_SUCH, await theirs.wrap(owner.sign(TEXT)))).toBe(false);
  });

  it('keeps its old signatures once it is deployed, and follows its owner', async () => {
    const factory = await chain.deploy('WalletFactory');
    const { address, deployment, wrap } = await chain.undeployedWallet(factory, ownerAddress, SALT);
    const wrapped = await wrap(owner.sign(TEXT));
    await chain.send(factory, deployment);
    expect(await ask(address, wrapped)).toBe(true);
    await chain.send(address, encodeCall('setOwner(address)', otherAddress));
    expect(await ask(address, wrapped)).toBe(false);
    // Asked as it is first: the wrapper is not needed any more, and it changes nothing.
    expect(await ask(address, await wrap(other.sign(TEXT)))).toBe(true);
    expect(await ask(address, other.sign(TEXT))).toBe(true);
  });

  it('may be prepared for the question when it is deployed already', async () => {
    const factory = await chain.deploy('WalletFactory');
    const { address, deployment, wrap } = await chain.undeployedWallet(factory, ownerAddress, SALT);
    await chain.send(factory, deployment);
    const preparation = encodeCall('handOver(address,address)', address, otherAddress);
    expect(await ask(address, await wrap(other.sign(TEXT)))).toBe(false);
    expect(await ask(address, await wrap(other.sign(TEXT), preparation))).toBe(true);
    expect(await ask(address, other.sign(TEXT))).toBe(false);
  });

  it('counts as no signature with a wrapper that no contract could read', async () => {
    const factory = await chain.deploy('WalletFactory');
    const { address, wrap } = await chain.undeployedWallet(factory, ownerAddress, SALT);
    const wrapped = await wrap(owner.sign(TEXT));
    const suffix = wrapped.subarray(-32);
    const withWord = (index: number, hex: string): Uint8Array => {
      const copy = wrapped.slice();
      copy.set(Uint8Array.from(Buffer.from(hex.padStart(64, '0'), 'hex')), 32 * index);
      return copy;
    };
    for (const broken of [
      suffix,
      concatBytes(wrapped.subarray(0, 100), suffix),
      withWord(0, `1${'00'.repeat(20)}`), // more than an address
      withWord(1, 'f'.repeat(64)), // an offset beyond everything
      withWord(2, '10000'),
      withWord(3, '10000'), // a length beyond the end
    ]) {
      expect(await ask(address, broken)).toBe(false);
    }
  });
});

describe('an account without code', () => {
  it('signs with its key', async () => {
    expect(await ask(ownerAddress, owner.sign(TEXT))).toBe(true);
    expect(await ask(otherAddress, owner.sign(TEXT))).toBe(false);
    const zeroV = owner.sign(TEXT);
    zeroV[64] = (zeroV[64] as number) - 27;
    expect(await ask(ownerAddress, zeroV)).toBe(false);
  });

  it('has no signature that is too long for any chain', async () => {
    expect(await ask(ownerAddress, new Uint8Array(60_000))).toBe(false);
  });
});

describe('the endpoint', () => {
  const accountId = () => formatAccountId(chain.chainId, ownerAddress);
  const query = () => ({ accountId: accountId(), digest, signature: owner.sign(TEXT), blockNumber: undefined });

  it('is chosen by the chain of the account, and asked once which chain it is', async () => {
    const methods: string[] = [];
    const counted: JsonRpcCall = (method, params) => {
      methods.push(method);
      return chain.call(method, params);
    };
    const verify = contractWalletVerifier(new Map([[chain.chainId, counted]]));
    expect(await verify({ ...query(), accountId: formatAccountId(1n, ownerAddress) })).toBeUndefined();
    expect((await verify(query()))?.isValid).toBe(true);
    expect((await verify({ ...query(), blockNumber: 0n }))?.isValid).toBe(true);
    expect(methods).toEqual(['eth_chainId', 'eth_blockNumber', 'eth_call', 'eth_call']);
  });

  it('of another chain is refused', async () => {
    const verify = contractWalletVerifier(new Map([[1n, chain.call]]));
    const asked = verify({ ...query(), accountId: formatAccountId(1n, ownerAddress) });
    expect(await codeOf(asked)).toBe('identity/wrong-chain');
  });

  it('that cannot answer is not taken for a no', async () => {
    expect(await codeOf(verifyContractWalletSignature({ ...query(), blockNumber: 10n ** 9n }, chain.call))).toBe(
      'identity/chain-unavailable',
    );
    for (const answer of ['0x', '0x02', `0x${'00'.repeat(32)}`, null, 1, undefined]) {
      const call: JsonRpcCall = async () => answer;
      const asked = verifyContractWalletSignature({ ...query(), blockNumber: 1n }, call);
      expect(await codeOf(asked)).toBe('identity/chain-answer-malformed');
      expect(await codeOf(verifyContractWalletSignature(query(), call))).toBe('identity/chain-answer-malformed');
    }
  });

  it('keeps its address, which may hold a key, out of errors', async () => {
    const url = 'http://127.0.0.1:1/secret';
    const failing = jsonRpcOver(async () => {
      throw new TypeError(`no way to ${url}`);
    }, url);
    const told = await failing('eth_chainId', []).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(IdentityError);
    expect(`${(told as Error).stack}${JSON.stringify(told)}${(told as Error).cause}`).not.toContain('secret');
  });

  it('is held to HTTP, to JSON and to a length', async () => {
    const over = (status: number, text: string) =>
      jsonRpcOver(async () => ({ ok: status === 200, status, text: async () => text }), 'http://chain')(
        'eth_chainId',
        [],
      );
    expect(await codeOf(over(429, ''))).toBe('identity/chain-unavailable');
    expect(await codeOf(over(200, '<html>'))).toBe('identity/chain-unavailable');
    expect(await codeOf(over(200, `"${'a'.repeat(70_000)}"`))).toBe('identity/chain-answer-malformed');
    expect(await codeOf(over(200, '{"error":{"code":-32000,"message":"missing trie node"}}'))).toBe(
      'identity/chain-unavailable',
    );
    expect(await over(200, '{"result":"0x1"}')).toBe('0x1');
    expect(await over(200, 'null')).toBeUndefined();
  });
});
