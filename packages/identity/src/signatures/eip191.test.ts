import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../vectors.testkit.js';
import { account, signEip191, testKey } from '../wallet.testkit.js';
import { addressOfPublicKey, verifyEip191 } from './eip191.js';

const alice = account(testKey(1));
const signature = signEip191(testKey(1), 'text');

function withV(v: number): Uint8Array {
  const bytes = signature.slice();
  bytes[64] = v;
  return bytes;
}

describe('verifyEip191', () => {
  it('names the account of the key', () => {
    expect(verifyEip191(nodeCrypto, 'text', signature)).toEqual({
      signer: alice.identifier,
      kind: 'erc-191',
      rawBytes: signature,
      chainId: undefined,
    });
  });

  it('names a stranger for another text', () => {
    expect(verifyEip191(nodeCrypto, 'texT', signature).signer).not.toEqual(alice.identifier);
  });

  it('takes V in every spelling and keeps it', () => {
    const parity = (signature[64] as number) - 27;
    for (const v of [parity, 27 + parity, 35 + parity, 37 + parity]) {
      expect(verifyEip191(nodeCrypto, 'text', withV(v))).toMatchObject({
        signer: alice.identifier,
        rawBytes: withV(v),
      });
    }
  });

  it('refuses any other V', () => {
    const refused = Array.from({ length: 256 }, (_, v) => v).filter(
      (v) => codeOf(() => verifyEip191(nodeCrypto, 'text', withV(v))) === 'identity/invalid-signature',
    );
    expect(refused).toEqual([...Array.from({ length: 25 }, (_, i) => i + 2), 29, 30, 31, 32, 33, 34]);
  });

  it.each([0, 1, 64, 66])('refuses %i bytes', (length) => {
    expect(codeOf(() => verifyEip191(nodeCrypto, 'text', new Uint8Array(length)))).toBe('identity/invalid-signature');
  });

  it('has an answer or a refusal for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 65, maxLength: 65 }), fc.string(), (bytes, text) => {
        expect([undefined, 'identity/invalid-signature']).toContain(
          codeOf(() => verifyEip191(nodeCrypto, text, bytes)),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('addressOfPublicKey', () => {
  it('refuses what is no point', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(65), new Uint8Array(33).fill(2)]) {
      if (bytes[0] === 2) bytes[1] = 0xff;
      expect(codeOf(() => addressOfPublicKey(bytes.fill(0xff, 1)))).toBe('identity/invalid-signature');
    }
  });
});
