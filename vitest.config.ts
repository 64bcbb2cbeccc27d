import { defineConfig } from 'vitest/config';

const conditions = ['conclave-source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'apps/*/src/**/*.test.{ts,tsx}',
      'scripts/**/*.test.mjs',
    ],
    environment: 'node',
    setupFiles: ['scripts/property-seed.mjs'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that does much else at once is slow, not broken: the default is one second.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
  },
});
