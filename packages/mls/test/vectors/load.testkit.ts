/**
 * Test vectors from two places, in the same format. Those in `vectors/mls` were made by this engine and guard it
 * against change. The working group's (github.com/mlswg/mls-implementations, folder test-vectors) carry no licence
 * and are not part of this repository: `npm run test:vectors -- FOLDER` runs them as well.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCrypto } from '@conclave/crypto/node';
import { type CipherSuite, getCipherSuite } from '../../src/crypto/cipher-suite.js';

/** Numbers of the suites whose cases are run. */
export const SUITES: readonly number[] = [1, 3];

/** Where the vectors made by this engine are. */
export const OWN_VECTORS: string = fileURLToPath(new URL('../../../../vectors/mls/', import.meta.url));

/** Where vectors come from, and who made them. */
export interface VectorSource {
  readonly name: string;
  readonly folder: string;
}

/** Our own vectors, and the working group's where CONCLAVE_MLS_VECTORS names their folder. */
export const VECTOR_SOURCES: readonly VectorSource[] = [
  { name: 'own', folder: OWN_VECTORS },
  ...(process.env.CONCLAVE_MLS_VECTORS === undefined
    ? []
    : [{ name: 'working group', folder: process.env.CONCLAVE_MLS_VECTORS }]),
];

/** The cases of one file that are of an implemented suite, or of none. @throws TypeError when there are none */
export function loadVectors<Case extends { cipher_suite?: number }>(
  { name, folder }: VectorSource,
  file: string,
): Case[] {
  const path = join(folder, `${file}.json`);
  if (!existsSync(path)) throw new TypeError(`${file}.json is missing among the ${name} vectors`);
  const all: Case[] = JSON.parse(readFileSync(path, 'utf8'));
  const cases = all.filter(({ cipher_suite }) => cipher_suite === undefined || SUITES.includes(cipher_suite));
  if (cases.length === 0) throw new TypeError(`${file}.json of the ${name} vectors has no case to run`);
  return cases;
}

/** A suite on the provider that Node users have. */
export function suiteOf(id: number): CipherSuite {
  return getCipherSuite(id, nodeCrypto);
}
