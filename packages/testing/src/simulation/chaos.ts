/** What happens to people's devices and to the node, and how bad their lines are. */

import { ConclaveError } from '@conclave/crypto';
import type { Device } from '../device.js';
import { SimulatedCrash } from '../errors.js';
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
    replay: random.chance(0.3) ? 0.3 * badness : 0,
  };
}

/** A mishap to one device. */
type Mishap = (parts: { world: World; random: SeededRandom; journal: Journal; device: Device }) => Promise<void>;

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

/** The node takes everything from a device and shows it nothing new for a while. */
const withhold: Mishap = async ({ random, device }) => {
  device.line.withhold(random.between(1000, 60_000));
};

const HALF_A_DAY_MS = 12 * 3_600_000;
const MAX_HALF_DAYS = 80;
/** What is under way comes to its end first. */
const MAX_MINUTES_TO_FINISH = 30;

/**
 * Nobody does anything for hours or weeks, but the devices are on, and what is due is done: keys become old. Only when nothing waits
 * anywhere: welcomes that are owed for longer than a key package lives cannot be followed any more, and then nobody can help.
 */
const silence: Mishap = async ({ world, random, journal }) => {
  if (journal.isSilent) return;
  journal.isSilent = true;
  try {
    for (let left = MAX_MINUTES_TO_FINISH; journal.busy > 0; left--) {
      if (left === 0) return;
      await world.time.delay(60_000);
    }
    await passTime(world, random, journal);
  } finally {
    journal.isSilent = false;
  }
};

async function passTime(world: World, random: SeededRandom, journal: Journal): Promise<void> {
  for (let left = random.between(1, MAX_HALF_DAYS); left > 0; left--) {
    if (!world.devices.every(isIdle)) return;
    journal.silences += 1;
    world.time.advance(HALF_A_DAY_MS);
    for (const device of world.devices) if (device.isRunning) await tickQuietly(device);
  }
}

function isIdle(device: Device): boolean {
  if (!device.isRunning || device.line.isCut) return false;
  return device.data.prepare('SELECT 1 FROM intents WHERE state IN (1, 2, 3) LIMIT 1').get() === undefined;
}

/** As its timer does it: a failure is due again, and the process may end in the middle. */
async function tickQuietly(device: Device): Promise<void> {
  try {
    await Promise.race([device.client.tick(), device.crashed()]);
  } catch (error) {
    if (!(error instanceof SimulatedCrash) && !(error instanceof ConclaveError)) throw error;
  }
}

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
  [['withhold', withhold], 2],
  [['silence', silence], 0.5],
  [['garbage', garbage], 1],
];

/** Lets something happen to a device that runs. */
export async function mishap(world: World, random: SeededRandom, journal: Journal, device: Device): Promise<void> {
  const [name, happen] = random.weighted(MISHAPS);
  journal.count(`mishap ${name}`);
  await happen({ world, random, journal, device });
}
