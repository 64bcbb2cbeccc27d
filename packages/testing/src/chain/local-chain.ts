/**
 * A real Ethereum chain on this machine (anvil), with the contracts of `contracts/Wallets.sol` at hand: what contract wallet
 * signatures are checked against in tests. It mines a block per transaction and forgets everything when it is stopped.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { concatBytes, fromHex, toHex } from '@conclave/crypto';
import { type JsonRpcCall, jsonRpcOver } from '@conclave/identity';
import { TestingError } from '../errors.js';
import { decodeBytes, encodeCall, encodeParameters } from './abi.js';

const require = createRequire(import.meta.url);

/** A contract of Wallets.sol. */
export type TestContract = 'OwnedWallet' | 'SloppyWallet' | 'SilentWallet' | 'WalletFactory';

/** A wallet that its factory can deploy. */
export interface UndeployedWallet {
  readonly address: `0x${string}`;
  /** The factory is called with this to deploy it. */
  readonly deployment: Uint8Array;
  /** A signature with what deploys the wallet, or with another call to the factory that prepares it. */
  wrap(signature: Uint8Array, preparation?: Uint8Array): Promise<Uint8Array>;
}

/** A chain that runs. */
export interface LocalChain {
  /** Where it answers JSON-RPC. */
  readonly url: string;
  readonly chainId: bigint;
  readonly call: JsonRpcCall;
  blockNumber(): Promise<bigint>;
  /** Puts a contract there. @returns its address, 0x and lower-case hex */
  deploy(contract: TestContract, ...parameters: `0x${string}`[]): Promise<`0x${string}`>;
  /** Sends a transaction and waits until it is mined. */
  send(to: `0x${string}`, data: Uint8Array): Promise<void>;
  /** The address of a wallet that the factory has not deployed yet, and its signatures wrapped as ERC-6492 says. */
  undeployedWallet(factory: `0x${string}`, owner: `0x${string}`, salt: `0x${string}`): Promise<UndeployedWallet>;
  stop(): Promise<void>;
}

interface Receipt {
  readonly status: string;
  readonly contractAddress: `0x${string}`;
}

/** Starts a chain. @throws TestingError `testing/no-chain` when anvil does not start here */
export async function startLocalChain(chainId = 31_337n): Promise<LocalChain> {
  const command = anvilCommand();
  const child = spawn(command, ['--port', '0', '--chain-id', `${chainId}`, '--accounts', '1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopped = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.once('error', (error) => reject(new TestingError('testing/no-chain', {}, error)));
    child.once('close', () => reject(new TestingError('testing/no-chain')));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
      const found = /Listening on 127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(found[1] as string);
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const call = jsonRpcOver(fetch, url);
  const [from] = (await call('eth_accounts', [])) as `0x${string}`[];

  const mined = async (transaction: { to?: string; data: string }): Promise<Receipt> => {
    const hash = await call('eth_sendTransaction', [{ from, ...transaction }]);
    for (;;) {
      // The block follows the transaction at once, but not within the call that sends it.
      const receipt = (await call('eth_getTransactionReceipt', [hash])) as Receipt | null;
      if (receipt === null) continue;
      if (receipt.status !== '0x1') throw new TestingError('testing/transaction-failed');
      return receipt;
    }
  };
  const read = async (to: string, data: Uint8Array): Promise<string> =>
    (await call('eth_call', [{ to, data: `0x${toHex(data)}` }, 'latest'])) as string;

  return {
    url,
    chainId,
    call,
    blockNumber: async () => BigInt((await call('eth_blockNumber', [])) as string),
    deploy: async (contract, ...parameters) => {
      const code = concatBytes(fromHex(bytecodes()[contract]), encodeParameters(...parameters));
      return (await mined({ data: `0x${toHex(code)}` })).contractAddress;
    },
    send: async (to, data) => {
      await mined({ to, data: `0x${toHex(data)}` });
    },
    undeployedWallet: async (factory, owner, salt) => {
      const answer = await read(factory, encodeCall('addressOf(address,bytes32)', owner, salt));
      const deployment = encodeCall('deploy(address,bytes32)', owner, salt);
      return {
        address: `0x${answer.slice(-40)}`,
        deployment,
        wrap: async (signature, preparation = deployment) =>
          decodeBytes(await read(factory, encodeCall('wrap(address,bytes,bytes)', factory, preparation, signature))),
      };
    },
    stop: async () => {
      child.kill();
      await stopped;
    },
  };
}

/** The program itself: its npm wrapper would be a process between us and it. */
function anvilCommand(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`;
  try {
    const wrapper = createRequire(require.resolve('@foundry-rs/anvil/package.json'));
    return join(dirname(wrapper.resolve(`${name}/package.json`)), 'bin', 'anvil');
  } catch (error) {
    throw new TestingError('testing/no-chain', { package: name }, error);
  }
}

let compiled: Record<TestContract, string> | undefined;

function bytecodes(): Record<TestContract, string> {
  if (compiled !== undefined) return compiled;
  const solc = require('solc') as { compile(input: string): string };
  const source = readFileSync(new URL('../../contracts/Wallets.sol', import.meta.url), 'utf8');
  const input = {
    language: 'Solidity',
    sources: { Wallets: { content: source } },
    settings: { evmVersion: 'paris', outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  };
  const { contracts, errors } = JSON.parse(solc.compile(JSON.stringify(input))) as {
    contracts?: { Wallets?: Record<TestContract, { evm: { bytecode: { object: string } } }> };
    errors?: { formattedMessage: string }[];
  };
  const wallets = contracts?.Wallets;
  if (wallets === undefined) {
    throw new TestingError('testing/not-compiled', { message: errors?.[0]?.formattedMessage ?? '' });
  }
  compiled = Object.fromEntries(
    Object.entries(wallets).map(([name, { evm }]) => [name, evm.bytecode.object]),
  ) as Record<TestContract, string>;
  return compiled;
}
