/**
 * Every rule has a test that breaks it: its name stands, as a string of its own or after the error's code, in some test of
 * this package. The tests hand it to `expectRule`, which also shows that no other rule is broken.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/index.js';

const PACKAGE = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const tests = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(PACKAGE, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(PACKAGE, path), 'utf8'));

describe('a test breaks the rule', () => {
  it.each(Object.keys(RULES))('%s', (rule) => {
    const named = new RegExp(`['\` ]${rule}['\`]`);
    // Titles of tests name rules as well; what is asked for is the name as an argument or as an expected outcome.
    const asserted = tests.some((text) =>
      text.split('\n').some((line) => named.test(line.replace(/^\s*(it|describe)\('[^']*'/, ''))),
    );
    expect(asserted, `no test of packages/mls breaks the rule ${rule}`).toBe(true);
  });
});
