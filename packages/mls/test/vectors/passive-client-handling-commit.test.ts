import { it } from 'vitest';
import { type PassiveClientCase, runPassiveClient } from './passive-client.testkit.js';
import { describeVectors } from './vectors.testkit.js';

describeVectors<PassiveClientCase>('passive-client-handling-commit', (cases) => {
  it.each(cases.map((vector, index) => ({ vector, index, suite: vector.cipher_suite })))(
    'suite $suite, case $index',
    ({ vector }) => runPassiveClient(vector),
    60_000,
  );
});
