import { describe, expect, it } from 'vitest';
import {
  ethereumIdentifier,
  identifierKey,
  identifierText,
  installationIdentifier,
  type MemberIdentifier,
  passkeyIdentifier,
  sameIdentifier,
} from './identifier.js';
import { bytesOf, codeOf } from './vectors.testkit.js';

const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
const PASSKEY = '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed';

describe('constructors', () => {
  it('write addresses in lower case', () => {
    expect(ethereumIdentifier(ADDRESS).address).toBe(ADDRESS.toLowerCase());
  });

  it.each(['', ADDRESS.slice(2), ADDRESS.slice(0, -1), `${ADDRESS}0`, `${ADDRESS}\n`, ADDRESS.replace('f', 'g')])(
    'refuse the address %j',
    (address) => {
      expect(codeOf(() => ethereumIdentifier(address))).toBe('identity/invalid-address');
    },
  );

  it('take a passkey as bytes or as hex', () => {
    expect(passkeyIdentifier(PASSKEY)).toEqual({ kind: 'passkey', publicKey: bytesOf(PASSKEY) });
    expect(passkeyIdentifier(`0x${PASSKEY}`, 'https://a.example')).toEqual({
      kind: 'passkey',
      publicKey: bytesOf(PASSKEY),
      relyingParty: 'https://a.example',
    });
  });

  it.each(['', 'xy', PASSKEY.slice(1), `04${PASSKEY.slice(2)}`, `${PASSKEY}00`])('refuse the passkey %j', (key) => {
    expect(codeOf(() => passkeyIdentifier(key))).toBe('identity/invalid-passkey');
  });

  it.each([0, 31, 33])('refuse an installation key of %i bytes', (length) => {
    expect(codeOf(() => installationIdentifier(new Uint8Array(length)))).toBe('identity/invalid-installation-key');
  });
});

describe('equality', () => {
  const publicKey = new Uint8Array(33).fill(2);
  const pairs: [string, MemberIdentifier, MemberIdentifier, boolean][] = [
    ['same address', ethereumIdentifier(ADDRESS), ethereumIdentifier(ADDRESS.toLowerCase()), true],
    [
      'spellings of an address from the network',
      { kind: 'ethereum', address: ADDRESS },
      ethereumIdentifier(ADDRESS),
      false,
    ],
    [
      'relying parties of one key',
      { kind: 'passkey', publicKey, relyingParty: 'a' },
      { kind: 'passkey', publicKey },
      true,
    ],
    [
      'a passkey and an installation with the same bytes',
      { kind: 'passkey', publicKey },
      { kind: 'installation', publicKey },
      false,
    ],
  ];
  it.each(pairs)('of %s', (_, a, b, equal) => {
    expect(sameIdentifier(a, b)).toBe(equal);
    expect(identifierKey(a) === identifierKey(b)).toBe(equal);
  });

  it('shows keys as hex without 0x', () => {
    expect(identifierText({ kind: 'installation', publicKey: Uint8Array.of(1, 2, 0xab) })).toBe('0102ab');
  });
});
