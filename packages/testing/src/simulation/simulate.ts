/**
 * The simulator: people with several devices each, a node, lines of all qualities, machines that stop anywhere. Everything is decided
 * by the seed and nothing waits for real, so what fails once fails every time.
 *
 * At the end the network becomes kind and everybody is there; then the invariants of `invariants.ts` must hold.
 */
import { NetworkError } from '@conclave/client';
import { ConclaveError, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import type { Device } from '../device.js';
import { SimulatedCrash, TestingError } from '../errors.js';
import { PERFECT_LINE } from '../network/adversary.js';
import { SeededRandom } from '../seeded-random.js';
import { World } from '../world.js';
import { ACTIONS, createDm, createGroup, openStream } from './actions.js';
import { mishap, randomFaults } from './chaos.js';
import { checkEnd, conversationsOf, observeEpochs, violated } from './invariants.js';
import { Journal } from './journal.js';
import { checkKeys } from './key-invariants.js';
import { randomScale, SCALES, type Scale, type ScaleName } from './scale.js';
import type { Scene } from './scene.js';
import type { StreamRecord } from './stream-record.js';

/** How much happens. */
export interface SimulationOptions {
  /** Default: drawn by the seed. */
  readonly scale?: ScaleName;
  /** Actions of all devices together. Default: by the scale. */
  readonly steps?: number;
  /** Receives a line for everything that happens. */
  readonly trace?: (line: string) => void;
  /** Is shown the devices when something does not hold, before they are gone: for those who debug. */
  readonly inspect?: (devices: readonly Device[]) => void;
}

/** What a simulation was like. */
export interface SimulationReport {
  readonly seed: number;
  readonly scale: ScaleName;
  readonly devices: number;
  readonly conversations: number;
  /** Envelopes at the node. */
  readonly envelopes: number;
  readonly messages: number;
  readonly virtualSeconds: number;
  readonly counts: ReadonlyMap<string, number>;
  /** Of everything that the node has; the same for the same seed. */
  readonly digest: string;
}

const NAMES = 'alice bob carol dave eve frank grace heidi ivan judy kim liam'.split(' ');
/** Between two things that somebody does. */
const LONGEST_PAUSE_MS = 2000;
/** Quiet rounds at the end; far more than any simulation needs. */
const MAX_QUIET_ROUNDS = 40;
/** Longer than any refresh interval of the client. */
const QUIET_ROUND_MS = 31 * 60_000;
/** A call that takes longer than this hangs. */
const PATIENCE_MS = 6 * 3_600_000;

/** Refusals that the rules of the protocol, or the state of things, may give to anybody at any time. */
const REFUSALS: ReadonlySet<string> = new Set([
  'client/permission-denied',
  'client/group-inactive',
  'client/not-a-member',
  'client/leave-refused',
  'client/intent-deadline',
  'client/conversation-not-found',
  // The inbox itself changes under its devices.
  'client/not-registered',
  'client/installation-revoked',
  'client/identity-update-refused',
  'client/already-associated',
  'client/signature-reused',
  'client/unknown-signer',
  'client/no-usable-installation',
]);

/** Runs one simulation. @throws TestingError `testing/violation`; whatever the code under test should not have thrown */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationReport> {
  const simulation = new Simulation(seed, options);
  try {
    return await simulation.run();
  } catch (error) {
    options.inspect?.(simulation.devices);
    throw error;
  }
}

class Simulation {
  readonly #seed: number;
  readonly #scaleName: ScaleName;
  readonly #scale: Scale;
  readonly #random: SeededRandom;
  readonly #world: World;
  readonly #journal = new Journal();
  readonly #streams = new Map<Device, StreamRecord>();
  readonly #inboxIds: string[] = [];
  readonly #lives: Promise<void>[] = [];
  readonly #trace: (line: string) => void;
  readonly #startNs: bigint;
  #stepsLeft: number;
  #failure: unknown;

  constructor(seed: number, { scale, steps, trace = () => {} }: SimulationOptions) {
    this.#seed = seed;
    this.#random = new SeededRandom(`simulation ${seed}`);
    this.#scaleName = scale ?? randomScale(this.#random);
    this.#scale = SCALES[this.#scaleName];
    this.#world = new World({ seed: `${seed}` });
    this.#startNs = this.#world.time.nowNs();
    this.#stepsLeft = steps ?? this.#scale.steps;
    this.#trace = (line) => trace(`${this.#seconds().toFixed(3).padStart(10)}  ${line}`);
  }

  get devices(): readonly Device[] {
    return this.#world.devices;
  }

  async run(): Promise<SimulationReport> {
    const { people: size, devices, another } = this.#scale;
    const people = NAMES.slice(0, this.#random.between(...size));
    for (const name of people) await this.#register(this.#world.device(name));
    for (const name of people) {
      while (this.#world.devices.length < devices && this.#random.chance(another)) {
        await this.#register(this.#world.device(name));
      }
    }
    await this.#getAcquainted();
    for (const device of this.#world.devices) device.faults = randomFaults(this.#random);
    for (const device of this.#world.devices) this.#lives.push(this.#live(device));
    // Installations that are bought on the way live as well.
    for (let i = 0; i < this.#lives.length; i++) await this.#lives[i];
    if (this.#failure !== undefined) throw this.#failure;
    await this.#becomeQuiet();
    for (const stream of this.#streams.values()) stream.finish();
    checkEnd(this.#journal, this.#world.devices, this.#world.node);
    for (const device of this.#world.devices) checkKeys(device, this.#world.time.nowNs());
    const report = this.#report();
    for (const device of this.#world.devices) await device.stop();
    for (const device of this.#world.devices) device.data.close();
    return report;
  }

  /** A few conversations before anything goes wrong, so that there is something to say from the start. */
  async #getAcquainted(): Promise<void> {
    const scene = this.#scene(this.#random);
    for (let left = this.#random.between(1, 3); left > 0; left--) {
      const device = this.#random.pick(this.#world.devices) as Device;
      await (this.#random.chance(0.7) ? createGroup : createDm)(scene, device);
    }
    for (const device of this.#world.devices) {
      await device.client.conversations.syncAll();
      this.#adoptConversations(device);
      if (this.#random.chance(0.5)) await openStream(scene, device);
    }
  }

  #scene(random: SeededRandom): Scene {
    return { random, journal: this.#journal, inboxIds: this.#inboxIds, streams: this.#streams };
  }

  async #register(device: Device): Promise<void> {
    await device.register();
    if (!this.#inboxIds.includes(device.client.inboxId)) this.#inboxIds.push(device.client.inboxId);
  }

  /** One device's day. */
  async #live(device: Device): Promise<void> {
    const { time } = this.#world;
    const random = new SeededRandom(`${this.#seed} life of ${device.name}`);
    while (this.#stepsLeft > 0 && this.#failure === undefined) {
      await time.delay(random.between(0, LONGEST_PAUSE_MS));
      if (this.#journal.isSilent) continue;
      try {
        await this.#step(device, random);
      } catch (error) {
        this.#failure ??= error;
      }
    }
  }

  async #step(device: Device, random: SeededRandom): Promise<void> {
    if (!device.isRunning) return this.#restart(device);
    if (random.chance(0.06)) {
      this.#trace(`${device.name} has a mishap`);
      await mishap(this.#world, random, this.#journal, device);
      return;
    }
    if (random.chance(0.02) && this.#world.devices.length < this.#scale.maxDevices) {
      await this.#buyAnother(device);
      return;
    }
    this.#stepsLeft -= 1;
    const [name, action] = random.weighted(ACTIONS);
    this.#journal.count(name);
    this.#trace(`${device.name} ${name}`);
    await this.#attempt(device, name, () => action(this.#scene(random), device));
    if (device.isRunning) {
      this.#adoptConversations(device);
      if (random.chance(0.4)) observeEpochs(this.#journal, device);
    }
  }

  /** Does something that may be refused, that the network may fail, and that the end of the process may cut short. */
  async #attempt(device: Device, name: string, work: () => Promise<void>): Promise<void> {
    this.#journal.busy += 1;
    const died = device.crashed().then(() => 'died' as const);
    const hangs = this.#outOfPatience();
    try {
      const outcome = await Promise.race([work(), died, hangs]);
      if (outcome === 'hangs') violated('answers', { device: device.name, action: name });
    } catch (error) {
      if (error instanceof SimulatedCrash || !device.isRunning) return;
      if (!(error instanceof ConclaveError)) throw error;
      if (error instanceof TestingError) throw error;
      const isExpected = REFUSALS.has(error.code) || (error instanceof NetworkError && error.retryable);
      this.#trace(`${device.name} ${name}: ${error.code}`);
      if (!isExpected) throw error;
    } finally {
      this.#journal.busy -= 1;
      if (!device.isRunning) this.#trace(`${device.name} has stopped`);
    }
  }

  /** Resolves when somebody has waited too long, not counting the times when nobody did anything. */
  async #outOfPatience(): Promise<'hangs'> {
    let silences: number;
    do {
      silences = this.#journal.silences;
      await this.#world.time.delay(PATIENCE_MS);
    } while (silences !== this.#journal.silences);
    return 'hangs';
  }

  async #restart(device: Device): Promise<void> {
    // The stream died with its process.
    this.#streams.get(device)?.close();
    this.#streams.delete(device);
    this.#journal.count('restart');
    this.#trace(`${device.name} starts`);
    await this.#attempt(device, 'start', async () => {
      await device.start();
    });
  }

  /** Another installation of the same person. */
  async #buyAnother(owner: Device): Promise<void> {
    const name = owner.name.split('-')[0] as string;
    const device = this.#world.device(name);
    this.#journal.count('another-installation');
    this.#trace(`${device.name} is new`);
    await this.#register(device);
    device.faults = randomFaults(this.#random);
    this.#lives.push(this.#live(device));
  }

  /** DMs, and groups whose making was cut short: the journal needs to know how they began. */
  #adoptConversations(device: Device): void {
    for (const conversation of conversationsOf(device)) {
      const { id } = conversation;
      if (this.#journal.conversations.has(id) || conversation.row.kind !== 'dm') continue;
      const { creatorInboxId } = conversation.immutableMetadata();
      const policies = new Map();
      this.#journal.conversations.set(id, {
        id,
        kind: 'dm',
        creatorInboxId,
        preset: 'all-members',
        name: '',
        policies,
      });
    }
  }

  /** The network becomes kind, everybody is there, and it goes on until nothing happens any more. */
  async #becomeQuiet(): Promise<void> {
    this.#trace('the network becomes kind');
    for (const device of this.#world.devices) {
      if (!device.isRunning) await this.#restart(device);
      device.faults = PERFECT_LINE;
      device.line.mend();
      device.crashAfter(Number.MAX_SAFE_INTEGER / 2, 'before');
    }
    let before = '';
    for (let round = 0; round < MAX_QUIET_ROUNDS; round++) {
      await this.#world.time.delay(QUIET_ROUND_MS);
      for (const { client } of this.#world.devices) {
        const { failures } = await client.tick();
        if (failures[0] !== undefined) throw failures[0];
        // Who was shut out learns it from the own log, which a device without conversations has no other reason to read.
        await client.identity.inboxViews([client.inboxId], { refresh: true });
        await client.conversations.syncAll(['allowed', 'unknown', 'denied']);
      }
      // Quiet conversations are asked for too: so new installations get in without anybody speaking.
      for (const device of this.#world.devices) for (const each of conversationsOf(device)) await each.sync();
      for (const device of this.#world.devices) this.#adoptConversations(device);
      const now = this.#fingerprint();
      if (now === before) return;
      before = now;
    }
    violated('quiet', { rounds: MAX_QUIET_ROUNDS });
  }

  #fingerprint(): string {
    const { groupMessages, welcomes, inboxLogs } = this.#world.node;
    const sizes = [groupMessages, welcomes, inboxLogs].map((topics) =>
      [...topics.values()].reduce((sum, { length }) => sum + length, 0),
    );
    return sizes.join();
  }

  #seconds(): number {
    return Number(this.#world.time.nowNs() - this.#startNs) / 1e9;
  }

  #report(): SimulationReport {
    const { groupMessages } = this.#world.node;
    const envelopes = [...groupMessages.values()].flat();
    const digest = toHex(
      nodeCrypto.hash(
        'sha256',
        utf8(envelopes.map(({ version }) => toHex(version.value?.data ?? new Uint8Array(0))).join()),
      ),
    );
    return {
      seed: this.#seed,
      scale: this.#scaleName,
      devices: this.#world.devices.length,
      conversations: this.#journal.conversations.size,
      envelopes: envelopes.length,
      messages: this.#journal.utterances.length,
      virtualSeconds: Math.round(this.#seconds()),
      counts: this.#journal.counts,
      digest,
    };
  }
}
