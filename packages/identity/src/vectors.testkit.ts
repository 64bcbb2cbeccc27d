/** Reads the golden vectors of this package. */
import { readFileSync } from 'node:fs';

/** One file of `vectors/identity`. */
export function readVector<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../vectors/identity/${name}`, import.meta.url), 'utf8')) as T;
}
