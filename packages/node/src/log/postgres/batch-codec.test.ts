import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Committed, GroupMessageEntry, WelcomeEntry } from '../log.js';
import { decodeBatch, encodeBatch } from './batch-codec.js';

const field = fc.uint8Array({ maxLength: 60 });
const group: fc.Arbitrary<GroupMessageEntry> = fc.record({
  kind: fc.constant('group' as const),
  topic: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  data: field,
  senderHmac: field,
  shouldPush: fc.boolean(),
  isCommit: fc.boolean(),
});
const welcome: fc.Arbitrary<WelcomeEntry> = fc
  .record({
    kind: fc.constant('welcome' as const),
    topic: fc.uint8Array({ minLength: 1, maxLength: 20 }),
    form: fc.constantFrom('v1' as const, 'pointer' as const),
    data: field,
    hpkePublicKey: field,
    wrapperAlgorithm: fc.constantFrom(1, 2, 3),
    welcomeMetadata: field,
  })
  // A pointer has no metadata on the wire.
  .map((entry) => (entry.form === 'v1' ? entry : { ...entry, welcomeMetadata: new Uint8Array(0) }));

const placed = (entries: readonly (GroupMessageEntry | WelcomeEntry)[]): Committed[] =>
  entries.map((entry, index) => ({ id: BigInt(100 + index), createdNs: BigInt(1_000_000 + index), entry }));

describe('a batch on its way to another process', () => {
  it('arrives as it was, in parts that stay within the bound and cover it without a gap', () => {
    const lists = fc.oneof(fc.array(group, { minLength: 1 }), fc.array(welcome, { minLength: 1 }));
    fc.assert(
      fc.property(lists, fc.integer({ min: 40, max: 400 }), (entries, maxBytes) => {
        const batch = placed(entries);
        const kind = (entries[0] as GroupMessageEntry | WelcomeEntry).kind;
        const parts = encodeBatch(batch, maxBytes);
        let at = 0;
        for (const { lastId, bytes } of parts) {
          if (bytes === undefined) at++;
          else {
            expect(bytes.length).toBeLessThanOrEqual(maxBytes);
            const decoded = decodeBatch(kind, bytes) as Committed[];
            expect(decoded).toEqual(batch.slice(at, at + decoded.length));
            at += decoded.length;
          }
          expect(lastId).toBe(batch[at - 1]?.id);
        }
        expect(at).toBe(batch.length);
      }),
    );
  });

  it('is not believed when it is damaged', () => {
    const batch = placed([{ ...sample, data: Uint8Array.of(1) }, sample]);
    const [part] = encodeBatch(batch, 1_000);
    expect(decodeBatch('group', part!.bytes!.subarray(0, -1))).toBeUndefined();
    expect(decodeBatch('group', new Uint8Array(0))).toBeUndefined();
    const gap = [batch[0], { ...batch[1], id: 110n }] as Committed[];
    expect(decodeBatch('group', encodeBatch(gap, 1_000)[0]!.bytes!)).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeBatch('welcome', bytes)));
  });
});

const sample: GroupMessageEntry = {
  ...{ kind: 'group', topic: Uint8Array.of(7), data: Uint8Array.of(8, 9), senderHmac: new Uint8Array(0) },
  ...{ shouldPush: true, isCommit: true },
};
