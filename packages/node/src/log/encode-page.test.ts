import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from './encode-message.js';
import { encodePage } from './encode-page.js';
import type { Committed } from './log.js';
import { groupEntry } from './log.testkit.js';

const rowsOf = (sizes: readonly number[]): Committed[] =>
  sizes.map((size, index) => ({
    ...{ id: BigInt(index + 1), createdNs: BigInt(1_000 + index) },
    entry: { ...groupEntry('g', ''), data: new Uint8Array(size).fill(index) },
  }));

describe('a page of messages', () => {
  it('has the messages that have room, as they are encoded one by one, and always its first', () => {
    const sizes = fc.array(fc.oneof(fc.nat(100), fc.constantFrom(60_000, 130_000)), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.nat(400_000), (dataSizes, maxBytes) => {
        const rows = rowsOf(dataSizes);
        const { items, bytes } = encodePage(rows, maxBytes);
        for (const [index, { id, createdNs, message }] of items.entries()) {
          const row = rows[index] as Committed;
          expect({ id, createdNs }).toEqual({ id: row.id, createdNs: row.createdNs });
          expect(Buffer.compare(message, encodeMessage(row.entry, row))).toBe(0);
        }
        expect(bytes).toBe(items.reduce((sum, { message }) => sum + message.length, 0));
        if (items.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
        const next = rows[items.length];
        if (items.length === 0) expect(next).toBeUndefined();
        else if (next !== undefined) expect(bytes + encodeMessage(next.entry, next).length).toBeGreaterThan(maxBytes);
      }),
    );
  });
});
