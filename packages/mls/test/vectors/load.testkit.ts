/**
 * The working group's test vectors (github.com/mlswg/mls-implementations, folder test-vectors). They carry no licence
 * and are not part of this repository: name a folder that holds them in CONCLAVE_MLS_VECTORS to run them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CryptoProvider } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { type CipherSuite, getCipherSuite } from '../../src/crypto/cipher-suite.js';

const folder = process.env.CONCLAVE_MLS_VECTORS;

/** The cases of one file of suites that are implemented; undefined when the vectors are not at hand. */
export function loadVectors<Case extends { cipher_suite?: number }>(name: string): Case[] | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) return undefined;
  const cases = JSON.parse(readFileSync(path, 'utf8')) as Case[];
  return cases.filter(({ cipher_suite }) => cipher_suite === undefined || cipher_suite === 1 || cipher_suite === 3);
}

const provider: CryptoProvider = nodeCrypto;

/** A suite on the provider that Node users have. */
export function suiteOf(id: number): CipherSuite {
  return getCipherSuite(id, provider);
}
