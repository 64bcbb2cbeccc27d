/**
 * Forward secrecy on the disk: what the standard says is deleted (RFC 9420 sections 9.2 and 15.3) is in no file of the
 * database any more, write-ahead log included. The file is not encrypted here, so that the bytes can be looked for.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeTls, type SignaturePrivateKey, type TlsReader, toHex, utf8 } from '@conclave/crypto';
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
import { getStagedCommit, insertIntent, markIntentCommitted, markIntentPublished, rebuildIntent } from './intents.js';
import { deleteExpiredKeyPackages, insertKeyPackage, supersedeKeyPackages } from './key-packages.js';
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

/** Secrets of an epoch in the order of its header; the sender-data secret and the resumption PSK outlive it, the authenticator is none. */
const EPOCH_SECRETS = ['sender data', 'exporter', 'external', 'membership', 'resumption', 'authenticator', 'init'];
const GONE_WITH_EPOCH = ['exporter', 'external', 'membership', 'init'];

/** The secrets of the header row (`group/group-header.ts` of packages/mls). */
function headerSecrets(row: Uint8Array): Secret[] {
  const read = (reader: TlsReader): Secret[] => {
    reader.raw(3);
    reader.opaque();
    const epoch = reader.u64();
    reader.raw(9);
    for (const _ of ['tree hash', 'confirmed transcript hash']) reader.opaque();
    reader.u64();
    for (const _ of ['interim transcript hash', 'confirmation tag']) reader.opaque();
    return EPOCH_SECRETS.map((name) => ({ name: `${name} ${epoch}`, bytes: Buffer.from(reader.opaque()) }));
  };
  return decodeTls(row, read).filter(({ name }) => GONE_WITH_EPOCH.some((gone) => name.startsWith(gone)));
}

/** The keys that a row holds: whole rows of keys, the secret of a ratchet behind its version and generation, those of the header. */
function secretsOf({ kind, key, value }: RowChange): Secret[] {
  if (value === null) return [];
  const at = toHex(key);
  switch (kind) {
    case ROW_KIND.header:
      return headerSecrets(value);
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

  /** Of these secrets, those that are in some file. */
  function inFiles(secrets: Iterable<Secret>): string[] {
    const files = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(folder, name)));
    return [...secrets].filter(({ bytes }) => files.some((file) => file.includes(bytes))).map(({ name }) => name);
  }
  /** Of the secrets ever written, those that are in some file. */
  const onDisk = (): string[] => inFiles(written.values());

  /** Of the secrets ever written, those that the group still has rows for. */
  function kept(): string[] {
    const rows = mlsRowReader(db, GROUP);
    const live = new Set(
      [ROW_KIND.header, ROW_KIND.pathPrivateKey, ROW_KIND.secretTreeNode, ROW_KIND.ratchet]
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

  /** The reader, let in by a writer. */
  function enter(): { writer: MlsGroup; writerKey: SignaturePrivateKey } {
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
    return { writer, writerKey };
  }

  it('spent message keys, replaced private keys and epochs that are over are in no file', () => {
    const { writer, writerKey } = enter();
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

  /** The bytes in pieces of 32: those of them that are keys are in some of the pieces, whole or in part. */
  const piecesOf = (bytes: Uint8Array): Secret[] =>
    Array.from({ length: Math.floor(bytes.length / 32) }, (_, i) => ({
      name: `piece ${i}`,
      bytes: Buffer.from(bytes.subarray(32 * i, 32 * i + 32)),
    }));

  it.each(['taken', 'overtaken'])('a staged commit that was %s is in no file', (outcome) => {
    const { writer } = enter();
    const intent = { groupId: GROUP, kind: 'key-update', data: utf8('{}'), messageId: undefined } as const;
    const id = insertIntent(db, { ...intent, shouldPush: false, createdAtNs: 1n, deadlineNs: undefined });
    const { staged, message } = reader.createCommit({ proposals: [], random });
    const stagedCommit = staged.encode();
    // Some of it is public, and stands in the tree already: the signature key of the leaf.
    const known = inFiles(piecesOf(stagedCommit));
    expect(known.length).toBeLessThan(3);
    const built = { payload: message, payloadHash: nodeCrypto.hash('sha256', message), publishedEpoch: reader.epoch };
    db.transaction(() => markIntentPublished(db, id, built, { stagedCommit }));
    expect(inFiles(piecesOf(stagedCommit))).toHaveLength(Math.floor(stagedCommit.length / 32));
    if (outcome === 'taken') {
      reader.merge(staged);
      db.transaction(() => markIntentCommitted(db, id, 7n));
    } else {
      const other = writer.createCommit({ proposals: [], random });
      writer.merge(other.staged);
      const processed = reader.process(other.message);
      if (processed.kind !== 'commit') throw new TypeError('not a commit');
      reader.merge(processed.staged);
      db.transaction(() => rebuildIntent(db, id));
    }
    expect(getStagedCommit(db, id)).toBe(undefined);
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(inFiles(piecesOf(stagedCommit))).toEqual(known);
  });

  it('private keys of key packages that are past their end are in no file', () => {
    const packages = ['first', 'second', 'third'].map((name) => {
      const keys = { initPrivateKey: random(32), encryptionPrivateKey: random(32), wrapperSeed: random(32) };
      const secrets = Object.entries(keys).map(
        ([key, bytes]): Secret => ({
          name: `${key} of the ${name}`,
          bytes: Buffer.from(bytes),
        }),
      );
      return { ref: random(32), keys, secrets };
    });
    for (const [i, { ref, keys }] of packages.entries()) {
      const publicKeys = { keyPackage: random(1659), initPublicKey: random(32), wrapperPublicKey: random(1216) };
      insertKeyPackage(db, { ref, ...publicKeys, ...keys, createdAtNs: BigInt(i) });
      supersedeKeyPackages(db, ref, BigInt(10 + i));
    }
    const all = packages.flatMap(({ secrets }) => secrets);
    expect(inFiles(all)).toHaveLength(9);
    expect(deleteExpiredKeyPackages(db, 11n)).toBe(1);
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(inFiles(all)).toEqual(packages.slice(1).flatMap(({ secrets }) => secrets.map(({ name }) => name)));
    expect(deleteExpiredKeyPackages(db, 12n)).toBe(1);
    db.pragma('wal_checkpoint(TRUNCATE)');
    expect(inFiles(all)).toEqual((packages[2]?.secrets ?? []).map(({ name }) => name));
  });
});
