import { equalBytes } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_LENGTH, PagedFile } from './paged-file.js';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 3 * BLOCK_LENGTH });
const step = fc.oneof(
  fc.record({ write: bytes, at: fc.nat(4 * BLOCK_LENGTH) }),
  fc.record({ truncate: fc.nat(5 * BLOCK_LENGTH) }),
  fc.constant({ store: true as const }),
);

function contents(file: PagedFile): Uint8Array {
  const all = new Uint8Array(file.size);
  file.read(all, 0);
  return all;
}

describe('a file in blocks', () => {
  it('hands over again what could not be stored', () => {
    const file = new PagedFile();
    file.write(Uint8Array.of(1), 0);
    const refuse = (): void => {
      throw new RangeError('full');
    };
    expect(() => file.handOver(refuse)).toThrow(RangeError);
    const sizes: number[] = [];
    for (const _ of [1, 2]) file.handOver(({ blocks }) => sizes.push(blocks.size));
    expect(sizes).toEqual([1]);
  });

  it('reads what was written, and its stored copy is what it was when it was stored', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const file = new PagedFile();
        let model = new Uint8Array(0);
        let stored = new Uint8Array(0);
        const blocks = new Map<number, Uint8Array>();
        let storedSize = 0;
        for (const each of steps) {
          if ('write' in each) {
            file.write(each.write, each.at);
            const grown = new Uint8Array(Math.max(model.length, each.at + each.write.length));
            grown.set(model);
            grown.set(each.write, each.at);
            model = grown;
          } else if ('truncate' in each) {
            file.truncate(each.truncate);
            const cut = new Uint8Array(each.truncate);
            cut.set(model.subarray(0, each.truncate));
            model = cut;
          } else {
            file.handOver((changes) => {
              for (const [index, block] of changes.blocks) blocks.set(index, block);
              storedSize = changes.size;
            });
            for (const index of blocks.keys()) if (index * BLOCK_LENGTH >= storedSize) blocks.delete(index);
            stored = model.slice();
          }
          expect(equalBytes(contents(file), model)).toBe(true);
          expect(equalBytes(contents(new PagedFile(storedSize, blocks)), stored)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('tells how much it has of what is asked for', () => {
    const file = new PagedFile();
    file.write(Uint8Array.of(1, 2, 3), 5);
    const target = new Uint8Array(6).fill(9);
    expect(file.read(target, 4)).toBe(4);
    expect([...target]).toEqual([0, 1, 2, 3, 0, 0]);
    expect(file.read(target, 100)).toBe(0);
  });
});
