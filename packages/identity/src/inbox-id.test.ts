import { describe, expect, it } from 'vitest';
import { IdentityError } from './errors.js';
import { type Identifier, passkeyIdentifier } from './identifier.js';
import { inboxIdOf, isInboxId, parseInboxId } from './inbox-id.js';
import { bytesOf, codeOf, readVector } from './vectors.testkit.js';

interface Case {
  readonly ethereum?: string;
  readonly passkey?: string;
  readonly nonce?: string;
}

const { valid, invalid } = readVector<{
  valid: (Case & { inboxId: string })[];
  invalid: (Case & { code: string })[];
}>('gv01-inbox-ids.json');

function identifierOf(entry: Case): Identifier {
  return entry.ethereum === undefined
    ? { kind: 'passkey', publicKey: bytesOf(entry.passkey as string) }
    : { kind: 'ethereum', address: entry.ethereum };
}

describe('inboxIdOf', () => {
  it.each(valid)('gives $inboxId', (entry) => {
    const identifier = identifierOf(entry);
    // The checksummed spelling goes through the edge, where it becomes lower case.
    const normal =
      identifier.kind === 'ethereum' ? { ...identifier, address: identifier.address.toLowerCase() } : identifier;
    expect(entry.nonce === undefined ? inboxIdOf(normal) : inboxIdOf(normal, BigInt(entry.nonce))).toBe(entry.inboxId);
  });

  it.each(invalid)('refuses $ethereum', (entry) => {
    expect(codeOf(() => inboxIdOf(identifierOf(entry), BigInt(entry.nonce as string)))).toBe(entry.code);
  });

  it.each([-1n, 2n ** 64n])('refuses the nonce %s', (nonce) => {
    expect(codeOf(() => inboxIdOf({ kind: 'ethereum', address: `0x${'a'.repeat(40)}` }, nonce))).toBe(
      'identity/invalid-nonce',
    );
  });

  it('depends on the form of a passkey', () => {
    const compressed = valid.find((entry) => entry.passkey?.startsWith('0202') && entry.nonce === '0');
    expect(inboxIdOf(passkeyIdentifier(`0x${compressed?.passkey}`), 0n)).toBe(compressed?.inboxId);
  });
});

describe('parseInboxId', () => {
  it('takes 64 lower-case hex digits and nothing else', () => {
    const id = 'ab'.repeat(32);
    expect(parseInboxId(id)).toBe(id);
    for (const text of ['', id.toUpperCase(), id.slice(1), `${id}0`, `${id}\n`, `0x${id.slice(2)}`]) {
      expect(isInboxId(text)).toBe(false);
      expect(() => parseInboxId(text)).toThrow(IdentityError);
    }
  });
});
