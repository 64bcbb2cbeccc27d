/** Suites of tests over the working group's vectors; `load.testkit.ts` says where they come from. */
import { fromHex } from '@conclave/crypto';
import { describe } from 'vitest';
import type { CipherSuite } from '../../src/crypto/cipher-suite.js';
import * as load from './load.testkit.js';

/** Runs `suite` over the cases of one file, or marks it as skipped where the vectors are not at hand. */
export function describeVectors<Case extends { cipher_suite?: number }>(
  name: string,
  suite: (cases: readonly Case[]) => void,
): void {
  const cases = load.loadVectors<Case>(name);
  describe.runIf(cases !== undefined)(`working group vectors: ${name}`, () => suite(cases ?? []));
}

/** The suite of a case, on the provider that Node users have. */
export function suiteOf(vector: { readonly cipher_suite: number }): CipherSuite {
  return load.suiteOf(vector.cipher_suite);
}

export const hex = fromHex;
