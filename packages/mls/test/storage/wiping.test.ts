/**
 * What is due for deletion is overwritten in memory too. Every array that passes through a copy, a write or the crypto
 * provider while the group works is noted; once a secret's time is over, its bytes are in none of them.
 *
 * Out of reach of the language, and of this test: what the platform keeps behind a key handle, and the texts by which
 * node:crypto takes a key in.
 */
import { type CryptoProvider, EMPTY_BYTES, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeGroupHeader, type KeptSecrets } from '../../src/group/group-header.js';
import {
  createKeyPackage,
  getCipherSuite,
  keyPackageRef,
  type MlsConfig,
  MlsGroup,
  type Proposal,
  ROW_KIND,
  type RowChange,
  type RowReader,
} from '../../src/index.js';
import { nodeKey } from '../../src/rows.js';
import { CAPABILITIES, GROUP_ID, LIFETIME, seededRandom } from '../scenario/members.testkit.js';

/** Arrays that the group could have left a secret in. */
let noted = new Set<ArrayBufferLike>();
let isNoting = false;

/** Runs a step of the group's life and notes the arrays that it touches. */
function noting<T>(step: () => T): T {
  isNoting = true;
  try {
    return step();
  } finally {
    isNoting = false;
  }
}

function note<T>(value: T): T {
  if (isNoting && value instanceof Uint8Array) noted.add(value.buffer);
  return value;
}

/** A commit with a path, and with nothing else unless it is told, taken in by both. */
function commitPath(
  from: MlsGroup,
  to: MlsGroup,
  random: CryptoProvider['random'],
  proposals: readonly Proposal[] = [],
): void {
  const { message, staged } = from.createCommit({ proposals, forcePath: true, random });
  const received = to.process(message);
  if (received.kind === 'commit') to.merge(received.staged);
  from.merge(staged);
}

/** Whether the bytes (hex) are anywhere in what was noted. */
function isInMemory(secret: string): boolean {
  const wanted = Buffer.from(secret, 'hex');
  return [...noted].some((buffer) => Buffer.from(buffer).includes(wanted));
}

const { slice, set } = Uint8Array.prototype;

function watchArrays(): void {
  vi.spyOn(Uint8Array.prototype, 'slice').mockImplementation(function (this: Uint8Array, ...args) {
    return note(slice.apply(note(this), args));
  });
  vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, ...args) {
    set.apply(note(this), args);
  });
}

afterEach(() => {
  vi.restoreAllMocks();
  noted = new Set();
});

const provider: CryptoProvider = {
  ...nodeCrypto,
  hmac: (id, key, ...parts) => note(nodeCrypto.hmac(id, note(key), ...parts)),
  hkdfExtract: (salt, ikm) => note(nodeCrypto.hkdfExtract(note(salt), note(ikm))),
  hkdfExpand: (prk, info, length) => note(nodeCrypto.hkdfExpand(note(prk), info, length)),
  aeadSeal: (id, key, nonce, aad, text) => note(nodeCrypto.aeadSeal(id, note(key), note(nonce), aad, text)),
  aeadOpen: (id, key, nonce, aad, text) => note(nodeCrypto.aeadOpen(id, note(key), note(nonce), aad, text)),
  dhPrivateKey: (bytes) => {
    const key = nodeCrypto.dhPrivateKey(note(bytes));
    return { publicKey: key.publicKey, dh: (publicKey) => note(key.dh(publicKey)) };
  },
};
const suite = getCipherSuite(0x0003, provider);

/** A store of texts, so that no array of its own is in the way; it overwrites what it was given, as its owner. */
class TextStore implements RowReader {
  readonly #rows = new Map<string, { kind: number; key: Uint8Array; value: string }>();

  write(changes: readonly RowChange[]): void {
    for (const { kind, key, value } of changes) {
      const name = `${kind} ${toHex(key)}`;
      if (value === null) this.#rows.delete(name);
      else this.#rows.set(name, { kind, key, value: toHex(value) });
      value?.fill(0);
    }
  }

  get(kind: number, key: Uint8Array): Uint8Array | undefined {
    const row = this.#rows.get(`${kind} ${toHex(key)}`);
    return row && note(new Uint8Array(Buffer.from(row.value, 'hex')));
  }

  scan(kind: number, prefix: Uint8Array = EMPTY_BYTES): { key: Uint8Array; value: Uint8Array }[] {
    return [...this.#rows.values()]
      .filter((row) => row.kind === kind && toHex(row.key).startsWith(toHex(prefix)))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ key, value }) => ({ key, value: note(new Uint8Array(Buffer.from(value, 'hex'))) }));
  }

  /** Value of a row, as hex. */
  text(kind: number, key: Uint8Array): string {
    return this.#rows.get(`${kind} ${toHex(key)}`)?.value ?? '';
  }

  texts(kind: number): string[] {
    return [...this.#rows.values()].filter((row) => row.kind === kind).map(({ value }) => value);
  }
}

/** Two members. `stored`: the first one's group is opened from its store, so that nobody but the store keeps the rows. */
function pair(stored: boolean, config: Partial<MlsConfig> = {}) {
  const random = seededRandom('wiping');
  const keys = [1, 2].map((fill) => provider.signaturePrivateKey(new Uint8Array(32).fill(fill)));
  const [aliceKey, bobKey] = keys as [(typeof keys)[number], (typeof keys)[number]];
  const about = (name: string) => ({
    credential: { type: 1 as const, identity: utf8(name) },
    capabilities: CAPABILITIES,
  });
  watchArrays();
  const own = createKeyPackage({
    ...{ suite, signatureKey: bobKey, lifetime: LIFETIME, leafExtensions: [], random, ...about('bob') },
    extensions: [],
  });
  const store = new TextStore();
  const found = () => {
    const group = MlsGroup.create({
      ...{ suite, groupId: GROUP_ID, extensions: [], signatureKey: aliceKey, random, config },
      leaf: { ...about('alice'), extensions: [], lifetime: LIFETIME },
    });
    const commit = group.createCommit({ proposals: [{ type: 'add', keyPackage: own.keyPackage }], random });
    group.merge(commit.staged);
    store.write(group.takeRows());
    return { group, welcome: commit.welcome as Uint8Array };
  };
  // A group that is thrown away to be opened again is the collector's.
  const founded = stored ? found() : noting(found);
  const reference = toHex(keyPackageRef(suite, own.keyPackage));
  const { group: bob } = MlsGroup.join({
    ...{ suite, welcome: founded.welcome, signatureKey: bobKey, config },
    keyPackage: (ref) => (toHex(ref) === reference ? own : undefined),
  });
  const alice = stored ? MlsGroup.load({ suite, reader: store, signatureKey: aliceKey, config }) : founded.group;
  const save = () => store.write(alice.takeRows());
  return { alice, bob, store, save, random };
}

function secretsOf(store: TextStore): Record<keyof KeptSecrets, string> {
  const { secrets } = decodeGroupHeader(Buffer.from(store.text(ROW_KIND.header, EMPTY_BYTES), 'hex'));
  const entries = Object.entries(secrets).map(([name, secret]) => [name, toHex(secret)] as const);
  return Object.fromEntries(entries) as Record<keyof KeptSecrets, string>;
}

/** The secret in the row of a ratchet, after its version and generation. */
const ratchetSecret = (row: string) => row.slice(10, 74);

describe.each([
  ['with rows in a store', true],
  ['with rows in memory', false],
])('secrets %s', (_, stored) => {
  it('of an epoch are overwritten when it ends, those of its messages when it is no longer kept', () => {
    const { alice, bob, store, save, random } = pair(stored);
    const epoch = (): Record<keyof KeptSecrets, string> => {
      noting(() => {
        bob.process(alice.createApplicationMessage(utf8('x'), random));
        alice.process(bob.createApplicationMessage(utf8('y'), random));
        save();
      });
      return secretsOf(store);
    };
    const next = () =>
      noting(() => {
        commitPath(alice, bob, random);
        save();
      });
    const before = epoch();
    next();
    const { senderDataSecret, epochAuthenticator: _public, ...short } = before;
    for (const [name, secret] of Object.entries(short)) expect([name, isInMemory(secret)]).toEqual([name, false]);
    // The test would see them: the new epoch's are there, and so is what late messages are read with.
    expect(isInMemory(secretsOf(store).initSecret)).toBe(true);
    expect(isInMemory(senderDataSecret)).toBe(true);
    for (let round = 0; round < 4; round++) next();
    expect(isInMemory(senderDataSecret)).toBe(false);
  });

  it('of epochs that are over, kept for proposals that name them, are overwritten when they are too old', () => {
    const { alice, bob, store, save, random } = pair(stored, { pastResumptionPsks: 1 });
    const next = (proposals: readonly Proposal[] = []): string => {
      noting(() => {
        commitPath(alice, bob, random, proposals);
        save();
      });
      return store.texts(ROW_KIND.resumptionPsk).join();
    };
    const psk = { type: 'resumption', usage: 1, groupId: GROUP_ID, epoch: alice.epoch, nonce: random(32) } as const;
    const before = next();
    expect([before.length, isInMemory(before)]).toEqual([64, true]);
    const after = next([{ type: 'psk', psk }]);
    expect([after.length, after === before, isInMemory(before)]).toEqual([64, false, false]);
  });

  it('of the secret tree and of ratchets are overwritten as they are used', () => {
    const { alice, bob, store, save, random } = pair(stored);
    const [root] = store.texts(ROW_KIND.secretTreeNode);
    expect(root).toHaveLength(64);
    const used: string[] = [root as string];
    for (let round = 0; round < 3; round++) {
      noting(() => {
        const message = alice.createApplicationMessage(utf8('x'), random);
        alice.process(bob.createApplicationMessage(utf8('y'), random));
        bob.process(message);
        save();
      });
      const now = store.texts(ROW_KIND.ratchet).map(ratchetSecret);
      for (const secret of used) {
        if (!now.includes(secret)) expect([round, secret, isInMemory(secret)]).toEqual([round, secret, false]);
      }
      // At least the two ratchets that were turned have other secrets now.
      expect(now.filter((secret) => !used.includes(secret)).length).toBeGreaterThanOrEqual(2);
      used.push(...now);
    }
  });

  it('private keys of the path are overwritten when a commit replaces them', () => {
    const { alice, bob, store, save, random } = pair(stored);
    const before: string[] = [];
    for (let round = 0; round < 3; round++) {
      const leaf = store.text(ROW_KIND.pathPrivateKey, nodeKey(0));
      noting(() => {
        commitPath(alice, bob, random);
        save();
      });
      before.push(leaf);
      for (const key of before) expect([round, key.length, isInMemory(key)]).toEqual([round, 64, false]);
    }
    const parent = store.text(ROW_KIND.pathPrivateKey, nodeKey(1));
    noting(() => {
      commitPath(bob, alice, random);
      save();
    });
    expect(store.text(ROW_KIND.pathPrivateKey, nodeKey(1))).not.toBe(parent);
    expect(isInMemory(parent)).toBe(false);
  });
});
