/** The engines of this machine, best first. */
import type { EngineName } from '../database.js';
import type { Engine } from '../engine/engine.js';
import { loadBetterSqlite3 } from './better-sqlite3.js';
import { loadNodeSqlite } from './node-sqlite.js';
import { loadNodeSqlite3Wasm } from './node-sqlite3-wasm.js';

const LOADERS: Readonly<Record<string, () => Engine | undefined>> = {
  'better-sqlite3-multiple-ciphers': loadBetterSqlite3,
  'node:sqlite': loadNodeSqlite,
  'node-sqlite3-wasm': loadNodeSqlite3Wasm,
};
const loaded = new Map<EngineName, Engine | undefined>();

/** The engine if it is present; loads it at the first call. */
export function findEngine(name: EngineName): Engine | undefined {
  if (!loaded.has(name)) loaded.set(name, LOADERS[name]?.());
  return loaded.get(name);
}

/** Names of the engines that are present, best first. Loads them all, which `openDatabase` does not. */
export function availableEngines(): EngineName[] {
  return (Object.keys(LOADERS) as EngineName[]).filter((name) => findEngine(name) !== undefined);
}

/** The best engine present, or undefined. */
export function bestEngine(): Engine | undefined {
  for (const name of Object.keys(LOADERS) as EngineName[]) {
    const engine = findEngine(name);
    if (engine !== undefined) return engine;
  }
  return undefined;
}
