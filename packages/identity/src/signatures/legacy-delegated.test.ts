import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../vectors.testkit.js';
import { account, legacyDelegate, signEip191, testKey } from '../wallet.testkit.js';
import { legacyKeyText, verifyLegacyDelegated } from './legacy-delegated.js';
import type { LegacyDelegatedSignature, LegacySignedKey } from './signature.js';

const alice = account(testKey(1));
const signature: LegacyDelegatedSignature = legacyDelegate(testKey(1), testKey(31)).sign('text');

function changed(change: Partial<LegacySignedKey>): LegacyDelegatedSignature {
  return { ...signature, delegatedKey: { ...signature.delegatedKey, ...change } };
}

describe('verifyLegacyDelegated', () => {
  it('names the wallet and remembers its signature', () => {
    const { walletSignature, recovery } = signature.delegatedKey;
    expect(verifyLegacyDelegated(nodeCrypto, 'text', signature)).toEqual({
      signer: alice.identifier,
      kind: 'legacy-delegated',
      rawBytes: Uint8Array.of(...walletSignature, recovery),
      chainId: undefined,
    });
  });

  it('reads both forms of the wallet signature alike', () => {
    const compact = changed({ form: 'ecdsa-compact' });
    expect(verifyLegacyDelegated(nodeCrypto, 'text', compact)).toEqual(
      verifyLegacyDelegated(nodeCrypto, 'text', signature),
    );
  });

  it('shows the key in the text of V2, with the slash at the end', () => {
    expect(legacyKeyText(Uint8Array.of(0xab))).toBe(
      'XMTP : Create Identity\nab\n\nFor more info: https://xmtp.org/signatures/',
    );
  });

  it('refuses a text that the delegate did not sign', () => {
    expect(codeOf(() => verifyLegacyDelegated(nodeCrypto, 'other', signature))).toBe('identity/invalid-signature');
    const byAnother = { ...signature, bytes: signEip191(testKey(32), 'text') };
    expect(codeOf(() => verifyLegacyDelegated(nodeCrypto, 'text', byAnother))).toBe('identity/invalid-signature');
  });

  it('names another wallet when the key was signed by another', () => {
    const { keyBytes } = signature.delegatedKey;
    const bytes = signEip191(testKey(2), legacyKeyText(keyBytes));
    const stolen = changed({ walletSignature: bytes.subarray(0, 64), recovery: (bytes[64] as number) - 27 });
    expect(verifyLegacyDelegated(nodeCrypto, 'text', stolen).signer).toEqual(account(testKey(2)).identifier);
  });

  it.each([
    ['empty key', { keyBytes: new Uint8Array(0) }],
    ['key that is no protobuf', { keyBytes: Uint8Array.of(0xff) }],
    ['key that is no point', { keyBytes: Uint8Array.of(0x1a, 2, 0x0a, 0) }],
    ['short wallet signature', { walletSignature: new Uint8Array(63) }],
    ['long wallet signature', { walletSignature: new Uint8Array(65) }],
    ['zero wallet signature', { walletSignature: new Uint8Array(64) }],
    ['recovery of 2', { recovery: 2 }],
  ])('refuses: %s', (_, change) => {
    expect(codeOf(() => verifyLegacyDelegated(nodeCrypto, 'text', changed(change)))).toBe('identity/invalid-signature');
  });

  it('counts the low byte of the recovery id', () => {
    const wrapped = changed({ recovery: signature.delegatedKey.recovery + 256 });
    expect(toHex(verifyLegacyDelegated(nodeCrypto, 'text', wrapped).rawBytes)).toBe(
      toHex(verifyLegacyDelegated(nodeCrypto, 'text', signature).rawBytes),
    );
  });
});
