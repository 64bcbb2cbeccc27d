import { openDatabase } from '@conclave/sqlite/node';
import { describe, expect, it } from 'vitest';
import { freePages } from './free-pages.js';

describe('pages that become free', () => {
  it('are not overwritten in what runs here, and are again afterwards, however that ends', () => {
    const db = openDatabase({ path: null });
    const modes: unknown[] = [];
    freePages(db, () => modes.push(db.pragma('secure_delete')));
    modes.push(db.pragma('secure_delete'));
    const failing = (): void => freePages(db, () => db.exec('DELETE FROM nowhere'));
    expect(failing).toThrow();
    modes.push(db.pragma('secure_delete'));
    expect(modes).toEqual([2, 1, 1]);
    db.close();
  });
});
