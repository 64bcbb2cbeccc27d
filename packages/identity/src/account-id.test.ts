import { describe, expect, it } from 'vitest';
import { formatAccountId, isAccountId, parseEvmAccountId } from './account-id.js';
import { codeOf } from './vectors.testkit.js';

const ADDRESS = '0x00000000000000000000000000000000000000A1';

describe('account ids', () => {
  it('are written in lower case and read back', () => {
    const text = formatAccountId(8453n, ADDRESS);
    expect(text).toBe(`eip155:8453:${ADDRESS.toLowerCase()}`);
    expect(parseEvmAccountId(text)).toEqual({ chainId: 8453n, address: ADDRESS.toLowerCase() });
  });

  it('may be on other chains as far as the wire is concerned', () => {
    expect(isAccountId('cosmos:cosmoshub-3:cosmos1t2uflqwqe0fsj0shcfkrvpukewcw40yjj6hdc0')).toBe(true);
    expect(isAccountId('bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6')).toBe(true);
  });

  it.each([
    '',
    ADDRESS,
    `eip155:${ADDRESS}`,
    `eip155:1:${ADDRESS}:1`,
    `ei:1:${ADDRESS}`,
    `EIP155:1:${ADDRESS}`,
    `eip155::${ADDRESS}`,
    `eip155:1:${ADDRESS}\n`,
    `eip155:1:${'a'.repeat(129)}`,
  ])('refuse the form %j', (text) => {
    expect(isAccountId(text)).toBe(false);
    expect(codeOf(() => parseEvmAccountId(text))).toBe('identity/invalid-account-id');
  });

  it.each([`cosmos:1:${ADDRESS}`, `eip155:base:${ADDRESS}`, `eip155:18446744073709551616:${ADDRESS}`, 'eip155:1:0xa1'])(
    'refuse %j as a contract wallet',
    (text) => {
      expect(isAccountId(text)).toBe(true);
      expect(codeOf(() => parseEvmAccountId(text))).toBe('identity/invalid-account-id');
    },
  );

  it('refuse a chain or an address that cannot be written', () => {
    expect(codeOf(() => formatAccountId(-1n, ADDRESS))).toBe('identity/invalid-account-id');
    expect(codeOf(() => formatAccountId(1n, ADDRESS.slice(2)))).toBe('identity/invalid-account-id');
  });
});
