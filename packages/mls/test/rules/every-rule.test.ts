/**
 * Every rule has a test that breaks it and no other: its name stands, as a string of its own, in a test file of this package that hands its
 * rules to `expectRule`. A name after an error's code, in a title, or in a list of rules that are broken beside another does not count.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../src/index.js';

const PACKAGE = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const TITLE = /^\s*(it|describe)(\.\w+)?\('[^']*'/gm;
/** A list of nothing but names. */
const NAMES = /\[\s*('[a-z-]+',?\s*)+\]/g;

const handed = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(PACKAGE, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  )
  .filter((path) => path.endsWith('.test.ts') && !path.endsWith('every-rule.test.ts'))
  .map((path) => readFileSync(join(PACKAGE, path), 'utf8'))
  .filter((text) => /\bexpectRule\(/.test(text))
  .map((text) => text.replace(TITLE, '').replace(NAMES, ''));

describe('a test breaks the rule and no other', () => {
  it.each(Object.keys(RULES))('%s', (rule) => {
    const isHanded = handed.some((text) => text.includes(`'${rule}'`));
    expect(isHanded, `no test of packages/mls hands the rule ${rule} to expectRule`).toBe(true);
  });
});
