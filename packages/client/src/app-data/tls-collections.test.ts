import { decodeTls, fromHex, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPONENT } from './component-ids.js';
import { encodeComponentMetadata, registryKey } from './component-registry.js';
import { xmtpComponents } from './components.js';
import { decodeMembershipEntry, encodeMembershipEntry } from './dictionary.js';
import {
  applyMapDelta,
  applySetDelta,
  BYTES_KEY,
  COMPONENT_KEY,
  encodeMap,
  encodeMapDelta,
  encodeSet,
  encodeSetDelta,
  INBOX_KEY,
  type MapMutation,
  readMap,
  readMapDelta,
  readSet,
  readSetDelta,
} from './tls-collections.js';

const inbox = (digit: string) => digit.repeat(64);
const hash = (bytes: Uint8Array) => nodeCrypto.hash('sha256', bytes);
const inboxes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const value = fc.uint8Array({ maxLength: 80 });

describe('maps and sets of app data', () => {
  it('have the bytes of libxmtp: ids as varints, inbox ids behind a version, entries sorted', () => {
    const map = new Map([
      ['8004', Uint8Array.of(2)],
      ['8003', Uint8Array.of(1)],
    ]);
    expect(toHex(encodeMap(map, COMPONENT_KEY))).toBe('0c80008003010180008004' + '0102');
    expect(toHex(encodeSet([inbox('b'), inbox('a')], INBOX_KEY))).toBe(`4042${`00${inbox('a')}`}${`00${inbox('b')}`}`);
    expect(toHex(encodeMapDelta([{ op: 'delete', key: inbox('a') }], INBOX_KEY))).toBe(`2202${`00${inbox('a')}`}`);
    expect(toHex(encodeSetDelta([{ op: 'remove', key: inbox('a') }], INBOX_KEY))).toBe(`2201${`00${inbox('a')}`}`);
    expect(toHex(encodeMembershipEntry({ sequenceId: 7n, failedInstallations: [] }))).toBe('0a020807');
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(inboxes, value)), fc.array(inboxes), (entries, keys) => {
        const map = new Map(entries);
        const bytes = encodeMap(map, INBOX_KEY);
        const back = decodeTls(bytes, (reader) => readMap(reader, INBOX_KEY));
        expect(new Map([...back].sort())).toEqual(new Map([...map].sort()));
        expect(encodeMap(back, INBOX_KEY)).toEqual(bytes);
        const set = encodeSet(new Set(keys), BYTES_KEY);
        expect(decodeTls(set, (reader) => readSet(reader, BYTES_KEY))).toEqual(new Set([...new Set(keys)].sort()));
        const delta = entries.map(([key, data]): MapMutation => ({ op: 'update', key, value: data }));
        expect(decodeTls(encodeMapDelta(delta, INBOX_KEY), (reader) => readMapDelta(reader, INBOX_KEY))).toEqual(delta);
      }),
      { numRuns: 50 },
    );
  });

  it('are refused out of order, with a key twice, with an unknown change or version', () => {
    const [a, b] = [`00${inbox('a')}`, `00${inbox('b')}`];
    const read = (hex: string, with_: typeof readSet | typeof readSetDelta) => () =>
      decodeTls(fromHex(hex), (reader) => with_(reader, INBOX_KEY));
    for (const bytes of [`4042${b}${a}`, `4042${a}${a}`, `21${`01${inbox('a')}`}`])
      expect(read(bytes, readSet)).toThrow();
    expect(read(`2203${a}`, readSetDelta)).toThrow();
  });

  it('change as a whole or not at all', () => {
    const map = new Map([[inbox('a'), Uint8Array.of(1)]]);
    const one = Uint8Array.of(9);
    expect(applyMapDelta(new Map(map), [{ op: 'insert', key: inbox('a'), value: one }])).toBe(false);
    expect(applyMapDelta(new Map(map), [{ op: 'update', key: inbox('b'), value: one }])).toBe(false);
    expect(applyMapDelta(new Map(map), [{ op: 'delete', key: inbox('b') }])).toBe(false);
    expect(
      applyMapDelta(map, [
        { op: 'insert', key: inbox('b'), value: one },
        { op: 'delete', key: inbox('a') },
      ]),
    ).toBe(true);
    expect([...map]).toEqual([[inbox('b'), one]]);
    const set = new Set([inbox('a')]);
    const removal = toHex(hash(fromHex(`00${inbox('a')}`)));
    expect(
      applySetDelta(
        set,
        [
          { op: 'remove-by-hash', hash: removal },
          { op: 'insert', key: inbox('c') },
        ],
        INBOX_KEY,
        hash,
      ),
    ).toBe(true);
    expect([...set]).toEqual([inbox('c')]);
    expect(applySetDelta(set, [{ op: 'remove-by-hash', hash: removal }], INBOX_KEY, hash)).toBe(false);
    expect(applySetDelta(set, [{ op: 'insert', key: inbox('c') }], INBOX_KEY, hash)).toBe(false);
  });

  it('keep the invitation and the failed installations of an inbox', () => {
    const entry = {
      sequenceId: 2n ** 40n,
      failedInstallations: [new Uint8Array(32).fill(5)],
      admittedVia: utf8('slot'),
    };
    expect(decodeMembershipEntry(encodeMembershipEntry(entry))).toEqual(entry);
  });
});

describe('the components', () => {
  const components = xmtpComponents(nodeCrypto);
  const update = (
    componentId: number,
    payload: Uint8Array,
    before?: Uint8Array,
    dictionary = new Map<number, Uint8Array>(),
  ) => components.update({ componentId, updates: [payload], before, dictionary });

  it('take what is of their type and refuse the rest', () => {
    expect(update(COMPONENT.groupName, utf8('name'))).toEqual(utf8('name'));
    expect(update(COMPONENT.groupName, Uint8Array.of(0xff))).toBe(undefined);
    expect(update(COMPONENT.messageDisappearInNs, new Uint8Array(8))).toEqual(new Uint8Array(8));
    expect(update(COMPONENT.messageDisappearInNs, new Uint8Array(7))).toBe(undefined);
    expect(update(COMPONENT.commitLogSigner, new Uint8Array(31))).toBe(undefined);
    expect(update(COMPONENT.adminList, utf8('no delta'))).toBe(undefined);
    expect(update(COMPONENT.conversationType, new Uint8Array(4), new Uint8Array(4))).toBe(undefined);
    expect([0x7fff, 0x8000, 0xfeff, 0xff00].map((id) => components.knows(id))).toEqual([false, true, true, false]);
  });

  it('of applications are what the registry says, and nothing without an entry', () => {
    const base = { kind: 'base', base: 'allow' } as const;
    const entry = encodeComponentMetadata({ type: 'setOfInboxes', insert: base, update: base, delete: base });
    const registry = encodeMap(new Map([[registryKey(0xc123), entry]]), COMPONENT_KEY);
    const dictionary = new Map([[COMPONENT.registry, registry]]);
    const delta = encodeSetDelta([{ op: 'insert', key: inbox('a') }], INBOX_KEY);
    expect(update(0xc123, delta, undefined, dictionary)).toEqual(encodeSet([inbox('a')], INBOX_KEY));
    expect(update(0xc123, utf8('x'), undefined, dictionary)).toBe(undefined);
    expect(update(0xc124, delta, undefined, dictionary)).toBe(undefined);
  });
});
