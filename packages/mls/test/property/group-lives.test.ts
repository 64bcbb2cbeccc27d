/**
 * Random lives of groups over a careless network (`network.testkit.ts`), and what removed members can still do.
 * CONCLAVE_SEED repeats one run; CONCLAVE_LONG runs many, with up to 50 members and new seeds.
 */
import { describe, expect, it } from 'vitest';
import { Chance, seedsOf } from './chance.testkit.js';
import type { Client } from './client.testkit.js';
import { Intruder, type Loot } from './intruder.testkit.js';
import { Network } from './network.testkit.js';

const isLong = process.env.CONCLAVE_LONG !== undefined;

function live(seed: number, steps: number, maximumMembers: number): Network {
  const chance = new Chance(seed);
  const network = new Network({ chance, maximumMembers, handshake: seed % 2 === 0 ? 'private' : 'public' });
  for (let step = 0; step < steps; step++) network.step();
  network.settle();
  return network;
}

/** Everything that an intruder gets of the epochs from `first` on. */
function attack(intruder: Intruder, network: Network, first: bigint, commits: number): Loot {
  const loot: Loot = [];
  for (const [epoch, record] of network.epochs) {
    if (epoch < first) continue;
    loot.push(...intruder.findSecrets(epoch, record));
    const accepted = network.log[Number(epoch) - 1];
    if (accepted !== undefined) loot.push(...intruder.deriveNext(epoch, accepted.context, record));
  }
  for (const accepted of network.log.slice(Number(first) - 1, Number(first) - 1 + commits)) {
    const before = network.log[Number(accepted.epoch) - 2];
    if (before !== undefined) loot.push(...intruder.openPath(accepted, before.context));
    loot.push(...intruder.openWelcome(accepted));
  }
  for (const packet of network.applications) if (packet.epoch >= first) loot.push(...intruder.openMessage(packet));
  return loot;
}

describe('lives of groups over a careless network', () => {
  const runs = seedsOf({ short: 8, long: 16 }).map((seed) => ({ seed }));

  it.each(runs)(
    'seed $seed: whoever is in an epoch agrees with all others in it',
    ({ seed }) => {
      const { counts } = live(seed, isLong ? 800 : 200, isLong ? 50 : 14);
      expect(counts.accepted).toBeGreaterThan(10);
      expect(counts.read).toBeGreaterThan(20);
      expect(counts.refused).toBeGreaterThan(10);
    },
    600_000,
  );
});

describe('a removed member, with everything it ever stored', () => {
  const runs = seedsOf({ short: 2, long: 12 }).map((seed) => ({ seed: 2 * seed + 1 }));

  it.each(runs)(
    'seed $seed: learns nothing of later epochs',
    ({ seed }) => {
      const network = live(seed, 250, 12);
      const removed = network.removed.filter(({ removedAt }) => removedAt !== undefined);
      expect(removed.length).toBeGreaterThan(0);
      for (const client of removed.slice(0, isLong ? 10 : 3)) {
        const loot = attack(new Intruder(client), network, client.removedAt as bigint, isLong ? 10 : 3);
        expect(loot, client.name).toEqual([]);
      }
      // The same attacks succeed for who is still in: they are not without teeth.
      const insider = network.members.find(
        ({ joinedAt }) => joinedAt !== undefined && joinedAt < network.head,
      ) as Client;
      const first = (insider.joinedAt as bigint) + 1n;
      const loot = attack(new Intruder(insider), network, first, 1000).join('\n');
      for (const prize of ['initSecret', 'encryptionSecret', 'a path secret', 'the sender of']) {
        expect(loot).toContain(prize);
      }
    },
    600_000,
  );
});
