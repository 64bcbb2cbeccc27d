/** How the original's tests find our packages: `run.mjs` names the places in the environment. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const { CONCLAVE_UPSTREAM_SUITE: suite, CONCLAVE_UPSTREAM_TESTS: tests, CONCLAVE_AGENT_SDK: agent } = process.env;
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const packages = join(here, '../../packages');
const shim = (name) => join(here, 'node-sdk', name);
const source = (name) => join(packages, name, 'src/index.ts');
const PUBLISHED = join(packages, 'node-sdk/bundle/index.js');
const conditions = ['conclave-source', 'node', 'import', 'module', 'default'];
const installed = (name) => join(agent, 'node_modules', name);

const COMMON = [
  { find: /^@conclave\/node-sdk$/, replacement: PUBLISHED },
  { find: /^@conclave\/([a-z-]+)$/, replacement: `${packages}/$1/src/index.ts` },
  { find: /^@xmtp\/node-bindings$/, replacement: source('node-bindings') },
  { find: /^viem\/(accounts|chains)$/, replacement: installed('viem/_esm/$1/index.js') },
  { find: /^viem$/, replacement: installed('viem/_esm/index.js') },
  { find: /^@xmtp\/content-type-primitives$/, replacement: installed('@xmtp/content-type-primitives/dist/index.js') },
];

const ALIASES = {
  'node-sdk': [
    { find: /^@\/AsyncStream$/, replacement: shim('async-stream.mjs') },
    { find: /^@\/utils\/streams$/, replacement: shim('streams.mjs') },
    { find: /^@\/utils\/uuid$/, replacement: shim('uuid.mjs') },
    { find: /^@\/.*$/, replacement: shim('sdk.mjs') },
    { find: /^@test\/helpers$/, replacement: join(tests, 'test/helpers.ts') },
    { find: /^uint8array-extras$/, replacement: shim('uint8array-extras.mjs') },
  ],
  'agent-sdk': [
    { find: /^@xmtp\/node-sdk$/, replacement: PUBLISHED },
    { find: /^@\/(.*)$/, replacement: `${join(tests, 'src')}/$1` },
    { find: /^~\/(.*)$/, replacement: `${tests}/$1` },
    { find: /^ts-retry-promise$/, replacement: installed('ts-retry-promise') },
  ],
};

export default defineConfig({
  root: tests,
  resolve: { conditions, alias: [...ALIASES[suite], ...COMMON] },
  ssr: { resolve: { conditions } },
  test: {
    globals: true,
    include: [suite === 'node-sdk' ? 'test/**/*.test.ts' : 'src/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
