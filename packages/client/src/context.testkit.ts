/** A client over a database in memory and a node in memory, as tests need it. */
import type { CryptoProvider } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import type { JsonRpcCall } from '@conclave/identity';
import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import {
  type CallHooks,
  type MemoryNetwork,
  MemoryNode,
  memoryNetwork,
  type TestWallet,
  testWallet,
} from '@conclave/testing';
import { type ClientContext, type ClientOptions, openContext, type Who } from './context.js';
import { type TestHost, testHost } from './host.testkit.js';
import { applySignatureRequest } from './identity/account-requests.js';
import { registrationRequest } from './identity/registration.js';
import type { SharedVerification } from './shared-verification.js';

/** A node and the clock that it shares with its clients. */
export interface TestWorld {
  readonly node: MemoryNode;
  readonly host: TestHost;
}

export function testWorld(): TestWorld {
  const host = testHost();
  return { host, node: new MemoryNode(nodeCrypto, () => host.nowNs()) };
}

/** One installation of a test. */
export interface TestInstallation {
  readonly ctx: ClientContext;
  readonly network: MemoryNetwork;
  readonly db: Database;
  readonly wallet: TestWallet;
}

/** What may be other than usual. */
export interface TestOptions {
  readonly db?: Database;
  readonly who?: Partial<Who>;
  readonly hooks?: CallHooks;
  readonly chains?: ReadonlyMap<bigint, JsonRpcCall>;
  readonly crypto?: CryptoProvider;
  readonly verified?: SharedVerification;
  readonly client?: Partial<ClientOptions>;
}

/** Opens an installation, new unless `db` is given. It is not registered. */
export async function testInstallation(
  world: TestWorld,
  wallet: TestWallet = testWallet('alice'),
  options: TestOptions = {},
): Promise<TestInstallation> {
  const network = memoryNetwork(world.node);
  network.hooks = options.hooks ?? {};
  const db = options.db ?? openDatabase({ path: null });
  const who: Who = { identifier: wallet.identifier, ...options.who };
  const { crypto = nodeCrypto, chains, verified, client } = options;
  const deps = { db, network, crypto, host: world.host, chains, verified, options: client };
  const ctx = await openContext(deps, who);
  return { ctx, network, db, wallet };
}

/** Signs and applies the registration; does nothing when there is none to do. */
export async function registerInstallation({ ctx, wallet }: TestInstallation): Promise<void> {
  const request = await registrationRequest(ctx, wallet.identifier);
  if (request === undefined) return;
  wallet.approve(request);
  await applySignatureRequest(ctx, request);
}

/** Opens and registers an installation. */
export async function registeredInstallation(
  world: TestWorld,
  wallet?: TestWallet,
  options?: TestOptions,
): Promise<TestInstallation> {
  const installation = await testInstallation(world, wallet, options);
  await registerInstallation(installation);
  return installation;
}
