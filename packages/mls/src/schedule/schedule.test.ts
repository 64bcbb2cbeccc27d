import { encodeTls, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, checkCodec, codeOf, u16, u64 } from '../codec-properties.testkit.js';
import { getCipherSuite } from '../crypto/cipher-suite.js';
import { writeExtensions } from '../extension.js';
import { expectRule } from '../validation/expect-rule.testkit.js';
import { exportSecret } from './exporter.js';
import { createGroupContext, decodeGroupContext, readGroupContext } from './group-context.js';
import { deriveEpochSecrets, deriveJoinerSecret, deriveWelcomeSecret, epochSecretsFrom } from './key-schedule.js';
import {
  derivePskSecret,
  noPskSecret,
  type PreSharedKeyId,
  pskName,
  readPreSharedKeyId,
  writePreSharedKeyId,
} from './psk.js';

const suite = getCipherSuite(0x0003, nodeCrypto);
const secret = (value: number) => new Uint8Array(32).fill(value);

const pskId: fc.Arbitrary<PreSharedKeyId> = fc.oneof(
  fc.record({ type: fc.constant('external' as const), pskId: bytes, nonce: bytes }),
  fc.record({
    type: fc.constant('resumption' as const),
    usage: fc.constantFrom(1 as const, 2 as const, 3 as const),
    groupId: bytes,
    epoch: u64,
    nonce: bytes,
  }),
);

const contextFields = fc.record({
  suite: u16,
  groupId: bytes,
  epoch: u64,
  treeHash: bytes,
  confirmedTranscriptHash: bytes,
  extensions: fc.array(fc.record({ type: u16, data: bytes }), { maxLength: 3 }),
});

describe('GroupContext', () => {
  it('keeps its encoding, whole and of the extensions', () => {
    checkCodec(contextFields.map(createGroupContext), (writer, { raw }) => writer.raw(raw), readGroupContext);
    fc.assert(
      fc.property(contextFields, (fields) => {
        const context = createGroupContext(fields);
        expect(decodeGroupContext(context.raw)).toEqual(context);
        expect(context).toMatchObject(fields);
        expect(context.rawExtensions).toEqual(encodeTls(fields.extensions, writeExtensions));
        const next = createGroupContext({ ...fields, rawExtensions: context.rawExtensions });
        expect(next.raw).toEqual(context.raw);
      }),
    );
  });

  it('is of version 1 only', () => {
    const { raw } = createGroupContext({
      ...{ suite: 3, groupId: secret(1), epoch: 1n, treeHash: secret(2) },
      ...{ confirmedTranscriptHash: secret(3), extensions: [] },
    });
    const other = raw.slice();
    other[1] = 2;
    expect(codeOf(() => decodeGroupContext(other))).toBe('mls/malformed');
  });
});

describe('key schedule', () => {
  it('every input changes every secret', () => {
    const derive = (init: number, commit: number, psk: number, context: number) => {
      const joiner = deriveJoinerSecret(suite, secret(init), secret(commit), secret(context));
      const epoch = deriveEpochSecrets(suite, joiner, secret(psk), secret(context));
      return [deriveWelcomeSecret(suite, joiner, secret(psk)), ...Object.values(epoch)].map(toHex);
    };
    const base = derive(1, 2, 3, 4);
    expect(new Set(base).size).toBe(10);
    for (const other of [derive(9, 2, 3, 4), derive(1, 9, 3, 4), derive(1, 2, 9, 4), derive(1, 2, 3, 9)]) {
      for (const value of other) expect(base).not.toContain(value);
    }
  });

  it('exports as many secrets as labels and contexts, of any length', () => {
    const { exporterSecret } = epochSecretsFrom(suite, secret(1));
    const seen = new Set<string>();
    for (const label of ['a', 'b']) {
      for (const context of ['', 'x']) {
        for (const length of [16, 32, 33, 100]) {
          const exported = exportSecret(suite, exporterSecret, label, utf8(context), length);
          expect(exported).toHaveLength(length);
          seen.add(toHex(exported));
        }
      }
    }
    expect(seen.size).toBe(16);
  });
});

describe('pre-shared keys', () => {
  it('PreSharedKeyID', () => checkCodec(pskId, writePreSharedKeyId, readPreSharedKeyId));

  it('are named by their whole id, nonce and all', () => {
    fc.assert(
      fc.property(pskId, (id) => {
        expect(pskName(id)).toBe(pskName({ ...id, nonce: id.nonce.slice() }));
        expect(pskName(id)).not.toBe(pskName({ ...id, nonce: Uint8Array.of(...id.nonce, 0) }));
      }),
    );
  });

  it('psk-count: are no more than a uint16 can count', () => {
    const id = { type: 'external', pskId: secret(1), nonce: secret(0) } as const;
    const derive = (count: number) => derivePskSecret(suite, Array<PreSharedKeyId>(count).fill(id), () => secret(2));
    expectRule('psk-count', () => derive(65_536));
    expect(derive(2)).toHaveLength(32);
  });

  it('are chained in order; none give zeroes; an unknown one is refused', () => {
    const ids = [1, 2].map((value): PreSharedKeyId => ({ type: 'external', pskId: secret(value), nonce: secret(0) }));
    const lookup = (id: PreSharedKeyId) => (id.type === 'external' ? id.pskId : undefined);
    expect(derivePskSecret(suite, [], lookup)).toEqual(noPskSecret(suite));
    const secrets = [ids, ids.toReversed(), ids.slice(1)].map((list) => toHex(derivePskSecret(suite, list, lookup)));
    expect(new Set(secrets).size).toBe(3);
    expect(codeOf(() => derivePskSecret(suite, ids, () => undefined))).toBe('mls/validation');
    expect(ids.map((id) => id.type === 'external' && id.pskId[0])).toEqual([1, 2]);
  });
});
