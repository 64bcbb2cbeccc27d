/**
 * Forward secrecy on the disk: what the standard says is deleted (RFC 9420 sections 9.2 and 15.3) is in no file of the
 * database any more, write-ahead log included. The file is not encrypted here, so that the bytes can be looked for.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SignaturePrivateKey, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  createKeyPackage,
  getCipherSuite,
  type LeafNode,
  MlsGroup,
  ROW_KIND,
  type RowChange,
  SUITE_CHACHA20POLY1305,
} from '@conclave/mls';
import type { Database } from '@conclave/sqlite';
import { availableEngines, openDatabase } from '@conclave/sqlite/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './migrate.js';
import { mlsRowReader, writeMlsRows } from './mls-rows.js';

const GROUP = 'ab'.repeat(16);
const { random } = nodeCrypto;
const suite = getCipherSuite(SUITE_CHACHA20POLY1305, nodeCrypto);
const CAPABILITIES = { versions: [1], cipherSuites: [3], extensions: [], proposals: [], credentials: [1] };
const LIFETIME = { notBefore: 0n, notAfter: 100n };
const credential = (name: string) => ({ type: 1, identity: utf8(name) }) as const;

/** A secret that was in a row once, and where. */
interface Secret {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The keys that a row holds: whole rows of keys, and the secret of a ratchet behind its version and generation. */
function secretsOf({ kind, key, value }: RowChange): Secret[] {
  if (value === null) return [];
  const at = toHex(key);
  switch (kind) {
    case ROW_KIND.pathPrivateKey:
      return [{ name: `private key of node ${at}`, bytes: Buffer.from(value) }];
    case ROW_KIND.secretTreeNode:
      return [{ name: `secret tree at ${at}`, bytes: Buffer.from(value) }];
    case ROW_KIND.ratchet:
      return [{ name: `ratchet ${at}`, bytes: Buffer.from(value.subarray(5, 37)) }];
    default:
      return [];
  }
}

describe.each(availableEngines())('on %s:', (engine) => {
  let folder: string;
  let db: Database;
  let signatureKey: SignaturePrivateKey;
  let reader: MlsGroup;
  const written = new Map<string, Secret>();

  /** Writes what changed, and notes every secret that ever went to the disk. */
  function save(): void {
    const changes = reader.takeRows();
    for (const secret of changes.flatMap(secretsOf)) written.set(secret.bytes.toString('hex'), secret);
    db.transaction(() => writeMlsRows(db, GROUP, changes));
  }

  /** Of the secrets ever written, those that are in some file. */
  function onDisk(): string[] {
    const files = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(folder, name)));
    return [...written.values()]
      .filter(({ bytes }) => files.some((file) => file.includes(bytes)))
      .map(({ name }) => name);
  }

  /** Of the secrets ever written, those that the group still has rows for. */
  function kept(): string[] {
    const rows = mlsRowReader(db, GROUP);
    const live = new Set(
      [ROW_KIND.pathPrivateKey, ROW_KIND.secretTreeNode, ROW_KIND.ratchet]
        .flatMap((kind) => [...rows.scan(kind)].map(({ key, value }) => ({ kind, key, value })))
        .flatMap(secretsOf)
        .map(({ bytes }) => bytes.toString('hex')),
    );
    return [...written].filter(([hex]) => live.has(hex)).map(([, { name }]) => name);
  }

  beforeEach(() => {
    written.clear();
    folder = mkdtempSync(join(tmpdir(), 'conclave-secrecy-'));
    db = openDatabase({ path: join(folder, 'client.db3'), requireEncryption: false, engine });
    openStore(db);
    signatureKey = nodeCrypto.signaturePrivateKey(random(32));
  });

  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  it('spent message keys, replaced private keys and epochs that are over are in no file', () => {
    const capabilities = CAPABILITIES;
    const own = createKeyPackage({
      ...{ suite, signatureKey, credential: credential('reader'), capabilities, lifetime: LIFETIME, random },
      ...{ leafExtensions: [], extensions: [] },
    });
    const writerKey = nodeCrypto.signaturePrivateKey(random(32));
    const writer = MlsGroup.create({
      ...{ suite, groupId: random(16), extensions: [], signatureKey: writerKey, random },
      leaf: { credential: credential('writer'), capabilities, extensions: [], lifetime: LIFETIME },
    });
    const { welcome, staged } = writer.createCommit({
      proposals: [{ type: 'add', keyPackage: own.keyPackage }],
      random,
    });
    writer.merge(staged);
    reader = MlsGroup.join({ suite, welcome: welcome as Uint8Array, keyPackage: () => own, signatureKey }).group;
    save();
    const joined = new Set(written.keys());

    for (let epoch = 0; epoch < 6; epoch++) {
      for (const text of ['one', 'lost', 'two']) {
        const message = writer.createApplicationMessage(utf8(text), random);
        if (text === 'lost') continue;
        reader.process(message);
        save();
      }
      const answer = reader.createApplicationMessage(utf8('answer'), random);
      save();
      writer.process(answer);
      const commit = writer.createCommit({ proposals: [], random });
      writer.merge(commit.staged);
      const processed = reader.process(commit.message);
      if (processed.kind !== 'commit') throw new TypeError('not a commit');
      reader.merge(processed.staged);
      save();
    }

    // The search finds what is there: before the log is emptied, also what was deleted long ago.
    expect(onDisk().length).toBeGreaterThan(kept().length);
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(onDisk().sort()).toEqual(kept().sort());
    expect(kept().length).toBeGreaterThan(0);
    // Nothing of the epoch that was joined is left: its tree and ratchets, and the keys of the leaf and path then.
    const remaining = new Set(kept());
    for (const hex of joined) {
      const secret = written.get(hex) as Secret;
      if (!secret.name.startsWith('private key')) expect(remaining).not.toContain(secret.name);
    }
    // What is on the disk is enough to go on.
    const again = MlsGroup.load({ suite, reader: mlsRowReader(db, GROUP), signatureKey });
    const read = again.process(writer.createApplicationMessage(utf8('still here'), random));
    expect(read.kind === 'application' && read.data).toEqual(utf8('still here'));
    expect((again.leaf(0) as LeafNode).signatureKey).toEqual(writerKey.publicKey);
  });
});
