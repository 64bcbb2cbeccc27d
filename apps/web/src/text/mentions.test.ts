import { describe, expect, it } from 'vitest';
import { mentionAt, mentionsAny, partsOf, withAddresses, withNames } from './mentions.js';

const ADDRESS = `0x${'ab'.repeat(20)}`;
const INBOX_ID = 'cd'.repeat(32);

describe('who is meant in a text', () => {
  it('is told by an address or an inbox id after an @', () => {
    expect(partsOf(`hey @${ADDRESS}, and @${INBOX_ID}`)).toEqual([
      'hey ',
      { mention: ADDRESS },
      ', and ',
      { mention: INBOX_ID },
    ]);
    expect(partsOf(`@${ADDRESS.toUpperCase().replace('0X', '0x')}`)).toEqual([{ mention: ADDRESS }]);
  });

  it('is nobody in mail addresses, longer words, or text', () => {
    for (const text of [`a@${ADDRESS}`, `@${ADDRESS}0`, '@somebody', 'plain', ''])
      expect(partsOf(text)).toEqual([text]);
  });

  it('may be asked for and named', () => {
    expect(mentionsAny(`@${ADDRESS}!`, [ADDRESS])).toBe(true);
    expect(mentionsAny(`@${ADDRESS}!`, [INBOX_ID])).toBe(false);
    expect(withNames(`hi @${ADDRESS}!`, () => 'Ann')).toBe('hi @Ann!');
  });
});

describe('while it is being written', () => {
  it('is the word at the caret that an @ begins', () => {
    expect(mentionAt('hi @an', 6)).toEqual({ from: 3, query: 'an' });
    expect(mentionAt('@', 1)).toEqual({ from: 0, query: '' });
    expect(mentionAt('hi @an you', 10)).toBeUndefined();
    expect(mentionAt('me@home', 7)).toBeUndefined();
    expect(mentionAt('no', 2)).toBeUndefined();
  });

  it('becomes an address when it is sent, longer names first', () => {
    const chosen = new Map([
      ['Ann', ADDRESS],
      ['Anna', INBOX_ID],
    ]);
    expect(withAddresses('@Anna and @Ann', chosen)).toBe(`@${INBOX_ID} and @${ADDRESS}`);
  });
});
