import { toHex } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochKey, MemoryRows, nodeKey, RowJournal, ratchetKey } from './rows.js';

type Step =
  | { readonly do: 'put'; readonly kind: number; readonly key: Uint8Array; readonly value: Uint8Array | null }
  | { readonly do: 'deletePrefix'; readonly kind: number; readonly key: Uint8Array }
  | { readonly do: 'take' };

const kind = fc.nat({ max: 2 });
const key = fc.uint8Array({ maxLength: 3, max: 3 });
const value = fc.option(fc.uint8Array({ maxLength: 4 }));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), kind, key, value }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('deletePrefix' as const), kind, key }) },
    { weight: 2, arbitrary: fc.constant({ do: 'take' as const }) },
  ),
  { maxLength: 40 },
);

/** Rows by kind and hex key, the plain way. */
type Model = Map<string, string>;

function run(model: Model, step: Step): void {
  if (step.do === 'take') return;
  const name = `${step.kind}:${toHex(step.key)}`;
  if (step.do === 'put') {
    if (step.value === null) model.delete(name);
    else model.set(name, toHex(step.value));
    return;
  }
  for (const at of [...model.keys()]) if (at.startsWith(name)) model.delete(at);
}

describe('RowJournal', () => {
  it.each(['over rows kept by the caller', 'on its own'])('%s shows what was written', (mode) => {
    fc.assert(
      fc.property(steps, (list) => {
        const stored = new MemoryRows();
        const journal = mode === 'on its own' ? new RowJournal() : new RowJournal(stored);
        const model: Model = new Map();
        for (const step of list) {
          if (step.do === 'put') journal.put(step.kind, step.key, step.value);
          else if (step.do === 'deletePrefix') journal.deletePrefix(step.kind, step.key);
          else stored.apply(journal.take());
          run(model, step);
          for (let of = 0; of <= 2; of++) {
            const rows = journal.scan(of).map(({ key, value }) => [`${of}:${toHex(key)}`, toHex(value)]);
            const expected = [...model]
              .filter(([name]) => name.startsWith(`${of}:`))
              .sort(([a], [b]) => (a < b ? -1 : 1));
            expect(rows).toEqual(expected);
          }
        }
        stored.apply(journal.take());
        // One change a row, and the caller's rows end up as the journal's.
        expect(journal.take()).toEqual([]);
        for (let of = 0; of <= 2; of++) expect(stored.scan(of)).toEqual(journal.scan(of));
        expect(stored.size).toBe(model.size);
      }),
    );
  });

  it('gives each changed row once, as it is at last', () => {
    const journal = new RowJournal();
    journal.put(1, nodeKey(3), new Uint8Array([1]));
    journal.put(1, nodeKey(3), new Uint8Array([2]));
    journal.put(2, nodeKey(3), null);
    expect(journal.take()).toEqual([
      { kind: 1, key: nodeKey(3), value: new Uint8Array([2]) },
      { kind: 2, key: nodeKey(3), value: null },
    ]);
    expect(journal.get(1, nodeKey(3))).toEqual(new Uint8Array([2]));
    expect(journal.get(2, nodeKey(3))).toBeUndefined();
  });
});

describe('row keys', () => {
  it('sort by their numbers and share prefixes', () => {
    expect(toHex(epochKey(258n))).toBe('0000000000000102');
    expect(toHex(epochKey(1n, 2))).toBe('000000000000000100000002');
    expect(toHex(ratchetKey(1n, 1, 7))).toBe('00000000000000010100000007');
    expect(toHex(ratchetKey(1n, 1, 7)).startsWith(toHex(ratchetKey(1n, 1)))).toBe(true);
  });
});
