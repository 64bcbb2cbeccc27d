import { describe, expect, it } from 'vitest';
import { chainCalls, chainsOfVariables } from './chains.js';

describe('endpoints of chains', () => {
  it('come from the variables of the process', () => {
    const variables = {
      CHAIN_RPC_1: 'https://a',
      CHAIN_RPC_8453: 'http://b',
      CHAIN_RPC_X: 'c',
      CHAIN_RPC_5: '',
      HOME: '/',
    };
    expect(chainsOfVariables(variables)).toEqual({ '1': 'https://a', '8453': 'http://b' });
  });

  it('are asked by their numbers', () => {
    expect([...chainCalls({ '1': 'https://a', '8453': 'http://b' }, fetch).keys()]).toEqual([1n, 8453n]);
  });

  it.each([{ x: 'https://a' }, { '1': 'ftp://a/secret' }, { '1': 'secret' }])(
    'are refused when they are none: %o',
    (chains) => {
      let refusal: unknown;
      try {
        chainCalls(chains, fetch);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ code: 'sdk/bad-option' });
      expect(JSON.stringify(refusal)).not.toContain('secret');
    },
  );
});
