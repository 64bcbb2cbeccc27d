/** The database of the deployed client against vectors/deployed-database. */
import { readFileSync } from 'node:fs';
import { fromHex, fromUtf8, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { getCipherSuite, MlsGroup, type ProcessedMessage } from '@conclave/mls';
import { decodeProto, EncodedContentSchema } from '@conclave/proto';
import type { Database, SqlValue } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { GroupPayloads } from '../app-data/group-payloads.js';
import { XMTP_CIPHER_SUITE } from '../identity/key-package.js';
import { loadOwnIdentity } from '../identity/own-identity.js';
import { decodeEnvelope } from '../messages/envelope.js';
import { getConsentState } from '../store/consent.js';
import { getConversation } from '../store/conversations.js';
import { getCursor } from '../store/cursors.js';
import { listIntents } from '../store/intents.js';
import { getCurrentKeyPackage } from '../store/key-packages.js';
import { listMessages } from '../store/message-query.js';
import { mlsRowReader } from '../store/mls-rows.js';
import { getHmacRoot } from '../store/preferences.js';
import { deployedInboxId } from './deployed-tables.js';
import { takeOver } from './take-over.js';

type Cell = null | string | { readonly hex: string } | { readonly int: string };
interface Recorded {
  readonly expected: Readonly<Record<'inboxId' | 'installationId' | 'address' | 'groupId' | 'dmId' | 'epoch', string>>;
  readonly schema: readonly string[];
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, Cell>>[]>>;
  readonly later: readonly string[];
}

const file = new URL('../../../../vectors/deployed-database/alice.json', import.meta.url);
const { expected, schema, tables, later }: Recorded = JSON.parse(readFileSync(file, 'utf8'));
const suite = getCipherSuite(XMTP_CIPHER_SUITE, nodeCrypto);
const NOW_NS = 1_900_000_000_000_000_000n;
let db: Database;

const cellValue = (cell: Cell): SqlValue => {
  if (cell === null || typeof cell === 'string') return cell;
  return 'hex' in cell ? fromHex(cell.hex) : BigInt(cell.int);
};

beforeEach(() => {
  db = openDatabase({ path: null });
  for (const sql of schema.filter((each) => !/CREATE TRIGGER/i.test(each))) db.exec(sql);
  db.exec('PRAGMA foreign_keys = OFF');
  for (const [name, rows] of Object.entries(tables)) {
    for (const row of rows) {
      const columns = Object.keys(row);
      const places = columns.map(() => '?').join(', ');
      const names = columns.map((column) => `"${column}"`).join(', ');
      db.prepare(`INSERT INTO "${name}" (${names}) VALUES (${places})`).run(...Object.values(row).map(cellValue));
    }
  }
  db.exec('PRAGMA foreign_keys = ON');
});

function take(): void {
  const { inboxId, address } = expected;
  const identifier = { kind: 'ethereum', address } as const;
  takeOver({ db, crypto: nodeCrypto, suite, owner: { inboxId, identifier, nonce: 1n, nowNs: NOW_NS } });
}

const identityOf = () => loadOwnIdentity(db, nodeCrypto);
const groupOf = (id: string): MlsGroup => {
  const identity = identityOf();
  if (identity === undefined) throw new RangeError('no identity');
  return MlsGroup.load({ suite, reader: mlsRowReader(db, id), signatureKey: identity.signatureKey });
};
const wordsOf = (content: Uint8Array): string => fromUtf8(decodeProto(EncodedContentSchema, content).content);
const textOf = (processed: ProcessedMessage): string => {
  if (processed.kind !== 'application') throw new RangeError(processed.kind);
  const envelope = decodeEnvelope(processed.data);
  return envelope.kind === 'message' ? wordsOf(envelope.content) : '';
};
const textsOf = (id: string): string[] =>
  listMessages(db, { groupIds: [id], contentTypes: ['text'], nowNs: NOW_NS }).map(({ content }) => wordsOf(content));

describe('a database of the deployed client', () => {
  it('is told from others', () => {
    expect(deployedInboxId(db)).toBe(expected.inboxId);
    expect(deployedInboxId(openDatabase({ path: null }))).toBeUndefined();
    take();
    expect(deployedInboxId(db)).toBeUndefined();
  });

  it('becomes ours: the same installation, conversations, messages and decisions, and nothing of its tables', () => {
    take();
    expect(identityOf()).toMatchObject({ inboxId: expected.inboxId, installationId: expected.installationId });
    expect(textsOf(expected.groupId)).toEqual(['hello from alice', 'hello from bob', 'second from bob', 'waits']);
    expect(textsOf(expected.dmId)).toEqual(['psst']);
    expect(getConversation(db, expected.groupId)).toMatchObject({ kind: 'group', active: true });
    expect(getConversation(db, expected.dmId)).toMatchObject({ kind: 'dm', dmId: expect.stringMatching(/^dm:/) });
    expect(getConsentState(db, 'conversation', expected.groupId)).toBe('allowed');
    expect(getHmacRoot(db)?.root).toHaveLength(42);
    expect(getCurrentKeyPackage(db)?.wrapperPublicKey).toHaveLength(1216);
    expect(getCursor(db, expected.groupId, 'application')).toBeGreaterThan(0n);
    expect(getCursor(db, expected.groupId, 'commit')).toBeGreaterThan(0n);
    const names = db.prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const ours = names.map(({ name }) => name);
    expect(ours.filter((name) => name in tables && !['tasks', 'message_deletions'].includes(name))).toEqual([
      'local_commit_log',
      'remote_commit_log',
    ]);
    expect(ours.filter((name) => name.startsWith('deployed_'))).toEqual([]);
  });

  it('leaves a message that waits to be sent from here, under its id', () => {
    take();
    const [intent, ...others] = listIntents(db, expected.groupId, ['to-publish']);
    expect(others).toEqual([]);
    const waiting = listMessages(db, { groupIds: [expected.groupId], deliveryStatus: 'unpublished', nowNs: NOW_NS });
    expect(waiting.map(({ id }) => id)).toEqual([intent?.messageId]);
    expect(waiting[0]?.idempotencyKey).toMatch(/^\d{19}$/);
  });

  it('has groups that go on in their epoch: what came afterwards is read, and a commit of our own follows', () => {
    take();
    const group = groupOf(expected.groupId);
    expect(group.epoch).toBe(BigInt(expected.epoch));
    const [first, commit, second] = later.map(fromHex) as [Uint8Array, Uint8Array, Uint8Array];
    expect(textOf(group.process(first))).toBe('third from bob');
    const processed = group.process(commit);
    if (processed.kind !== 'commit') throw new RangeError(processed.kind);
    group.merge(processed.staged);
    expect(group.epoch).toBe(BigInt(expected.epoch) + 1n);
    const { mutableMetadata } = new GroupPayloads(group.context.extensions);
    expect(mutableMetadata.attributes.get('description')).toBe('trees');
    expect(textOf(group.process(second))).toBe('fourth from bob');
    const { staged } = group.createCommit({ proposals: [], random: nodeCrypto.random });
    group.merge(staged);
    expect(group.epoch).toBe(BigInt(expected.epoch) + 2n);
  });

  it('is refused while something is under way, and left as it is', () => {
    const refused = expect.objectContaining({ code: 'client/takeover-unfinished' });
    db.exec('UPDATE group_intents SET state = 2 WHERE id = 1');
    expect(take).toThrow(refused);
    db.exec('UPDATE group_intents SET state = 1 WHERE id = 1');
    expect(take).toThrow(refused);
    db.exec('UPDATE group_intents SET state = 5 WHERE id = 1');
    overwrite('GroupStateGroupState', (value) => value.fill(0));
    expect(take).toThrow(refused);
    expect(deployedInboxId(db)).toBe(expected.inboxId);
    expect(db.prepare('SELECT count(*) AS n FROM group_messages').get()).toEqual({ n: tables.group_messages?.length });
  });

  it.each([
    ['a tree that is another than the members agreed on', 'TreeTree', 60],
    ['a tree that cannot be read', 'TreeTree', 4],
    ['keys that are not those of the own leaf', 'EpochKeyPairs', 90],
    ['message keys that cannot be read', 'MessageSecrets', 8],
    ['a key package that cannot be read', 'KeyPackageKeyPackage', 4],
  ])('is refused with %s, and left as it is', (_, label, at) => {
    overwrite(label, (value) => {
      value[at] = (value[at] as number) ^ 0x7f;
    });
    expect(take).toThrow(expect.objectContaining({ code: 'client/takeover-unreadable' }));
    expect(deployedInboxId(db)).toBe(expected.inboxId);
    expect(db.prepare('SELECT count(*) AS n FROM openmls_key_value').get()).toEqual({
      n: tables.openmls_key_value?.length,
    });
  });
});

/** Changes the values of a label. */
function overwrite(label: string, change: (value: Uint8Array) => void): void {
  const rows = db.prepare<{ key_bytes: Uint8Array; value_bytes: Uint8Array }>('SELECT * FROM openmls_key_value').all();
  for (const { key_bytes: key, value_bytes: value } of rows) {
    if (!toHex(key).startsWith(Buffer.from(label).toString('hex'))) continue;
    change(value);
    db.prepare('UPDATE openmls_key_value SET value_bytes = ? WHERE key_bytes = ?').run(value, key);
  }
}
