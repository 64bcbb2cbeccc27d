/** docs/protocol/rfc9420.md names what keeps each demand of the standard: only what exists, and every rule that comes from the standard. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MLS_ERRORS } from '../../src/errors.js';
import { RULES } from '../../src/index.js';

const PACKAGE = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PAGE = join(PACKAGE, '../../docs/protocol/rfc9420.md');

/** Section, demand and what keeps it. */
const rows = readFileSync(PAGE, 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')) as [string, string, string]);

const namesIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
const named = new Set(rows.flatMap(([, , keeper]) => namesIn(keeper)));

/** Checks of registered types are demands of their own documents. */
const OF_DEFINITIONS = ['custom-proposal', 'custom-extension'];
const fromStandard = Object.entries(RULES)
  .filter(([name, { section }]) => /^\d/.test(section) && !OF_DEFINITIONS.includes(name))
  .map(([name]) => name);

describe('the table of what keeps the standard', () => {
  it.each(rows.map((row) => row))('%s: %s', (_, __, keeper) => {
    const names = namesIn(keeper);
    expect(names.length > 0 || keeper.includes('*the caller*')).toBe(true);
    for (const name of names) {
      const isKnown = name in RULES || name in MLS_ERRORS || existsSync(join(PACKAGE, 'src', name));
      expect([name, isKnown]).toEqual([name, true]);
    }
  });

  it.each(fromStandard)('names the rule %s', (rule) => {
    expect(named.has(rule)).toBe(true);
  });
});
