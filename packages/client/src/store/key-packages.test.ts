import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { describe, expect, it, vi } from 'vitest';
import { insertKeyPackage, keyPackageLookup } from './key-packages.js';
import { openStore } from './migrate.js';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);

function insert(db: Database, fill: number): void {
  const secrets = {
    initPrivateKey: bytes(32, fill),
    encryptionPrivateKey: bytes(32, fill),
    wrapperSeed: bytes(32, fill),
  };
  const publicKeys = { initPublicKey: bytes(32, fill), wrapperPublicKey: bytes(1216, fill) };
  insertKeyPackage(db, {
    ref: bytes(32, fill),
    keyPackage: bytes(9, fill),
    ...publicKeys,
    ...secrets,
    createdAtNs: 1n,
  });
}

describe.each(availableEngines())('on %s: key packages', (engine) => {
  it('are looked up for a Welcome that names a hundred thousand others at the cost of two queries', () => {
    const db = openDatabase({ path: null, engine });
    openStore(db);
    for (const fill of [1, 2, 3]) insert(db, fill);
    const prepare = vi.spyOn(db, 'prepare');
    const lookUp = keyPackageLookup(db);
    const stranger = bytes(32, 3);
    for (let i = 0; i < 100_000; i++) {
      stranger[31] = 4 + (i % 250);
      if (lookUp(stranger) !== undefined) throw new RangeError('found a stranger');
    }
    expect(prepare).toHaveBeenCalledTimes(1);
    expect(lookUp(bytes(32, 2))).toMatchObject({ keyPackage: bytes(9, 2), initPrivateKey: bytes(32, 2) });
    expect(prepare).toHaveBeenCalledTimes(2);
    db.close();
  });
});
