/** Reads the golden vectors of this package, and says with which code something fails. */
import { readFileSync } from 'node:fs';
import { ConclaveError, fromHex } from '@conclave/crypto';

/** One file of `vectors/identity`. */
export function readVector<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../vectors/identity/${name}`, import.meta.url), 'utf8')) as T;
}

export const bytesOf = fromHex;

/** Code of the error that `action` throws; undefined when it throws none. Other errors pass. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ConclaveError) return error.code;
    throw error;
  }
  return undefined;
}
