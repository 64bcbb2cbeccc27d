import { encodeTls } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { EXTENSION_TYPE } from '../code-points.js';
import { expectMalformed, expectSturdyCodec } from '../codec.testkit.js';
import { bytes, checkCodec, u16 } from '../codec-properties.testkit.js';
import { decodeExactly } from '../errors.js';
import {
  externalSendersExtension,
  externalSendersOf,
  readExternalSender,
  writeExternalSender,
} from '../external-senders.js';
import { readAppDataDictionary, writeAppDataDictionary } from './app-data-dictionary.js';
import { type AppDataUpdate, readAppDataUpdate, writeAppDataUpdate } from './app-data-update.js';

const update: fc.Arbitrary<AppDataUpdate> = fc.oneof(
  fc.record({ componentId: u16, op: fc.constant('update' as const), update: bytes }),
  fc.record({ componentId: u16, op: fc.constant('remove' as const) }),
);
const entries = fc.uniqueArray(fc.tuple(u16, bytes), { selector: ([id]) => id, maxLength: 10 });
const credential = fc.oneof(
  bytes.map((identity) => ({ type: 1 as const, identity })),
  fc.record({ type: fc.integer({ min: 2, max: 0xffff }), raw: bytes }),
);
const sender = fc.record({ signatureKey: bytes, credential });

describe('codecs of registered types and their extensions', () => {
  it('AppDataUpdate', () => {
    checkCodec(update, writeAppDataUpdate, readAppDataUpdate);
    expectMalformed(() => decodeExactly('AppDataUpdate', Uint8Array.of(0x80, 0, 3), readAppDataUpdate));
  });

  it('AppDataDictionary, in the order of its ids and each id once', () => {
    const sorted = entries.map((list) => new Map([...list].sort(([a], [b]) => a - b)));
    checkCodec(sorted, writeAppDataDictionary, readAppDataDictionary);
    const twice = encodeTls(null, (writer) =>
      writer.vector((inner) => inner.u16(1).opaque(bytes0).u16(1).opaque(bytes0)),
    );
    expectMalformed(() => decodeExactly('AppDataDictionary', twice, readAppDataDictionary));
  });

  it('ExternalSender, and lists of them', () => {
    checkCodec(sender, writeExternalSender, readExternalSender);
    const senders = [
      { signatureKey: new Uint8Array(32), credential: { type: 1, identity: Uint8Array.of(1, 2, 3) } },
      { signatureKey: new Uint8Array(32).fill(1), credential: { type: 0xf00d, raw: Uint8Array.of(4) } },
    ] as const;
    expectSturdyCodec(
      externalSendersExtension(senders).data,
      (data) => externalSendersOf([{ type: EXTENSION_TYPE.externalSenders, data }]),
      (list) => externalSendersExtension(list).data,
    );
  });
});

const bytes0 = new Uint8Array(0);
