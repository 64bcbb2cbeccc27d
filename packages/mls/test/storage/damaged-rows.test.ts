/**
 * Rows are bytes from a disk: cut, continued, with lengths of a gigabyte put in, and with bytes changed by chance, each of
 * them is read as something or refused with a typed error; never another error, a hang, or memory that only a length
 * asked for.
 */
import { CryptoError, concatBytes, EMPTY_BYTES } from '@conclave/crypto';
import { describe, expect, it, vi } from 'vitest';
import { decodeGroupHeader, encodeGroupHeader } from '../../src/group/group-header.js';
import { type MemoryRows, MlsError, MlsGroup, type RowKind, type RowReader } from '../../src/index.js';
import { ROW_KIND } from '../../src/rows.js';
import { SenderRatchet } from '../../src/schedule/sender-ratchet.js';
import { KeyBucket } from '../../src/tree/key-bucket.js';
import { decodeTreeHeader, TREE_ROW_KIND } from '../../src/tree/tree-rows.js';
import { Chance, seedsOf } from '../property/chance.testkit.js';
import { change, Member, nameExtension, suite, UNHURRIED_POLICY } from '../scenario/members.testkit.js';

const NAMES = new Map<RowKind, string>(
  [...Object.entries(ROW_KIND), ...Object.entries(TREE_ROW_KIND)].map(([name, kind]) => [kind, name]),
);
const isLong = process.env.CONCLAVE_LONG !== undefined;
/** Random damages of each kind of row. */
const DAMAGES = isLong ? 500 : 8;
/** Places in a row at which it is cut and continued. */
const PLACES = isLong ? 200 : 10;
/** The long run takes half a minute for a kind where it has a core for itself, and more where it has not. */
vi.setConfig({ testTimeout: 600_000 });
/** A length prefix that promises a gigabyte. */
const BOMB = Uint8Array.of(0xbf, 0xff, 0xff, 0xff);
/** More than all copies of the rows take; a length that was believed takes more. */
const MEMORY_BYTES = 96 * 1024 * 1024;

/** A member whose rows are of every kind, and what may come to it. */
function lived(): { bob: Member; inputs: Uint8Array[] } {
  const config = { handshake: 'public', pastResumptionPsks: 2, policy: UNHURRIED_POLICY } as const;
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => new Member(name, config)) as [
    Member,
    Member,
    Member,
  ];
  alice.create();
  change(alice, [], [], [bob, carol]);
  const late = alice.send('of an epoch that is over');
  change(bob, [alice, carol], [{ type: 'group-context-extensions', extensions: [nameExtension('lived')] }]);
  const skipped = alice.send('late');
  bob.read(alice.send('in time'));
  const { message } = carol.group.createProposal({ proposal: { type: 'remove', leafIndex: 0 }, random: carol.random });
  bob.receive(message);
  bob.group.proposeUpdate({ random: bob.random });
  bob.save();
  const commit = carol.group.createCommit({ proposals: [], includePending: false, random: carol.random }).message;
  return { bob, inputs: [late, skipped, alice.send('next'), carol.send('of another'), commit] };
}

/** Everything that a client does with a stored group; a typed error of one call does not keep the others from being made. */
function useEverything(
  rows: RowReader,
  { signatureKey, random, config }: Member,
  inputs: readonly Uint8Array[],
): number {
  let refused = 0;
  const attempt = <T>(call: () => T): T | undefined => {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof MlsError) && !(error instanceof CryptoError)) throw error;
      refused++;
      return undefined;
    }
  };
  const group = attempt(() => MlsGroup.load({ suite, reader: rows, signatureKey, config }));
  if (group === undefined) return refused;
  attempt(() => [...group.members()].length);
  attempt(() => group.leafIndexOf(signatureKey.publicKey));
  attempt(() => group.context.extensions.length);
  attempt(() => group.pendingProposals.length);
  attempt(() => group.pathCost());
  attempt(() => group.exportSecret('x', EMPTY_BYTES, 32));
  attempt(() => group.encodeRatchetTree());
  attempt(() => group.createApplicationMessage(EMPTY_BYTES, random));
  for (const input of inputs) {
    const processed = attempt(() => group.process(input));
    if (processed?.kind === 'commit') attempt(() => group.merge(processed.staged));
  }
  const made = attempt(() => group.createCommit({ proposals: [], includePending: true, random }));
  if (made !== undefined) attempt(() => group.merge(made.staged));
  attempt(() => group.takeRows());
  return refused;
}

interface StoredRow {
  readonly kind: RowKind;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const { bob, inputs } = lived();
const all: StoredRow[] = [...NAMES.keys()].flatMap((kind) =>
  bob.rows.scan(kind).map(({ key, value }) => ({ kind, key, value })),
);

/** Uses the group with one row put in place of another. */
function useWith(row: StoredRow, value: Uint8Array | null, key = row.key): number {
  const rows: MemoryRows = bob.rows.copy();
  rows.apply([{ ...row, value: null }, ...(value === null ? [] : [{ kind: row.kind, key, value }])]);
  return useEverything(rows, bob, inputs);
}

/** Places at which a row is cut and continued. */
function* positions(length: number): Generator<number> {
  const step = Math.max(1, Math.floor(length / PLACES));
  for (let at = 0; at < length; at += step) yield at;
}

describe('damaged rows', () => {
  it('the group that they are of has rows of every kind', () => {
    const kinds = new Set(all.map(({ kind }) => NAMES.get(kind)));
    // A group ends with a reinit, so that its row comes with no other life.
    expect([...NAMES.values()].filter((name) => !kinds.has(name))).toEqual(['reinit']);
    expect(useEverything(bob.rows.copy(), bob, inputs)).toBe(0);
  });

  it.each([...NAMES].filter(([, name]) => name !== 'reinit'))('kind %i, %s', (kind) => {
    const rows = all.filter((row) => row.kind === kind);
    const row = rows.at(-1) as StoredRow;
    const { value, key } = row;
    const before = process.memoryUsage().arrayBuffers;
    useWith(row, null);
    for (const at of positions(value.length)) {
      useWith(row, value.slice(0, at));
      useWith(row, concatBytes(value.slice(0, at), BOMB, value.slice(at)));
      useWith(row, concatBytes(value.slice(0, at), BOMB));
    }
    useWith(row, concatBytes(value, new Uint8Array(1)));
    for (let at = 0; at <= key.length; at += isLong ? 1 : 4) useWith(row, value, key.slice(0, at));
    useWith(row, value, new Uint8Array(key.length).fill(0xff));
    for (const seed of seedsOf({ short: 1, long: 3 })) {
      const chance = new Chance(seed + kind);
      for (let damage = 0; damage < DAMAGES; damage++) {
        const { value: good, ...place } = rows[chance.below(rows.length)] as StoredRow;
        const damaged = good.slice();
        for (let flips = 1 + chance.below(4); flips > 0; flips--) {
          damaged[chance.below(good.length)] = chance.below(4) === 0 ? 0xff : chance.below(256);
        }
        useWith({ ...place, value: good }, damaged);
      }
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MEMORY_BYTES);
  });

  it('a header that names an epoch far from those that are kept', () => {
    const row = all.find(({ kind }) => kind === ROW_KIND.header) as StoredRow;
    const header = decodeGroupHeader(row.value);
    for (const epoch of [0n, header.epoch + 1n, 2n ** 40n, 2n ** 64n - 1n]) {
      expect(useWith(row, encodeGroupHeader({ ...header, epoch }))).toBeGreaterThan(0);
    }
  });

  it('a header that names a leaf outside the tree as ours', () => {
    const row = all.find(({ kind }) => kind === ROW_KIND.header) as StoredRow;
    const header = decodeGroupHeader(row.value);
    for (const ownLeafIndex of [header.leafCount, header.leafCount + 1, 2 ** 31, 2 ** 32 - 1]) {
      expect(useWith(row, encodeGroupHeader({ ...header, ownLeafIndex }))).toBe(1);
    }
  });

  it('staged commits in their stored form likewise', () => {
    const { staged } = bob.group.createCommit({ proposals: [], includePending: true, random: bob.random });
    const stored = staged.encode();
    const read = (bytes: Uint8Array): boolean => {
      try {
        const decoded = bob.group.decodeStagedCommit(bytes);
        // What was read can be looked at and stored again.
        return decoded.encode().length > 0 && decoded.context.epoch > 0n;
      } catch (error) {
        if (error instanceof MlsError) return false;
        throw error;
      }
    };
    expect(read(stored)).toBe(true);
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < stored.length; at++) {
      expect(read(stored.slice(0, at))).toBe(false);
      read(concatBytes(stored.slice(0, at), BOMB, stored.slice(at)));
    }
    expect(read(concatBytes(stored, new Uint8Array(1)))).toBe(false);
    const chance = new Chance(7);
    for (let damage = 0; damage < 40 * DAMAGES; damage++) {
      const damaged = stored.slice();
      for (let flips = 1 + chance.below(4); flips > 0; flips--)
        damaged[chance.below(stored.length)] = chance.below(256);
      read(damaged);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MEMORY_BYTES);
  });

  it('decoders of single rows answer noise with their own error', () => {
    const decoders: readonly ((row: Uint8Array) => unknown)[] = [
      decodeGroupHeader,
      decodeTreeHeader,
      (row) => SenderRatchet.decode(row),
      (row) => KeyBucket.decode(row),
    ];
    const chance = new Chance(9420);
    for (let round = 0; round < 50 * DAMAGES; round++) {
      const noise = Uint8Array.from({ length: chance.below(120) }, () => chance.below(256));
      noise[0] = chance.below(4);
      for (const decode of decoders) {
        try {
          decode(noise);
        } catch (error) {
          expect(error instanceof MlsError && error.code).toBe('mls/corrupt-rows');
        }
      }
    }
  });
});
