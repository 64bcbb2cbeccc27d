/** The surroundings of a command, handed in so that tests can replace them. */
import type { Output } from './output.js';
import type { Prompter } from './prompter.js';

/** Where to print, whom to ask, what the environment says. */
export interface World {
  readonly output: Output;
  readonly prompter: Prompter;
  readonly env: Readonly<Record<string, string | undefined>>;
}
