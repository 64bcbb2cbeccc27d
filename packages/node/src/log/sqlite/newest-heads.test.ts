import { describe, expect, it } from 'vitest';
import { textOf } from '../../latin1.js';
import { encodeGroupMessageHead } from '../encode-message.js';
import type { Stored } from '../log.js';
import { bytes, groupEntry } from '../log.testkit.js';
import { NewestHeads } from './newest-heads.js';

const commit = (heads: NewestHeads, id: number, group: string) => {
  const entry = groupEntry(group, `m${id}`);
  heads.committed({ id: BigInt(id), createdNs: BigInt(id * 10), entry }, textOf(entry.topic));
};
const stored = (id: number, group: string): Stored => {
  const position = { id: BigInt(id), createdNs: BigInt(id * 10) };
  return { ...position, message: encodeGroupMessageHead({ topic: bytes(group), isCommit: false }, position) };
};

describe('the newest messages of groups', () => {
  it('are known from what was committed, the last one of each group', () => {
    const heads = new NewestHeads();
    commit(heads, 1, 'a');
    commit(heads, 2, 'b');
    commit(heads, 3, 'a');
    expect(heads.get([bytes('a'), bytes('b')])).toEqual([stored(3, 'a'), stored(2, 'b')]);
  });

  it('hold on to no buffer that they came in, though a Buffer, whose slice is a view, is one of the arrays', () => {
    const heads = new NewestHeads();
    const request = Buffer.alloc(65_536, 'x');
    const head = stored(1, 'asked');
    const message = request.subarray(0, head.message.length);
    message.set(head.message);
    heads.found(bytes('asked'), { ...head, message }, heads.forgotten);
    request.fill(0);
    expect(heads.get([bytes('asked')])).toEqual([head]);
    const entry = { ...groupEntry('', 'm2'), topic: request.subarray(100, 107) };
    entry.topic.set(bytes('written'));
    heads.committed({ id: 2n, createdNs: 20n, entry }, textOf(entry.topic));
    request.fill(0);
    expect(heads.get([bytes('written')])).toEqual([stored(2, 'written')]);
  });

  it('are not known for all as long as one is not', () => {
    const heads = new NewestHeads();
    commit(heads, 1, 'a');
    expect(heads.get([bytes('a'), bytes('b')])).toBeUndefined();
    heads.found(bytes('b'), undefined, heads.forgotten);
    expect(heads.get([bytes('a'), bytes('b')])).toEqual([stored(1, 'a'), undefined]);
  });

  it('are not taken from a read that is older than a commit', () => {
    const heads = new NewestHeads();
    const { forgotten } = heads;
    commit(heads, 2, 'a');
    heads.found(bytes('a'), stored(1, 'a'), forgotten);
    expect(heads.get([bytes('a')])).toEqual([stored(2, 'a')]);
  });

  it('are not taken from a read that began before messages were deleted', () => {
    const heads = new NewestHeads();
    commit(heads, 1, 'a');
    const { forgotten } = heads;
    heads.forget();
    heads.found(bytes('a'), stored(1, 'a'), forgotten);
    expect(heads.get([bytes('a')])).toBeUndefined();
  });

  it('are forgotten when there are too many, and a read that began before is not trusted then', () => {
    const heads = new NewestHeads();
    const { forgotten } = heads;
    commit(heads, 1, 'first');
    for (let i = 0; i < 32_768; i++) commit(heads, i + 2, `g${i}`);
    expect(heads.get([bytes('first')])).toBeUndefined();
    heads.found(bytes('first'), undefined, forgotten);
    expect(heads.get([bytes('first')])).toBeUndefined();
    expect(heads.get([bytes('g0')])).toEqual([stored(2, 'g0')]);
  });
});
