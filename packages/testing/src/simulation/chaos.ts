/** What happens to people's devices and to the node, and how bad their lines are. */

import type { Device } from '../device.js';
import type { NetworkFaults } from '../network/adversary.js';
import type { SeededRandom } from '../seeded-random.js';
import type { World } from '../world.js';
import type { Journal } from './journal.js';

/** A line as this seed has it: from nearly perfect to hardly usable. */
export function randomFaults(random: SeededRandom): NetworkFaults {
  const badness = random.fraction() ** 2;
  return {
    latencyMs: random.chance(0.3) ? 0 : random.between(0, 1500),
    dropRequest: 0.15 * badness,
    dropAnswer: 0.15 * badness,
    duplicate: 0.1 * badness,
    lagMs: random.chance(0.4) ? random.between(0, 3000) : 0,
    breakStream: 0.1 * badness,
  };
}

/** A mishap to one device. */
type Mishap = (parts: { world: World; random: SeededRandom; device: Device }) => Promise<void>;

const killAndRestart: Mishap = async ({ world, random, device }) => {
  device.kill();
  await world.time.delay(random.between(0, 20_000));
};

const crashSoon: Mishap = async ({ random, device }) => {
  device.crashAfter(random.between(1, 25), random.chance(0.5) ? 'before' : 'after');
};

const cutLine: Mishap = async ({ world, random, device }) => {
  const { line } = device;
  line.cut();
  await world.time.delay(random.between(500, 30_000));
  line.mend();
};

const otherFaults: Mishap = async ({ random, device }) => {
  device.faults = randomFaults(random);
};

const restartNode: Mishap = async ({ world, random }) => {
  const lines = world.devices.filter(({ isRunning }) => isRunning).map(({ line }) => line);
  for (const line of lines) line.cut();
  await world.time.delay(random.between(100, 5000));
  for (const line of lines) line.mend();
};

/** Somebody who only knows a group's id sends garbage into it. */
const garbage: Mishap = async ({ world, random }) => {
  const groupId = random.pick([...world.node.groupMessages.keys()]);
  if (groupId !== undefined) world.forge(groupId);
};

const MISHAPS: readonly (readonly [readonly [name: string, happen: Mishap], weight: number])[] = [
  [['kill', killAndRestart], 3],
  [['crash', crashSoon], 5],
  [['cut', cutLine], 3],
  [['other-line', otherFaults], 2],
  [['restart-node', restartNode], 1],
  [['garbage', garbage], 1],
];

/** Lets something happen to a device that runs. */
export async function mishap(world: World, random: SeededRandom, journal: Journal, device: Device): Promise<void> {
  const [name, happen] = random.weighted(MISHAPS);
  journal.count(`mishap ${name}`);
  await happen({ world, random, device });
}
