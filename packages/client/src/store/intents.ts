/**
 * Table `intents`, with `unsent_payloads`, `staged_commits` and `owed_welcomes`: changes that this installation wants, until the network has settled them.
 * They survive a crash; only their outcome leaves the device.
 *
 * | from | event | to |
 * | --- | --- | --- |
 * | – | `insertIntent` | to-publish |
 * | to-publish | built and about to be sent (`markIntentPublished`) | published |
 * | to-publish, published | building or sending failed (`retryIntent`) | to-publish, attempts + 1 |
 * | published | the node acknowledged it (`markIntentSent`) | published, without the payload |
 * | published | the network ordered it, it took effect (`markIntentCommitted`) | committed |
 * | published | another commit won (`rebuildIntent`) | to-publish, attempts as they were |
 * | to-publish, published | refused for good or attempts used up (`failIntent`) | error |
 * | any | nothing left to do (`markIntentProcessed`) | processed |
 *
 * What is to be sent is there while its intent is published and the node has not acknowledged it, a staged commit while it is published, what that
 * owes until the intent is processed; the schema's triggers see to that, so that no change of state forgets it.
 */
import { fromHex, toHex } from '@conclave/crypto';
import type { Database } from '@conclave/sqlite';
import { flag, isSet, nullable, present, presentHex, storedNames } from './columns.js';
import { freePages } from './free-pages.js';

/** Bytes of a payload from which on freeing its pages saves more than asking for it costs. */
const LARGE_BYTES = 64 * 1024;

/** Numbers of column `intents.kind`, those of libxmtp 1.10.0. */
export const INTENT_KINDS = storedNames('intents.kind', {
  'send-message': 1,
  'key-update': 2,
  'metadata-update': 3,
  'update-membership': 4,
  'update-admin-list': 5,
  'update-permission': 6,
  'readd-installations': 7,
  // Ours alone; the deployed client's next ones have other meanings.
  'enable-app-data': 101,
  'update-app-data': 102,
});
/** What an intent wants. */
export type IntentKind =
  | 'send-message'
  | 'key-update'
  | 'metadata-update'
  | 'update-membership'
  | 'update-admin-list'
  | 'update-permission'
  | 'readd-installations'
  | 'enable-app-data'
  | 'update-app-data';

/** Numbers of column `intents.state`, those of libxmtp 1.10.0. */
export const INTENT_STATES = storedNames('intents.state', {
  'to-publish': 1,
  published: 2,
  committed: 3,
  error: 4,
  processed: 5,
});
/** How far an intent has come; the table above has the ways between. */
export type IntentState = 'to-publish' | 'published' | 'committed' | 'error' | 'processed';

/** An intent as stored. */
export interface Intent {
  readonly id: bigint;
  /** Group id, lower-case hex. */
  readonly groupId: string;
  readonly kind: IntentKind;
  /** What is wanted, in the encoding of the kind. */
  readonly data: Uint8Array;
  readonly state: IntentState;
  /** The stored message that a `send-message` sends; lower-case hex. */
  readonly messageId?: string | undefined;
  readonly shouldPush: boolean;
  readonly createdAtNs: bigint;
  /** After it nobody waits any more; the intent itself stays queued. */
  readonly deadlineNs?: bigint | undefined;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** SHA-256 of the MLSMessage that was sent; how our own envelope is recognised. */
  readonly payloadHash?: Uint8Array | undefined;
  /** Epoch in which it was built. */
  readonly publishedEpoch?: bigint | undefined;
  /** Of the joiners in `getOwedWelcomes`, how many have their welcome at the node; in their order. */
  readonly welcomed: number;
  /** Id of our envelope at the node, once committed. */
  readonly sequenceId?: bigint | undefined;
  /** Code of the error, in state `error`. */
  readonly failure?: string | undefined;
}

interface Row {
  readonly id: bigint;
  readonly group_id: Uint8Array;
  readonly kind: bigint;
  readonly data: Uint8Array;
  readonly state: bigint;
  readonly message_id: Uint8Array | null;
  readonly should_push: bigint;
  readonly created_at_ns: bigint;
  readonly deadline_ns: bigint | null;
  readonly attempts: bigint;
  readonly payload_hash: Uint8Array | null;
  readonly published_epoch: bigint | null;
  readonly welcomed: bigint;
  readonly sequence_id: bigint | null;
  readonly failure: string | null;
}

function toIntent(row: Row): Intent {
  return {
    id: row.id,
    groupId: toHex(row.group_id),
    kind: INTENT_KINDS.name(row.kind),
    data: row.data,
    state: INTENT_STATES.name(row.state),
    messageId: presentHex(row.message_id),
    shouldPush: isSet(row.should_push),
    createdAtNs: row.created_at_ns,
    deadlineNs: present(row.deadline_ns),
    attempts: Number(row.attempts),
    payloadHash: present(row.payload_hash),
    publishedEpoch: present(row.published_epoch),
    welcomed: Number(row.welcomed),
    sequenceId: present(row.sequence_id),
    failure: present(row.failure),
  };
}

/** What a new intent needs. */
export type NewIntent = Pick<
  Intent,
  'groupId' | 'kind' | 'data' | 'messageId' | 'shouldPush' | 'createdAtNs' | 'deadlineNs'
>;

/** Queues an intent behind the others of its group. @returns its id */
export function insertIntent(db: Database, intent: NewIntent): bigint {
  const row = db
    .prepare<{ id: bigint }>(
      `INSERT INTO intents (group_id, kind, data, state, message_id, should_push, created_at_ns, deadline_ns, attempts)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, 0) RETURNING id`,
      { bigints: true },
    )
    .get(
      fromHex(intent.groupId),
      INTENT_KINDS.number(intent.kind),
      intent.data,
      intent.messageId === undefined ? null : fromHex(intent.messageId),
      flag(intent.shouldPush),
      intent.createdAtNs,
      nullable(intent.deadlineNs),
    );
  return (row as { id: bigint }).id;
}

/** The intent with this id, until it is deleted. */
export function getIntent(db: Database, id: bigint): Intent | undefined {
  const row = db.prepare<Row>('SELECT * FROM intents WHERE id = ?', { bigints: true }).get(id);
  return row === undefined ? undefined : toIntent(row);
}

/** Intents of a group in these states, oldest first. */
export function listIntents(db: Database, groupId: string, states: readonly IntentState[]): Intent[] {
  const numbers = states.map((state) => INTENT_STATES.number(state)).join(', ');
  return db
    .prepare<Row>(`SELECT * FROM intents WHERE group_id = ? AND state IN (${numbers}) ORDER BY id`, { bigints: true })
    .all(fromHex(groupId))
    .map(toIntent);
}

/** A typing notice that was sent, or was about to be: known by its hash should it come back, and never sent again (`typing/send-typing.ts`). */
const SENT_NOTICE = `state = 2 AND kind = 1 AND message_id IS NULL`;

/** Groups that have an intent in one of these states, made before a time: what is to be resumed. */
export function listGroupsWithIntents(db: Database, states: readonly IntentState[], createdBeforeNs: bigint): string[] {
  const numbers = states.map((state) => INTENT_STATES.number(state)).join(', ');
  return db
    .prepare<{ group_id: Uint8Array }>(
      `SELECT DISTINCT group_id FROM intents WHERE state IN (${numbers}) AND created_at_ns < ? AND NOT (${SENT_NOTICE})`,
    )
    .all(createdBeforeNs)
    .map((row) => toHex(row.group_id));
}

/** An intent that was built. */
export interface BuiltIntent extends Intent {
  /** The MLSMessage while the node has not acknowledged it: the same bytes are sent again, and stored once. */
  readonly payload: Uint8Array;
}

/** Built intents whose envelope the node has not acknowledged, oldest first. Cost: only those, however many wait for their echo. */
export function listUnsentIntents(db: Database, groupId: string): BuiltIntent[] {
  return db
    .prepare<Row & { readonly bytes: Uint8Array }>(
      `SELECT i.*, p.bytes FROM unsent_payloads p CROSS JOIN intents i ON i.id = p.intent_id WHERE p.group_id = ? ORDER BY p.intent_id`,
      { bigints: true },
    )
    .all(fromHex(groupId))
    .map((row) => ({ ...toIntent(row), payload: row.bytes }));
}

/** Whether the group has an intent of this kind in one of these states. */
export function hasIntent(db: Database, groupId: string, kind: IntentKind, states: readonly IntentState[]): boolean {
  const numbers = states.map((state) => INTENT_STATES.number(state)).join(', ');
  const found = db
    .prepare(`SELECT 1 AS found FROM intents WHERE group_id = ? AND state IN (${numbers}) AND kind = ? LIMIT 1`)
    .get(fromHex(groupId), INTENT_KINDS.number(kind));
  return found !== undefined;
}

/** What the group has to do at the node: nothing, only messages to send, or commits or welcomes as well. */
export function waitingWork(db: Database, groupId: string): 'none' | 'messages' | 'commits' {
  const row = db
    .prepare<{ waiting: number | null }>(
      `SELECT max(kind <> 1) AS waiting FROM (
         SELECT kind FROM intents WHERE group_id = ? AND state IN (1, 3)
         UNION ALL SELECT kind FROM unsent_payloads p CROSS JOIN intents i ON i.id = p.intent_id WHERE p.group_id = ?)`,
    )
    .get(fromHex(groupId), fromHex(groupId));
  const waiting = row?.waiting ?? null;
  if (waiting === null) return 'none';
  return waiting === 0 ? 'messages' : 'commits';
}

/** The published intent whose MLSMessage has this SHA-256: the envelope is our own. */
export function getPublishedIntent(db: Database, groupId: string, payloadHash: Uint8Array): Intent | undefined {
  const row = db
    .prepare<Row>('SELECT * FROM intents WHERE payload_hash = ? AND group_id = ? AND state = 2', { bigints: true })
    .get(payloadHash, fromHex(groupId));
  return row === undefined ? undefined : toIntent(row);
}

/** What building an intent gave. */
export interface IntentPayload {
  readonly payloadHash: Uint8Array;
  readonly payload: Uint8Array;
  readonly publishedEpoch: bigint;
}

/** What a commit carries besides. */
export interface CommitBurden {
  /** `StagedCommit.encode()`. */
  readonly stagedCommit: Uint8Array;
  /** The welcomes to send once it is committed, if it lets anybody in (`wrapping/pending-welcomes.ts`). */
  readonly owedWelcomes?: Uint8Array | undefined;
}

/** It is built; from now on its envelope may exist at the node. Call it before sending. @param commit - with a commit */
export function markIntentPublished(db: Database, id: bigint, built: IntentPayload, commit?: CommitBurden): void {
  const row = db
    .prepare<{ group_id: Uint8Array }>(
      'UPDATE intents SET state = 2, payload_hash = ?, published_epoch = ? WHERE id = ? AND state = 1 RETURNING group_id',
    )
    .get(built.payloadHash, built.publishedEpoch, id);
  if (row === undefined) return;
  db.prepare('INSERT INTO unsent_payloads (group_id, intent_id, bytes) VALUES (?, ?, ?)').run(
    row.group_id,
    id,
    built.payload,
  );
  if (commit === undefined) return;
  db.prepare('INSERT OR REPLACE INTO staged_commits (intent_id, bytes) VALUES (?, ?)').run(id, commit.stagedCommit);
  if (commit.owedWelcomes === undefined) return;
  db.prepare('INSERT OR REPLACE INTO owed_welcomes (intent_id, bytes) VALUES (?, ?)').run(id, commit.owedWelcomes);
}

/** The staged commit of a published intent. */
export function getStagedCommit(db: Database, id: bigint): Uint8Array | undefined {
  return bytesOf(db, 'staged_commits', id);
}

/** The welcomes that a published or committed intent owes. */
export function getOwedWelcomes(db: Database, id: bigint): Uint8Array | undefined {
  return bytesOf(db, 'owed_welcomes', id);
}

function bytesOf(db: Database, table: 'staged_commits' | 'owed_welcomes', id: bigint): Uint8Array | undefined {
  return db.prepare<{ bytes: Uint8Array }>(`SELECT bytes FROM ${table} WHERE intent_id = ?`).get(id)?.bytes;
}

/** All welcomes are at the node. Nothing in them is a secret: they are encrypted to those whose keys stand beside them. */
export function deleteOwedWelcomes(db: Database, id: bigint): void {
  freePages(db, () => void db.prepare('DELETE FROM owed_welcomes WHERE intent_id = ?').run(id));
}

/** What is wanted has changed, before anything was built. */
export function setIntentData(db: Database, id: bigint, data: Uint8Array): void {
  db.prepare('UPDATE intents SET data = ? WHERE id = ? AND state = 1').run(data, id);
}

/** The first `welcomed` of the joiners have their welcome. */
export function setWelcomed(db: Database, id: bigint, welcomed: number): void {
  db.prepare('UPDATE intents SET welcomed = ? WHERE id = ?').run(welcomed, id);
}

/** The node acknowledged the envelope: it is stored there, though its place in the order is not known yet. */
export function markIntentSent(
  db: Database,
  { groupId, id, payload }: Pick<Intent, 'groupId' | 'id'> & { readonly payload?: Uint8Array },
): void {
  const group = fromHex(groupId);
  const sent = (): void =>
    void db.prepare('DELETE FROM unsent_payloads WHERE group_id = ? AND intent_id = ?').run(group, id);
  if ((payload?.length ?? 0) < LARGE_BYTES) sent();
  else freePages(db, sent);
}

const UNBUILT = 'state = 1, payload_hash = NULL, published_epoch = NULL';

/** It lost against another commit or is too old to be read: build it again from the new state. */
export function rebuildIntent(db: Database, id: bigint): void {
  db.prepare(`UPDATE intents SET ${UNBUILT} WHERE id = ? AND state IN (1, 2)`).run(id);
}

/** Whether a commit of the group has been sent and has no place in the order yet. */
export function awaitsCommit(db: Database, groupId: string): boolean {
  const found = db
    .prepare('SELECT 1 AS found FROM intents WHERE group_id = ? AND state = 2 AND kind <> 1 LIMIT 1')
    .get(fromHex(groupId));
  return found !== undefined;
}

/**
 * The epoch of a message, made before a time, that the node has acknowledged and not shown yet: of the oldest one.
 * @returns undefined where there is none
 */
export function epochOfUnseenMessage(db: Database, groupId: string, createdBeforeNs: bigint): bigint | undefined {
  const row = db
    .prepare<{ published_epoch: bigint }>(
      `SELECT published_epoch FROM intents i WHERE group_id = ? AND state = 2 AND kind = 1 AND message_id IS NOT NULL AND created_at_ns < ?
         AND NOT EXISTS (SELECT 1 FROM unsent_payloads p WHERE p.group_id = i.group_id AND p.intent_id = i.id) ORDER BY id LIMIT 1`,
      { bigints: true },
    )
    .get(fromHex(groupId), createdBeforeNs);
  return row?.published_epoch;
}

/** Commits that were sent for an epoch before this one cannot take effect any more, come what may: build them again. */
export function rebuildOvertakenCommits(db: Database, groupId: string, epoch: bigint): void {
  db.prepare(
    `UPDATE intents SET ${UNBUILT} WHERE group_id = ? AND state = 2 AND kind <> 1 AND published_epoch < ?`,
  ).run(fromHex(groupId), epoch);
}

/** Building or sending failed: queue it again. @returns the number of failed attempts, this one included */
export function retryIntent(db: Database, id: bigint): number {
  const row = db
    .prepare<{ attempts: number | bigint }>(
      `UPDATE intents SET ${UNBUILT}, attempts = attempts + 1 WHERE id = ? AND state IN (1, 2) RETURNING attempts`,
    )
    .get(id);
  return Number(row?.attempts ?? 0);
}

/** Its envelope was ordered by the node and took effect; the staged commit is no longer needed. */
export function markIntentCommitted(db: Database, id: bigint, sequenceId: bigint): void {
  db.prepare('UPDATE intents SET state = 3, sequence_id = ? WHERE id = ? AND state = 2').run(sequenceId, id);
}

/** Nothing is left to do. The row stays, emptied, until `deleteSettledIntents`. */
export function markIntentProcessed(db: Database, id: bigint): void {
  db.prepare('UPDATE intents SET state = 5, payload_hash = NULL WHERE id = ?').run(id);
}

/** It is given up. `failure` is the code of the error. */
export function failIntent(db: Database, id: bigint, failure: string): void {
  db.prepare('UPDATE intents SET state = 4, failure = ?, payload_hash = NULL WHERE id = ?').run(failure, id);
}

/** Deletes intents that are processed, or failed before `beforeNs`, and notices from before it that never came back. @returns how many */
export function deleteSettledIntents(db: Database, beforeNs: bigint): number {
  return db
    .prepare(`DELETE FROM intents WHERE state = 5 OR (created_at_ns < ? AND (state = 4 OR (${SENT_NOTICE})))`)
    .run(beforeNs).changes;
}

/**
 * The keys of a group were replaced: whatever has no place in the order yet is built again on the new ones, since nobody may have been
 * able to read it. Welcomes that are owed stay owed.
 */
export function rebuildGroupIntents(db: Database, groupId: string): void {
  db.prepare(`UPDATE intents SET ${UNBUILT} WHERE group_id = ? AND state = 2`).run(fromHex(groupId));
}

/**
 * Nothing can be sent into the group any more: what has no place in the order yet is given up. Welcomes that are owed stay owed.
 * @param failure - code of the error
 * @returns the messages, lower-case hex; those that the node has acknowledged stand behind our removal, where nobody takes them in
 */
export function abandonGroupIntents(db: Database, groupId: string, failure: string): string[] {
  const group = fromHex(groupId);
  const unsent = db
    .prepare<{ message_id: Uint8Array }>(
      `SELECT message_id FROM intents WHERE group_id = ? AND message_id IS NOT NULL
       AND state IN (1, 2)`,
    )
    .all(group)
    .map((row) => toHex(row.message_id));
  db.prepare(
    `UPDATE intents SET state = 4, failure = ?, payload_hash = NULL
     WHERE group_id = ? AND state IN (1, 2)`,
  ).run(failure, group);
  return unsent;
}

/** Deletes every intent of a group: the conversation is forgotten or its state was replaced. */
export function deleteGroupIntents(db: Database, groupId: string): void {
  db.prepare('DELETE FROM intents WHERE group_id = ?').run(fromHex(groupId));
}
