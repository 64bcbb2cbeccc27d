/**
 * `node scripts/fuzz-node.mjs [ROUNDS] [SEED]`: the long form of packages/node/src/edge/fuzz.test.ts, ten hostile connections a
 * round. Prints the seed, so that a failure can be repeated.
 */
import { spawnSync } from 'node:child_process';

const [rounds = '5000', seed = `${Math.floor(Math.random() * 2 ** 31)}`] = process.argv.slice(2);
process.stdout.write(`${rounds} rounds, seed ${seed}\n`);
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', 'packages/node/src/edge/fuzz.test.ts', '--testTimeout', '3600000'],
  {
    stdio: 'inherit',
    env: { ...process.env, CONCLAVE_FUZZ_ROUNDS: rounds, CONCLAVE_FUZZ_SEED: seed },
  },
);
process.exitCode = status ?? 1;
