/**
 * The official test vectors of the MLS working group (mlswg/mls-implementations, folder test-vectors). They carry no
 * licence, so they are not part of this repository: set CONCLAVE_MLS_VECTORS to a folder that holds the JSON files.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe } from 'vitest';
import { type CipherSuite, getCipherSuite } from '../../src/crypto/cipher-suite.js';

const folder = process.env['CONCLAVE_MLS_VECTORS'];

/** Runs `suite` over the cases of one file, or marks it as skipped where the vectors are not at hand. */
export function describeVectors<Case>(file: string, suite: (cases: readonly Case[]) => void): void {
  const path = join(folder ?? '', file);
  const present = folder !== undefined && existsSync(path);
  describe.runIf(present)(`official vectors: ${file}`, () => {
    if (!present) return;
    const cases: unknown = JSON.parse(readFileSync(path, 'utf8'));
    suite(Array.isArray(cases) ? cases : [cases]);
  });
}

/** The cases whose cipher suite is implemented. */
export function supported<Case extends { readonly cipher_suite: number }>(cases: readonly Case[]): Case[] {
  return cases.filter(({ cipher_suite }) => cipher_suite === 1 || cipher_suite === 3);
}

export function suiteOf(vector: { readonly cipher_suite: number }): CipherSuite {
  return getCipherSuite(vector.cipher_suite, nodeCrypto);
}

export const hex = fromHex;
