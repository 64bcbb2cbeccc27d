import { describe, expect, it } from 'vitest';
import { describeEngine } from '../compliance.testkit.js';
import { availableEngines } from './engines.js';
import { openDatabase } from './open-database.js';

describe('engines', () => {
  it('always include the wasm engine, the last resort', () => {
    expect(availableEngines().at(-1)).toBe('node-sqlite3-wasm');
  });

  it('are taken best first', () => {
    const database = openDatabase({ path: null });
    expect(database.engine).toBe(availableEngines()[0]);
    database.close();
  });

  it('that are missing are reported', () => {
    expect(() => openDatabase({ path: null, engine: 'no such engine' as never })).toThrow(
      expect.objectContaining({ code: 'sqlite/cannot-open' }),
    );
  });
});

for (const engine of availableEngines()) describeEngine(engine);
