import { describe, expect, it } from 'vitest';
import type { ShownMessage } from './present.js';
import { rowsOf } from './rows.js';
import { shownMessage } from './shown-message.testkit.js';

const ME = 'me';
const NOON = new Date('2026-11-29T12:00:00').getTime();

const message = (id: string, sender: string, minute: number, more: Partial<ShownMessage> = {}) =>
  shownMessage(id, NOON + minute * 60_000, { sender, ...more });

const shape = (rows: ReturnType<typeof rowsOf>) =>
  rows.map((row) => (row.kind === 'message' ? `${row.startsGroup ? '+' : ' '}${row.message.id}` : row.kind));

describe('the rows of a conversation', () => {
  it('begin with its beginning when all of it is there', () => {
    expect(shape(rowsOf([message('a', 'x', 0)], ME, undefined, true))).toEqual(['beginning', 'day', '+a']);
  });

  it('name no day above a message when it is not known what stands before it', () => {
    expect(shape(rowsOf([message('a', 'x', 0)], ME, undefined, false))).toEqual(['+a']);
  });

  it('are the same objects when earlier messages come in above, but for those at the seam', () => {
    const later = [message('c', 'x', 2), message('d', 'x', 3), message('e', 'y', 4)];
    const before = rowsOf(later, ME, undefined, false);
    const after = rowsOf([message('a', 'x', 0), message('b', 'x', 1), ...later], ME, undefined, true);
    expect(shape(after)).toEqual(['beginning', 'day', '+a', ' b', ' c', ' d', '+e']);
    expect(after.slice(-2)).toEqual(before.slice(-2));
    for (const at of [-1, -2]) expect(after.at(at)).toBe(before.at(at));
    // What was the first has an author's earlier message above it now.
    expect(after.at(-3)).not.toBe(before.at(-3));
  });

  it('group one author within five minutes', () => {
    const messages = [message('a', 'x', 0), message('b', 'x', 4), message('c', 'x', 10), message('d', 'y', 10)];
    expect(shape(rowsOf(messages, ME, undefined, false))).toEqual(['+a', ' b', '+c', '+d']);
  });

  it('begin a new group with an answer and around an update', () => {
    const messages = [
      message('a', 'x', 0),
      message('b', 'x', 1, { replyTo: { id: 'z', sender: 'y', preview: '' } }),
      message('c', 'x', 2, { body: { kind: 'update', sentences: [] } }),
      message('d', 'x', 3),
    ];
    expect(shape(rowsOf(messages, ME, undefined, false))).toEqual(['+a', '+b', '+c', '+d']);
  });

  it('mark once what is new, and never what we wrote', () => {
    const messages = [message('a', 'x', 0), message('b', ME, 1), message('c', 'x', 2), message('d', 'x', 3)];
    const seen = messages[0]?.sentAtNs as bigint;
    expect(shape(rowsOf(messages, ME, seen, false))).toEqual(['+a', '+b', 'new', '+c', ' d']);
    // Earlier ones that are not here may be new too.
    expect(shape(rowsOf(messages.slice(2), ME, seen, false))).not.toContain('new');
    expect(shape(rowsOf(messages.slice(2), ME, seen, true))).toContain('new');
    expect(shape(rowsOf(messages, ME, messages[3]?.sentAtNs, false))).not.toContain('new');
  });

  it('name each day', () => {
    const messages = [message('a', 'x', 0), message('b', 'x', 24 * 60)];
    expect(shape(rowsOf(messages, ME, undefined, true))).toEqual(['beginning', 'day', '+a', 'day', '+b']);
  });

  it('have keys of their own', () => {
    const messages = Array.from({ length: 500 }, (_, i) => message(`m${i}`, i % 3 === 0 ? ME : 'x', i * 30));
    const keys = rowsOf(messages, ME, 0n, true).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
