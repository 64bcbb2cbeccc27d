/** Suites of tests over vectors in the working group's format; `load.testkit.ts` says where they come from. */
import { appendFileSync } from 'node:fs';
import { fromHex } from '@conclave/crypto';
import { afterAll, describe } from 'vitest';
import type { CipherSuite } from '../../src/crypto/cipher-suite.js';
import * as load from './load.testkit.js';

/** Where the number of cases that ran is noted, a line of JSON each, for `npm run test:vectors`. */
const COUNTS = process.env.CONCLAVE_MLS_VECTOR_COUNTS;

/** Runs `suite` over the cases of one file from every source. */
export function describeVectors<Case extends { cipher_suite?: number }>(
  file: string,
  suite: (cases: readonly Case[]) => void,
): void {
  for (const source of load.VECTOR_SOURCES) {
    const cases = load.loadVectors<Case>(source, file);
    describe(`${source.name} vectors: ${file}`, () => {
      suite(cases);
      if (COUNTS === undefined) return;
      afterAll(() => {
        for (const id of new Set(cases.map(({ cipher_suite }) => cipher_suite))) {
          const count = cases.filter(({ cipher_suite }) => cipher_suite === id).length;
          appendFileSync(COUNTS, `${JSON.stringify({ source: source.name, file, suite: id ?? null, count })}\n`);
        }
      });
    });
  }
}

/** The suite of a case, on the provider that Node users have. */
export function suiteOf(vector: { readonly cipher_suite: number }): CipherSuite {
  return load.suiteOf(vector.cipher_suite);
}

export const hex = fromHex;
