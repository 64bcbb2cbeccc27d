/**
 * The vectors in `vectors/mls` are what the engine makes from the seeds today: a change of any byte that it signs,
 * hashes, encrypts or encodes shows here. With CONCLAVE_WRITE_VECTORS set they are written anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OWN_VECTORS } from './load.testkit.js';
import { makeTreeKem, makeTreeOperations, makeTreeValidation } from './make-tree-vectors.testkit.js';

const FILES = {
  'tree-operations.json': makeTreeOperations,
  'tree-validation.json': makeTreeValidation,
  'treekem.json': makeTreeKem,
};

it.each(Object.entries(FILES))('vectors/mls/%s follows from its seeds', (file, make) => {
  const path = join(OWN_VECTORS, file);
  const made = `${JSON.stringify(make(), null, 1)}\n`;
  if (process.env.CONCLAVE_WRITE_VECTORS !== undefined) writeFileSync(path, made);
  expect(JSON.parse(made)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
});
