import { concatBytes, fromHex, type Random } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { type BackupElement, BackupElementSchema, equals, toBinary } from '@conclave/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, element, elements, recordedArchive, recordedHolds, sourceOf } from './archive.testkit.js';
import { MAX_ARCHIVE_RECORD_BYTES, openArchive, sealArchive } from './records.js';
import { rawZstdFrame } from './zstd.js';

const KEY = new Uint8Array(32).fill(9);
const METADATA = element({ case: 'metadata', value: { elements: [2], exportedAtNs: 5n } });
const CONSENT = element({
  case: 'consent',
  value: { entityType: 2, state: 2, entity: 'ab'.repeat(32), consentedAtNs: 7n },
});

const seal = (records: readonly BackupElement[], random: Random = nodeCrypto.random): Promise<Uint8Array> =>
  bytesOf(sealArchive(elements(...records), KEY, { crypto: nodeCrypto, random }));

async function readAll(bytes: Uint8Array, key: Uint8Array = KEY, pieceBytes?: number) {
  const { metadata, elements: rest } = await openArchive(sourceOf(bytes, pieceBytes)(), key, nodeCrypto);
  const records: BackupElement[] = [];
  for await (const record of rest) records.push(record);
  return { metadata, records };
}

/** A file whose records are under the nonces `steps` away from the first. */
async function sealedAt(steps: readonly number[], lengths?: (sealed: Uint8Array) => number): Promise<Uint8Array> {
  const nonce = (step: number): Uint8Array => Uint8Array.of(100 + step, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const records = steps.map((step, index) => {
    const plain = toBinary(BackupElementSchema, index === 0 ? METADATA : CONSENT);
    const sealed = nodeCrypto.aeadSeal('aes-256-gcm', KEY, nonce(step), new Uint8Array(0), plain);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, lengths?.(sealed) ?? sealed.length, true);
    return concatBytes(length, sealed);
  });
  const body = await bytesOf(rawZstdFrame(sourceOf(concatBytes(...records))()));
  return concatBytes(Uint8Array.of(0, 0), nonce(0), body);
}

describe('the format of archives', () => {
  it('reads what the deployed client wrote, in pieces of any size', async () => {
    const { key, exportedAtNs } = recordedHolds();
    for (const pieceBytes of [1, 7, 4096]) {
      const { metadata, records } = await readAll(recordedArchive('everything'), fromHex(key), pieceBytes);
      expect(metadata).toMatchObject({
        version: 0,
        elements: ['consent', 'messages'],
        exportedAtNs: BigInt(exportedAtNs),
      });
      const kinds = records.map(({ element: { case: kind } }) => kind);
      expect(new Set(kinds)).toEqual(new Set(['consent', 'group', 'groupMessage']));
      expect(kinds.indexOf('group')).toBeLessThan(kinds.indexOf('groupMessage'));
    }
  });

  it('reads what it writes, with a nonce that wraps around', async () => {
    const bytes = await seal([METADATA, CONSENT, CONSENT], (length) => new Uint8Array(length).fill(255));
    const { metadata, records } = await readAll(bytes);
    expect(metadata).toEqual({
      version: 0,
      elements: ['consent'],
      exportedAtNs: 5n,
      startNs: undefined,
      endNs: undefined,
    });
    expect(records).toEqual([CONSENT, CONSENT]);
  });

  it('reads a record under the nonce of the one before, as older clients wrote', async () => {
    expect((await readAll(await sealedAt([0, 1, 1, 2]))).records).toHaveLength(3);
    await expect(readAll(await sealedAt([0, 1, 0]))).rejects.toMatchObject({ code: 'client/archive-invalid' });
  });

  it('takes large records over several blocks', async () => {
    const large = element({
      case: 'groupMessage',
      value: { id: new Uint8Array(32), decryptedMessageBytes: nodeCrypto.random(300_000) },
    });
    const [read] = (await readAll(await seal([METADATA, large]), KEY, 50_000)).records;
    expect(read && equals(BackupElementSchema, read, large)).toBe(true);
  });

  it('tells a wrong key, a newer version and a key of another length apart', async () => {
    const bytes = await seal([METADATA, CONSENT]);
    await expect(readAll(bytes, new Uint8Array(32))).rejects.toMatchObject({ code: 'client/archive-wrong-key' });
    const newer = bytes.slice();
    newer[0] = 1;
    await expect(readAll(newer)).rejects.toMatchObject({ code: 'client/archive-newer', details: { version: 1 } });
    await expect(readAll(bytes, new Uint8Array(31))).rejects.toMatchObject({ code: 'client/invalid-argument' });
  });

  it('refuses every cut', async () => {
    const bytes = await seal([METADATA, CONSENT]);
    for (let length = 0; length < bytes.length; length++) {
      await expect(readAll(bytes.subarray(0, length)), `cut at ${length}`).rejects.toMatchObject({
        code: 'client/archive-truncated',
      });
    }
    const recorded = recordedArchive('everything');
    for (let length = 0; length < recorded.length; length += 97) {
      const cut = readAll(recorded.subarray(0, length), fromHex(recordedHolds().key));
      await expect(cut, `cut at ${length}`).rejects.toMatchObject({ code: 'client/archive-truncated' });
    }
  });

  it('refuses what was altered with an error of its own', async () => {
    const recorded = recordedArchive('everything');
    const key = fromHex(recordedHolds().key);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: recorded.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const altered = recorded.slice();
        altered[at] = (altered[at] as number) ^ flip;
        await expect(readAll(altered, key)).rejects.toMatchObject({
          code: expect.stringMatching(/^client\/archive-(invalid|truncated|wrong-key|newer)$/),
        });
      }),
      { numRuns: 150 },
    );
  });

  it('refuses lengths that no record has, and windows that would take memory', async () => {
    for (const length of [0, 15, MAX_ARCHIVE_RECORD_BYTES + 1, 0xffff_ffff]) {
      const bytes = await sealedAt([0], () => length);
      await expect(readAll(bytes)).rejects.toMatchObject({ code: 'client/archive-invalid' });
    }
    const bytes = await seal([METADATA]);
    const greedy = bytes.slice();
    greedy[14 + 5] = 0xa0;
    await expect(readAll(greedy)).rejects.toMatchObject({ details: { structure: 'zstd', fault: 'window' } });
    const doubled = concatBytes(bytes, bytes.subarray(14));
    await expect(readAll(doubled)).rejects.toMatchObject({ details: { fault: 'bytes behind the frame' } });
  });

  it('refuses a file that does not begin with its metadata', async () => {
    await expect(readAll(await seal([CONSENT]))).rejects.toMatchObject({
      code: 'client/archive-invalid',
      details: { structure: 'metadata' },
    });
    await expect(readAll(await seal([]))).rejects.toMatchObject({ code: 'client/archive-truncated' });
  });
});
