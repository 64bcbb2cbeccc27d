/**
 * The ground that tests stand on: a clock that jumps, randomness from a seed, a node in memory, a bad network, processes that end
 * anywhere, and the simulator that puts them together.
 *
 * ```ts
 * const world = new World();
 * const [alice, bob] = await world.people('alice', 'bob');
 * const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
 * await bob.client.conversations.sync();
 * ```
 */
export { type AbiValue, encodeCall } from './chain/abi.js';
export { type LocalChain, startLocalChain, type TestContract } from './chain/local-chain.js';
export { CrashingDatabase, type CrashPoint, type DatabaseWork } from './crashing-database.js';
export { Device, type DeviceParts, type DeviceWallet } from './device.js';
export { SimulatedCrash, TESTING_ERRORS, TestingError, type TestingErrorCode } from './errors.js';
export { Adversary, type NetworkFaults, PERFECT_LINE } from './network/adversary.js';
export { MemoryHistory } from './network/memory-history.js';
export { type CallHooks, type MemoryNetwork, memoryNetwork } from './network/memory-network.js';
export { idOf, type LoggedUpdate, MemoryNode, type Stored } from './network/memory-node.js';
export { SeededRandom } from './seeded-random.js';
export type { ScaleName } from './simulation/scale.js';
export { type SimulationOptions, type SimulationReport, simulate } from './simulation/simulate.js';
export { VIRTUAL_START_NS, VirtualTime, virtualHost } from './virtual-time.js';
export { type TestWallet, testContractWallet, testWallet } from './wallet.js';
export { World, type WorldOptions } from './world.js';
