/**
 * The vectors in `vectors/mls` are what the engine makes from the seeds today: a change of any byte that it signs,
 * hashes, encrypts or encodes shows here. With CONCLAVE_WRITE_VECTORS set they are written anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OWN_VECTORS } from './load.testkit.js';
import { makeMessageProtection, makeMessages, makeWelcome } from './make-message-vectors.testkit.js';
import {
  makePassiveClientHandlingCommit,
  makePassiveClientRandom,
  makePassiveClientWelcome,
} from './make-passive-client-vectors.testkit.js';
import {
  makeCryptoBasics,
  makeDeserialization,
  makeKeySchedule,
  makePskSecret,
  makeSecretTree,
  makeTranscriptHashes,
  makeTreeMath,
} from './make-schedule-vectors.testkit.js';
import { makeTreeKem, makeTreeOperations, makeTreeValidation } from './make-tree-vectors.testkit.js';

const FILES: Readonly<Record<string, () => readonly unknown[]>> = {
  'crypto-basics.json': makeCryptoBasics,
  'deserialization.json': makeDeserialization,
  'key-schedule.json': makeKeySchedule,
  'message-protection.json': makeMessageProtection,
  'messages.json': makeMessages,
  'passive-client-handling-commit.json': makePassiveClientHandlingCommit,
  'passive-client-random.json': makePassiveClientRandom,
  'passive-client-welcome.json': makePassiveClientWelcome,
  'psk_secret.json': makePskSecret,
  'secret-tree.json': makeSecretTree,
  'transcript-hashes.json': makeTranscriptHashes,
  'tree-math.json': makeTreeMath,
  'tree-operations.json': makeTreeOperations,
  'tree-validation.json': makeTreeValidation,
  'treekem.json': makeTreeKem,
  'welcome.json': makeWelcome,
};

it.each(Object.entries(FILES))('vectors/mls/%s follows from its seeds', (file, make) => {
  const path = join(OWN_VECTORS, file);
  // A case a line.
  const made = `[\n${make()
    .map((vector) => JSON.stringify(vector))
    .join(',\n')}\n]\n`;
  if (process.env.CONCLAVE_WRITE_VECTORS !== undefined) writeFileSync(path, made);
  expect(JSON.parse(made)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
});
