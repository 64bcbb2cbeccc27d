/**
 * Test vectors from two places, in the same format. Those in `vectors/mls` were made by this engine and guard it
 * against change. The working group's (github.com/mlswg/mls-implementations, folder test-vectors) carry no licence
 * and are not part of this repository: name a folder that holds them in CONCLAVE_MLS_VECTORS to run them as well.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeCrypto } from '@conclave/crypto/node';
import { type CipherSuite, getCipherSuite } from '../../src/crypto/cipher-suite.js';

/** Where the vectors made by this engine are. */
export const OWN_VECTORS: string = fileURLToPath(new URL('../../../../vectors/mls/', import.meta.url));

const folders = [OWN_VECTORS, process.env.CONCLAVE_MLS_VECTORS].filter((folder) => folder !== undefined);

/** The cases of one file of suites that are implemented; undefined when the vectors are not at hand. */
export function loadVectors<Case extends { cipher_suite?: number }>(name: string): Case[] | undefined {
  const paths = folders.map((folder) => join(folder, `${name}.json`)).filter(existsSync);
  if (paths.length === 0) return undefined;
  const read = (path: string): Case[] => JSON.parse(readFileSync(path, 'utf8'));
  return paths
    .flatMap(read)
    .filter(({ cipher_suite }) => cipher_suite === undefined || cipher_suite === 1 || cipher_suite === 3);
}

/** A suite on the provider that Node users have. */
export function suiteOf(id: number): CipherSuite {
  return getCipherSuite(id, nodeCrypto);
}
