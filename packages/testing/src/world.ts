/** A node, a clock and people with their devices: what a test of several clients begins with. */
import type { ClientOptions, Logger, NetworkError } from '@conclave/client';
import { nodeCrypto } from '@conclave/crypto/node';
import { create, GroupMessageInputSchema } from '@conclave/proto';
import { Device, type DeviceWallet } from './device.js';
import { TestingError } from './errors.js';
import { type NetworkFaults, PERFECT_LINE, unavailable } from './network/adversary.js';
import { MemoryHistory } from './network/memory-history.js';
import { MemoryNode } from './network/memory-node.js';
import { VirtualTime } from './virtual-time.js';
import { testWallet } from './wallet.js';

/** How a world begins. */
export interface WorldOptions {
  /** Decides keys, ids and faults. */
  readonly seed?: string;
  /** Of every line, until a device gets others. */
  readonly faults?: NetworkFaults;
  readonly log?: (device: string) => Logger;
}

/** Everything of one test. */
export class World {
  readonly time = new VirtualTime();
  readonly node = new MemoryNode(nodeCrypto, () => this.time.nowNs());
  readonly history = new MemoryHistory();
  readonly devices: Device[] = [];
  readonly #options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
  }

  /**
   * A device of somebody; the same name of the owner is the same wallet, so a second one is a second installation. Not
   * started.
   */
  device(owner: string, options: Partial<ClientOptions> = {}, wallet: DeviceWallet = testWallet(owner)): Device {
    const count = this.devices.filter(({ name }) => name.startsWith(`${owner}-`)).length;
    const { seed = 'world', faults = PERFECT_LINE, log } = this.#options;
    const name = `${owner}-${count + 1}`;
    const device = new Device({
      name,
      wallet,
      node: this.node,
      time: this.time,
      seed,
      faults,
      history: this.history,
      options,
      ...(log === undefined ? {} : { log: log(name) }),
    });
    this.devices.push(device);
    return device;
  }

  /** Devices that are started and registered, one for each name. */
  async people<const Owners extends readonly string[]>(
    ...owners: Owners
  ): Promise<{ -readonly [Index in keyof Owners]: Device }> {
    const devices: Device[] = [];
    for (const owner of owners) {
      const device = this.device(owner);
      await device.register();
      devices.push(device);
    }
    return devices as unknown as { -readonly [Index in keyof Owners]: Device };
  }

  /** What a call to a node that is not there ends with. */
  unreachable(): NetworkError {
    return unavailable('test', 'not reachable');
  }

  /** What anybody can send who knows a group's id: its newest message, damaged, and the same for an epoch far ahead. */
  forge(groupId: string): void {
    const newest = this.node.groupMessages.get(groupId)?.at(-1)?.version.value?.data;
    if (newest === undefined) throw new TestingError('testing/misuse', { reason: 'nothing to imitate' });
    const damaged = newest.slice();
    damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
    const ahead = newest.slice();
    // MLSMessage: version and wire format (4 bytes), group id (1 + 16), epoch (8).
    ahead[4 + 17 + 6] = 0xff;
    this.node.sendGroupMessages(
      [damaged, ahead].map((data) => create(GroupMessageInputSchema, { version: { case: 'v1', value: { data } } })),
    );
  }

  /** The node goes down and comes back: streams break, what is stored stays. */
  restartNode(): void {
    for (const device of this.devices) if (device.isRunning) device.line.breakStreams();
  }

  /** Takes in welcomes and messages on all running devices until nothing changes any more. */
  async settle(rounds = 3): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const device of this.devices) {
        if (device.isRunning) await device.client.conversations.syncAll(['allowed', 'unknown', 'denied']);
      }
    }
  }
}
