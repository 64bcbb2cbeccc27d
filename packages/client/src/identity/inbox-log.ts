/**
 * Identity logs: fetched, verified once, stored, and replayed into the state at an exact position (XIP-46). A group
 * pins each member's inbox to one position, so the answer is always for a sequence id and never "about now".
 *
 * The node is not trusted: a log that does not verify, or that belongs to another inbox than was asked for, is refused
 * as a whole and what was stored before stays. It is trusted only for contract wallet signatures of chains that the host gave
 * no endpoint of, and such updates are marked (`nodeVouched`).
 */

import {
  type AssociationState,
  decodeAssociationState,
  decodeIdentityUpdate,
  type InboxLogEntry,
  type InboxSnapshot,
  mapSignatures,
  replayInboxLog,
  type VerifiedIdentityUpdate,
  type VerifiedSignature,
} from '@conclave/identity';
import { create, GetIdentityUpdatesRequestSchema, type GetIdentityUpdatesResponse_Response } from '@conclave/proto';
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import type { ClientEvents } from '../events.js';
import type { Host } from '../host.js';
import { hasPassed, shortId } from '../host.js';
import { isAnswerTooLarge, type NetworkError } from '../network/errors.js';
import { MAX_INBOXES_PER_CALL, type Network } from '../network/network.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';
import {
  countInboxUpdates,
  getInboxSequenceIds,
  getInboxState,
  type InboxUpdateRow,
  insertInboxUpdates,
  lastSequenceIdUpTo,
  listInboxUpdates,
} from '../store/inbox-updates.js';
import { transact } from '../store/transact.js';
import { answeredUpdates, checkFetched, isOrdinary, type LogEntry } from './answered-log.js';
import type { InboxStates, MissingState } from './inbox-states.js';
import { nameOfLog, type VerifiedLog, type VerifiedLogs } from './verified-logs.js';
import { decodeVerifiedSignatures } from './verified-signatures.js';
import { type LogVerification, type VerifiedEntries, verifyEntriesAhead, verifyLog } from './verify-log.js';

/** Logs that are stored in one transaction: each touches a page of its own, and a page is written once for each transaction. */
const STORED_TOGETHER = 500;

/**
 * Calls for logs that are under way together: enough to keep the threads that verify at work. What they bring is in memory until it is stored: a
 * quarter of what joining a group of 10,000 installations takes at most, when all are asked at once.
 */
const CALLS_AT_ONCE = 6;

type Attempt = (inboxId: string, work: () => Promise<void>) => Promise<void>;

/** What a refresh did. */
export interface InboxRefresh {
  /** Inboxes with new updates. */
  readonly changed: readonly string[];
  /**
   * Inboxes whose new updates were refused or could not be checked, and why; what was stored before still counts. With
   * `client/identity-log-missing` the log was too long for one call: it has grown, and is longer still.
   */
  readonly failed: ReadonlyMap<string, ClientError>;
}

/** One stored update, for showing. */
export interface InboxLogLine {
  readonly sequenceId: bigint;
  readonly serverTimestampNs: bigint;
  readonly clientTimestampNs: bigint;
  readonly actions: number;
  /** A contract wallet signature in it was checked by the node alone. */
  readonly nodeVouched: boolean;
}

/** The members of a group of 3,000 and whoever else is looked at beside it; about a kilobyte and a half each. */
const MAX_STATES_KEPT = 4096;

/** Verified entries of one log; without them when they do not follow what is stored. */
interface PreparedLog {
  readonly inboxId: string;
  readonly from: bigint;
  readonly log: VerifiedLog | undefined;
}

/** A log from its beginning as it was answered: what it is called among those that are shared, and what is known of it. */
interface AnsweredLog {
  readonly name: string;
  readonly known: VerifiedLog | undefined;
}

interface InboxLogDeps extends LogVerification {
  readonly db: Database;
  readonly network: Network;
  /** Shared with other clients of the process; without it each verifies for itself. */
  readonly verifiedLogs: VerifiedLogs | undefined;
  readonly host: Host;
  readonly events: ClientEvents;
}

/** The logs of all inboxes that this installation has to do with. */
export class InboxLog implements InboxStates {
  readonly #deps: InboxLogDeps;
  /** When the node was last asked for a log, in this process: by the clock, and by the number of calls until then. */
  readonly #asked = new Map<string, { readonly atNs: bigint; readonly call: number }>();
  #calls = 0;
  /** Newest states that were looked at lately, decoded; what is stored, and nothing that may still be undone. */
  readonly #newest = new Map<string, InboxSnapshot>();

  constructor(deps: InboxLogDeps) {
    this.#deps = deps;
  }

  /**
   * Fetches and verifies what is new in the logs of these inboxes, 50 per call, a few calls at a time.
   *
   * @throws NetworkError when a call fails; what other calls brought is stored
   * Cost: one verification per new signature, about a millisecond each.
   */
  async refresh(inboxIds: Iterable<string>, signal?: AbortSignal): Promise<InboxRefresh> {
    // In the order of the tables: those stored together then lie on few pages.
    const ids = [...new Set(inboxIds)].sort();
    const chunks: string[][] = [];
    for (let start = 0; start < ids.length; start += MAX_INBOXES_PER_CALL) {
      chunks.push(ids.slice(start, start + MAX_INBOXES_PER_CALL));
    }
    const changed: string[] = [];
    const failed = new Map<string, ClientError>();
    const attempt = this.#attempts(failed, signal);
    const waiting: PreparedLog[] = [];
    const overtaken: string[] = [];
    const store = (): void => {
      const prepared = waiting.splice(0);
      const stored = this.#store(prepared);
      changed.push(...stored);
      overtaken.push(...prepared.map(({ inboxId }) => inboxId).filter((inboxId) => !stored.has(inboxId)));
    };
    const fetchChunk = async (chunk: readonly string[]): Promise<void> => {
      waiting.push(...(await this.#fetch(chunk, attempt, signal)));
      if (waiting.length >= STORED_TOGETHER) store();
    };
    const rest = chunks.values();
    const lane = async (): Promise<void> => {
      for (const chunk of rest) await fetchChunk(chunk);
    };
    const settled = await Promise.allSettled(Array.from({ length: CALLS_AT_ONCE }, lane));
    store();
    const rejected = settled.find((result) => result.status === 'rejected');
    if (rejected !== undefined) throw rejected.reason;
    // Another call stored entries while this one waited: its view of the log may be shorter than ours, so ask again.
    for (const inboxId of overtaken) {
      await attempt(inboxId, async () => {
        if (await this.#again(inboxId, signal)) changed.push(inboxId);
      });
    }
    return { changed, failed };
  }

  /** Runs work for one inbox, whose fault is not the others': a dishonest log or a chain that does not answer stops only its own. */
  #attempts(failed: Map<string, ClientError>, signal: AbortSignal | undefined): Attempt {
    const { host, refusals } = this.#deps;
    return async (inboxId, work) => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof ClientError) || signal?.aborted) throw error;
        failed.set(inboxId, error);
        if (!error.retryable) refusals.note('identity-log', error, host.nowNs());
        host.log?.warn('identity-log-refused', { inboxId: shortId(inboxId), code: error.code });
      }
    };
  }

  /**
   * Makes sure that these positions are stored, fetching only the logs that lack theirs.
   * @throws NetworkError; the inbox's own error when its log is refused; ClientError `client/identity-log-missing` when
   *   the node has no update at a position
   */
  async require(positions: Iterable<MissingState>, signal?: AbortSignal): Promise<void> {
    const missing = [...positions].filter(({ inboxId, sequenceId }) => !this.#has(inboxId, sequenceId));
    if (missing.length === 0) return;
    const { failed } = await this.refresh(
      missing.map(({ inboxId }) => inboxId),
      signal,
    );
    for (const { inboxId, sequenceId } of missing) {
      if (this.#has(inboxId, sequenceId)) continue;
      throw failed.get(inboxId) ?? new ClientError('client/identity-log-missing', { inboxId, sequenceId });
    }
  }

  /**
   * The newest stored state.
   * Cost: for an inbox that was not looked at lately, decoding it: linear in members and signatures ever used.
   */
  latest(inboxId: string): InboxSnapshot | undefined {
    const kept = this.#newest.get(inboxId);
    if (kept !== undefined) return kept;
    const row = getInboxState(this.#deps.db, inboxId);
    if (row === undefined) return undefined;
    return this.#keep(inboxId, { sequenceId: row.sequenceId, state: decodeAssociationState(row.state) });
  }

  #keep(inboxId: string, newest: InboxSnapshot): InboxSnapshot {
    this.#newest.delete(inboxId);
    this.#newest.set(inboxId, newest);
    if (this.#newest.size > MAX_STATES_KEPT) {
      const [oldest] = this.#newest.keys();
      this.#newest.delete(oldest as string);
    }
    return newest;
  }

  /** @throws ClientError `client/unknown-inbox` when nothing of the log is stored */
  requireLatest(inboxId: string): InboxSnapshot {
    const snapshot = this.latest(inboxId);
    if (snapshot === undefined) throw new ClientError('client/unknown-inbox', { inboxId });
    return snapshot;
  }

  /**
   * The state after the update with exactly this sequence id, if that update is stored.
   * Cost: that of `latest` when it is the newest, else a replay of the log up to it, without cryptography.
   */
  at(inboxId: string, sequenceId: bigint): AssociationState | undefined {
    const newest = this.latest(inboxId);
    if (newest?.sequenceId === sequenceId) return newest.state;
    if (!this.#has(inboxId, sequenceId)) return undefined;
    const entries = listInboxUpdates(this.#deps.db, inboxId, sequenceId).map(toLogEntry);
    return replayInboxLog(inboxId, entries, { at: sequenceId }).state;
  }

  /** Sequence id of the last stored update that is not above the given one. */
  latestUpTo(inboxId: string, sequenceId: bigint): bigint | undefined {
    return lastSequenceIdUpTo(this.#deps.db, inboxId, clampToSql(sequenceId));
  }

  /**
   * Of these inboxes the ones whose logs the node was not asked for in the interval that ends now, those first that were never asked for in
   * this process.
   * Cost: linear in the inboxes.
   */
  longestUnasked(inboxIds: readonly string[], count: number, intervalNs: bigint): string[] {
    const nowNs = this.#deps.host.nowNs();
    const askedAt = (inboxId: string): bigint => this.#asked.get(inboxId)?.atNs ?? 0n;
    const due = inboxIds.filter((inboxId) => hasPassed(askedAt(inboxId), intervalNs, nowNs));
    return due.sort((a, b) => Number(askedAt(a) - askedAt(b))).slice(0, count);
  }

  /** A moment in the order of this log's calls, for `unaskedSince`. */
  get moment(): number {
    return this.#calls;
  }

  /** Of these inboxes the ones whose logs the node was not asked for after a moment. Cost: linear in the inboxes. */
  unaskedSince(moment: number, inboxIds: readonly string[]): string[] {
    return inboxIds.filter((inboxId) => (this.#asked.get(inboxId)?.call ?? 0) <= moment);
  }

  /** The stored log, oldest first. */
  lines(inboxId: string): InboxLogLine[] {
    return listInboxUpdates(this.#deps.db, inboxId).map((row) => {
      const { clientTimestampNs, actions } = decodeIdentityUpdate(row.payload);
      return {
        sequenceId: row.sequenceId,
        serverTimestampNs: row.serverTimestampNs,
        clientTimestampNs,
        actions: actions.length,
        nodeVouched: decodeVerifiedSignatures(row.verified).nodeVouched,
      };
    });
  }

  /** Number of stored updates. */
  count(inboxId: string): number {
    return countInboxUpdates(this.#deps.db, inboxId);
  }

  /** The view of the commit and welcome rules. */
  get states(): InboxStates {
    return this;
  }

  #has(inboxId: string, sequenceId: bigint): boolean {
    return sequenceId > 0n && lastSequenceIdUpTo(this.#deps.db, inboxId, clampToSql(sequenceId)) === sequenceId;
  }

  /** Asks for the logs of these inboxes in one call. @returns what was verified, to be stored */
  async #fetch(
    inboxIds: readonly string[],
    attempt: Attempt,
    signal: AbortSignal | undefined,
  ): Promise<readonly PreparedLog[]> {
    const { db, network, host } = this.#deps;
    const known = getInboxSequenceIds(db, inboxIds);
    const request = create(GetIdentityUpdatesRequestSchema, {
      requests: [...known].map(([inboxId, sequenceId]) => ({ inboxId, sequenceId })),
    });
    const call = ++this.#calls;
    let responses: readonly GetIdentityUpdatesResponse_Response[];
    try {
      ({ responses } = await network.getIdentityUpdates(request, signal));
    } catch (error) {
      if (!isAnswerTooLarge(error)) throw error;
      return this.#fetchApart(inboxIds, attempt, signal, error);
    }
    const answers = new Map(responses.map((response) => [response.inboxId, response.updates]));
    const asked = { atNs: host.nowNs(), call };
    for (const inboxId of inboxIds) this.#asked.set(inboxId, asked);
    const shared = this.#lookUpShared(known, answers);
    const toVerify = responses.filter(({ inboxId }) => shared.get(inboxId)?.known === undefined);
    const ahead = await verifyEntriesAhead(
      this.#deps,
      toVerify.flatMap(({ updates }) => updates),
    );
    const prepared: PreparedLog[] = [];
    for (const [inboxId, from] of known) {
      await attempt(inboxId, async () => {
        const updates = answers.get(inboxId);
        if (updates === undefined) {
          throw new ClientError('client/node-answer-malformed', { method: 'GetIdentityUpdates', inboxId });
        }
        if (updates.length === 0) return;
        const taken = checkFetched(inboxId, from, updates);
        const answered = shared.get(inboxId);
        const log = answered?.known ?? (await this.#prepare(inboxId, from, taken, ahead, signal));
        if (answered !== undefined && log !== undefined) this.#deps.verifiedLogs?.add(answered.name, log);
        prepared.push({ inboxId, from, log });
        // What is there is not the newest: whoever needs that asks again.
        if (taken.length < updates.length) throw new ClientError('client/identity-log-missing', { inboxId });
      });
    }
    return prepared;
  }

  /** In halves, down to the inbox whose log is too much for an answer even alone: that is its own trouble. */
  async #fetchApart(
    inboxIds: readonly string[],
    attempt: Attempt,
    signal: AbortSignal | undefined,
    error: NetworkError,
  ): Promise<readonly PreparedLog[]> {
    const [only] = inboxIds;
    if (inboxIds.length > 1) {
      const middle = Math.ceil(inboxIds.length / 2);
      const first = await this.#fetch(inboxIds.slice(0, middle), attempt, signal);
      return [...first, ...(await this.#fetch(inboxIds.slice(middle), attempt, signal))];
    }
    await attempt(only as string, () => Promise.reject(error));
    return [];
  }

  /**
   * Of the answers that give a log from its beginning, what is known of them. A log that cannot be read, one that is longer than logs become, and
   * one with a contract wallet's signature, which is a chain's matter, are not among them.
   */
  #lookUpShared(
    known: ReadonlyMap<string, bigint>,
    answers: ReadonlyMap<string, readonly LogEntry[]>,
  ): ReadonlyMap<string, AnsweredLog> {
    const { verifiedLogs, crypto } = this.#deps;
    const found = new Map<string, AnsweredLog>();
    if (verifiedLogs === undefined) return found;
    for (const [inboxId, entries] of answers) {
      if (known.get(inboxId) !== 0n || this.#newest.has(inboxId)) continue;
      const updates = isOrdinary(entries) ? answeredUpdates(entries) : undefined;
      if (updates === undefined) continue;
      const name = nameOfLog(crypto, inboxId, updates);
      found.set(inboxId, { name, known: verifiedLogs.get(name) });
    }
    return found;
  }

  /** Verifies entries after `from`. @returns undefined when they do not follow what is stored */
  async #prepare(
    inboxId: string,
    from: bigint,
    fetched: readonly LogEntry[],
    ahead: VerifiedEntries,
    signal: AbortSignal | undefined,
  ): Promise<VerifiedLog | undefined> {
    const base = from === 0n && !this.#newest.has(inboxId) ? undefined : this.latest(inboxId);
    if ((base?.sequenceId ?? 0n) !== from) {
      this.#newest.delete(inboxId);
      return undefined;
    }
    return verifyLog(this.#deps, inboxId, base, fetched, ahead, signal);
  }

  /** Stores what was verified, in one transaction. @returns the inboxes of which nothing else was stored meanwhile */
  #store(prepared: readonly PreparedLog[]): Set<string> {
    const { db } = this.#deps;
    const stored = new Map<string, InboxSnapshot>();
    if (prepared.some(({ log }) => log !== undefined)) {
      transact(this.#deps, (emit) => {
        const present = getInboxSequenceIds(
          db,
          prepared.map(({ inboxId }) => inboxId),
        );
        for (const { inboxId, from, log } of prepared) {
          if (log === undefined || present.get(inboxId) !== from) continue;
          const { sequenceId } = log.newest;
          insertInboxUpdates(db, inboxId, log.rows, { sequenceId, state: log.encodedState });
          emit({ type: 'inbox-changed', inboxId, sequenceId });
          stored.set(inboxId, log.newest);
        }
      });
    }
    for (const [inboxId, newest] of stored) this.#keep(inboxId, newest);
    return new Set(stored.keys());
  }

  async #again(inboxId: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { changed, failed } = await this.refresh([inboxId], signal);
    const error = failed.get(inboxId);
    if (error !== undefined) throw error;
    return changed.length > 0;
  }
}

/** Numbers beyond SQLite's are beyond every stored one too. */
function clampToSql(sequenceId: bigint): bigint {
  return sequenceId > MAX_SQL_INTEGER ? MAX_SQL_INTEGER : sequenceId;
}

/** A stored update, ready to be replayed: the signatures are replaced by what they were found to prove. */
function toLogEntry(row: InboxUpdateRow): InboxLogEntry {
  const { signatures } = decodeVerifiedSignatures(row.verified);
  let next = 0;
  const update: VerifiedIdentityUpdate = mapSignatures(decodeIdentityUpdate(row.payload), () => {
    const signature: VerifiedSignature | undefined = signatures[next++];
    if (signature === undefined) throw new ClientError('client/database-damaged', { column: 'verified' });
    return signature;
  });
  return { sequenceId: row.sequenceId, update };
}
