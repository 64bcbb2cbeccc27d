/** What an action of somebody in a simulation has at hand. */
import type { Device } from '../device.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Journal } from './journal.js';
import type { StreamRecord } from './stream-record.js';

/** What an action may use. */
export interface Scene {
  readonly random: SeededRandom;
  readonly journal: Journal;
  /** Everybody who has an inbox. */
  readonly inboxIds: readonly string[];
  /** Open streams by device. */
  readonly streams: Map<Device, StreamRecord>;
}

/** Something that somebody does on a device. */
export type Action = (scene: Scene, device: Device) => Promise<void>;
