/** Reads the committed vectors for the tests of this package. */
import { readFileSync } from 'node:fs';

/** Parsed JSON of `vectors/<path>`. */
export function readVectors<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${path}`, import.meta.url), 'utf8')) as T;
}
