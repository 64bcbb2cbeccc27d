import { toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { derivePskSecret, type PreSharedKeyId } from '../../src/schedule/psk.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

interface PskCase {
  cipher_suite: number;
  psks: { psk_id: string; psk: string; psk_nonce: string }[];
  psk_secret: string;
}

describeVectors<PskCase>('psk_secret', (cases) => {
  it.each(cases)('suite $cipher_suite, $psks.length keys', (vector) => {
    const ids = vector.psks.map(
      ({ psk_id, psk_nonce }): PreSharedKeyId => ({ type: 'external', pskId: hex(psk_id), nonce: hex(psk_nonce) }),
    );
    const values = new Map(vector.psks.map(({ psk_id, psk }) => [psk_id, hex(psk)]));
    const secret = derivePskSecret(suiteOf(vector), ids, (id) =>
      id.type === 'external' ? values.get(toHex(id.pskId)) : undefined,
    );
    expect(toHex(secret)).toBe(vector.psk_secret);
  });
});
