import { defineConfig } from 'vitest/config';

const conditions = ['conclave-source', 'node', 'import', 'default'];

/**
 * Packages that keep nothing in the process: their tests share its modules, whose loading is a third of the time that all tests take. The others warn once, start
 * threads and servers, or have modules replaced, and get each file a process of its own.
 */
const SHARING = ['client', 'content', 'identity', 'mls', 'sdk', 'testing'];
const sharing = SHARING.flatMap((name) => [`packages/${name}/src/**/*.test.ts`, `packages/${name}/test/**/*.test.ts`]);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      { extends: true, test: { name: 'sharing', include: sharing, isolate: false } },
      {
        extends: true,
        test: {
          name: 'apart',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'apps/*/src/**/*.test.{ts,tsx}',
            'scripts/**/*.test.mjs',
          ],
          exclude: sharing,
        },
      },
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
