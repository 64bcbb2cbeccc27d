import { TlsReader } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { describeVectors, hex } from './vectors.testkit.js';

describeVectors<{ cipher_suite?: number; vlbytes_header: string; length: number }>('deserialization', (cases) => {
  it('reads every vector header', () => {
    for (const { vlbytes_header, length } of cases) {
      const reader = new TlsReader(hex(vlbytes_header));
      expect(reader.vectorLength()).toBe(length);
      expect(reader.remaining).toBe(0);
    }
  });
});
