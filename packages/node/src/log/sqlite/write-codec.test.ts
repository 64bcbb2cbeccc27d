import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageEntry, Position } from '../log.js';
import { applyWrites, packWrites, unpackResults, type WrittenMessage } from './write-codec.js';
import type { WriteOp } from './write-op.js';

const part = fc.uint8Array({ maxLength: 40 });
const group = fc.record({
  kind: fc.constant('group' as const),
  topic: part,
  data: part,
  senderHmac: part,
  shouldPush: fc.boolean(),
  isCommit: fc.boolean(),
});
const welcome = fc.record({
  kind: fc.constant('welcome' as const),
  topic: part,
  form: fc.constantFrom('v1' as const, 'pointer' as const),
  data: part,
  hpkePublicKey: part,
  wrapperAlgorithm: fc.nat({ max: 1000 }),
  welcomeMetadata: part,
});
const messages = fc
  .oneof(fc.array(group, { maxLength: 4 }), fc.array(welcome, { maxLength: 4 }))
  .map((entries): WriteOp => ({ op: 'messages', entries }));
const other = fc
  .array(part, { maxLength: 3 })
  .map((installationKeys): WriteOp => ({ op: 'used-key-packages', installationKeys }));
const operations = fc.array(fc.oneof(messages, other), { maxLength: 6 });

describe('writes that cross the thread', () => {
  it('arrive as they were, in their order, and their results come back in theirs', () => {
    fc.assert(
      fc.property(operations, (ops) => {
        const seen: (MessageEntry | WriteOp)[] = [];
        const contents: number[][] = [];
        const places: (Position | undefined)[] = [];
        const writes = packWrites(ops);
        const results = applyWrites(
          writes,
          ({ entry, content }: WrittenMessage) => {
            seen.push(entry);
            contents.push([...content]);
            // Every third was stored before.
            const place =
              places.length % 3 === 2
                ? undefined
                : { id: BigInt(seen.length), createdNs: 2n ** 62n + BigInt(seen.length) };
            places.push(place);
            return place;
          },
          (op) => {
            seen.push(op);
            return true;
          },
        );
        const sent = ops.flatMap((op): readonly (MessageEntry | WriteOp)[] =>
          op.op === 'messages' ? op.entries : [op],
        );
        expect(seen).toEqual(sent);
        const entries = ops.flatMap((op) => (op.op === 'messages' ? [...op.entries] : []));
        expect(contents).toEqual(entries.map(({ topic, data }) => [...topic, ...data]));
        const left = [...places];
        const expected = ops.map((op) => (op.op === 'messages' ? left.splice(0, op.entries.length) : true));
        expect(unpackResults(writes, results)).toEqual(expected);
      }),
    );
  });
});
