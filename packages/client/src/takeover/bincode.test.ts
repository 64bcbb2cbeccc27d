import { fromHex } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BincodeReader } from './bincode.js';
import { keyPackageBundle, ratchetTree } from './openmls-nodes.js';
import { messageSecretsStore } from './openmls-secrets.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('bincode', () => {
  it('reads values in their sizes', () => {
    const reader = new BincodeReader(fromHex('01020003000000040000000000000002000000000000006869'));
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.text()]).toEqual([1, 2, 3, 4n, 'hi']);
  });

  it('reads options and lists', () => {
    const bytes = fromHex('02000000000000000001ff');
    const read = (reader: BincodeReader) => reader.list((each) => each.option((present) => present.u8()));
    expect(BincodeReader.whole(bytes, read)).toEqual([undefined, 255]);
  });

  it('refuses what ends too soon, goes on, or is no option', () => {
    expect(() => new BincodeReader(fromHex('ffffffffffffffff00')).bytes()).toThrow(code('codec/truncated'));
    expect(() => new BincodeReader(fromHex('00')).u16()).toThrow(code('codec/truncated'));
    expect(() => BincodeReader.whole(fromHex('0000'), (reader) => reader.u8())).toThrow(code('codec/trailing-bytes'));
    expect(() => new BincodeReader(fromHex('02')).option((reader) => reader.u8())).toThrow(code('codec/invalid-value'));
  });

  it('takes any bytes for any structure, or refuses them by name', () => {
    for (const structure of [ratchetTree, keyPackageBundle, messageSecretsStore]) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          try {
            BincodeReader.whole<unknown>(bytes, structure);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^codec\//) });
          }
        }),
        { numRuns: 200 },
      );
    }
  });
});
