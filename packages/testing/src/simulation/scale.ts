/** How big a simulation is. */
import type { SeededRandom } from '../seeded-random.js';

/** Sizes from which a seed draws. */
export interface Scale {
  readonly people: readonly [low: number, high: number];
  /** Devices at the start; more are bought on the way, a few. */
  readonly devices: number;
  readonly maxDevices: number;
  /** Chance that somebody has one device more. */
  readonly another: number;
  readonly steps: number;
}

/** Names of the scales. */
export type ScaleName = 'tiny' | 'small' | 'medium' | 'large';

/** A pair with a phone each; some friends; a company; a crowd. */
export const SCALES: Readonly<Record<ScaleName, Scale>> = {
  tiny: { people: [2, 3], devices: 3, maxDevices: 4, another: 0.2, steps: 14 },
  small: { people: [2, 3], devices: 4, maxDevices: 5, another: 0.25, steps: 40 },
  medium: { people: [3, 6], devices: 8, maxDevices: 10, another: 0.3, steps: 80 },
  large: { people: [6, 12], devices: 18, maxDevices: 20, another: 0.4, steps: 160 },
};

/** The scale of a seed that was given none: mostly small, since small stories are the ones that can be understood. */
export function randomScale(random: SeededRandom): ScaleName {
  return random.weighted<ScaleName>([
    ['tiny', 20],
    ['small', 52],
    ['medium', 23],
    ['large', 5],
  ]);
}
