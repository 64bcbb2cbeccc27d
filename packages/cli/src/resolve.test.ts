import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from './describe/describe.testkit.js';
import { findMessage, looksLikePerson, matchingConversations, parseAddress } from './resolve.js';

const ADDRESS = '0x52908400098527886E0F7030069857D2E4169EE7';
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('whom a person means', () => {
  it.each([
    [ADDRESS, true],
    ['0x12', true],
    ['a'.repeat(64), true],
    ['a'.repeat(32), false],
    ['friday club', false],
    ['', false],
  ])('%j is a person: %s', (text, expected) => {
    expect(looksLikePerson(text)).toBe(expected);
  });

  it('is an address in any case', () => {
    expect(parseAddress(ADDRESS)).toBe(ADDRESS.toLowerCase());
  });

  it('is nothing else', () => {
    for (const typed of [ADDRESS.slice(0, -1), `${ADDRESS}0`, ADDRESS.slice(2), 'alice', ''])
      expect(() => parseAddress(typed)).toThrow(code('cli/not-an-identity'));
    fc.assert(
      fc.property(fc.string(), (typed) => {
        expect(() => parseAddress(typed)).toThrow(code('cli/not-an-identity'));
      }),
    );
  });
});

describe('which conversation is meant', () => {
  const club = { id: 'abcd1234'.repeat(4), name: 'Friday Club' };
  const other = { id: 'abce'.repeat(8), name: 'dead' };
  const dm = { id: 'dead'.repeat(8) };
  const ids = (typed: string, ...all: { id: string; name?: string }[]) =>
    matchingConversations(all, typed).map(({ id }) => id);

  it.each([
    ['an id', club.id.toUpperCase(), [club.id]],
    ['the beginning of one', 'abcd', [club.id]],
    ['a name in any letters', 'friday CLUB', [club.id]],
    ['no id that is too short', 'abc', []],
    ['several ids that begin like it', 'abcd12', [club.id]],
    ['nothing', 'monday', []],
  ])('by %s', (_, typed, expected) => {
    expect(ids(typed, club, other, dm)).toEqual(expected);
  });

  it('is not for a name to decide that looks like an id', () => {
    expect(ids('dead', club, other, dm)).toEqual([other.id, dm.id]);
    expect(ids(dm.id, club, { ...other, name: dm.id }, dm)).toEqual([dm.id]);
  });

  it('is not for a name to decide that several have, in whatever letters', () => {
    expect(ids('Friday Club', club, { ...other, name: 'friday club' })).toEqual([club.id, other.id]);
  });
});

describe('which message a person means', () => {
  const ids = ['aaaa0'.padEnd(64, '0'), 'aaaa1'.padEnd(64, '1'), 'bbbb'.padEnd(64, '2')];
  const conversations = {
    getMessageIds: (beginning: string) => ids.filter((id) => id.startsWith(beginning)),
    getMessageById: (id: string) => (ids.includes(id) ? messageOf({ id }) : undefined),
  };

  it('is the one whose id begins as typed, in whatever letters', () => {
    for (const typed of [ids[2] as string, 'bbbb', 'BBBB2']) expect(findMessage(conversations, typed).id).toBe(ids[2]);
  });

  it.each(['bbb', 'cccc', '', 'bbbb zzz', `${ids[2]}0`])('is nobody knows which: %j', (typed) => {
    expect(() => findMessage(conversations, typed)).toThrow(code('cli/unknown-message'));
  });

  it('has to be said when several begin like it', () => {
    const error = expect.objectContaining({
      code: 'cli/ambiguous-message',
      details: { typed: 'aaaa', matches: 'aaaa0000, aaaa1111' },
    });
    expect(() => findMessage(conversations, 'aaaa')).toThrow(error);
  });
});
