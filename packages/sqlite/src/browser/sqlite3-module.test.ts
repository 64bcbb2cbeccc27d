/** The module itself; what it does with databases is tested in `wasm-engine.test.ts`. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { startSqlite3 } from './sqlite3-module.js';
import { webAssembly } from './web-assembly.js';

const wasm = await readFile(createRequire(import.meta.url).resolve('@evolu/sqlite-wasm/sqlite3.wasm'));

it('gives memory as far as it goes, and none beyond', async () => {
  const { c, memory } = await startSqlite3(wasm);
  const pointer = c.malloc(32 * 2 ** 20);
  expect(pointer).toBeGreaterThan(0);
  expect(pointer + 32 * 2 ** 20).toBeLessThanOrEqual(memory().length);
  const size = memory().length;
  // More than the module was linked for.
  expect(c.malloc(2 ** 31 - 65_536)).toBe(0);
  expect(memory().length).toBe(size);
});

it('starts from what somebody else has compiled', async () => {
  const { c } = await startSqlite3(await webAssembly().compile(wasm));
  expect(c.malloc(16)).toBeGreaterThan(0);
});
