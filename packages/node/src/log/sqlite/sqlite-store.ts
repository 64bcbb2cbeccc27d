/**
 * The database file, synchronously: every read, and one way to write. It runs in a worker thread (store-thread.ts) or
 * on the caller's (store-client.ts). Arguments and results are plain data that can cross a thread.
 */
import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { NodeError } from '../../errors.js';
import { ByteBudget } from '../byte-budget.js';
import type {
  CommitLogStored,
  IdentifierKey,
  IdentityLogEntry,
  InboxHead,
  Page,
  Pruned,
  PruneRequest,
  Stored,
  TopicKind,
} from '../log.js';
import { CommitLogTable } from './commit-log-table.js';
import { Counters } from './counters.js';
import { IdentityTables } from './identity-tables.js';
import { KeyPackageTable, type StoredKeyPackage } from './key-package-table.js';
import {
  MessageTables,
  MessageWriters,
  type TableNewestRequest,
  type TablePageRequest,
  type TableReplayRequest,
} from './message-tables.js';
import { migrate } from './schema.js';
import type { PackedStored } from './stored-codec.js';
import { applyWrites, type PackedResults, type PackedWrites } from './write-codec.js';
import type { WriteOp, WriteResult } from './write-op.js';

/** How to open a store. A reader finds the tables that the writer made. */
export interface StoreOptions {
  readonly path: string;
  readonly role: 'writer' | 'reader';
  readonly answerBytes: number;
  /** Size at which the file counts as full. */
  readonly databaseBytes: number;
  /** Rows that wait before they enter the index together. */
  readonly indexRows: number;
}

/** Up to where the rows of each kind have entered the index. */
export type IndexedUpTo = Readonly<Record<TopicKind, bigint>>;

/** What came of a transaction. */
export interface Committing {
  readonly results: PackedResults;
  readonly indexedUpTo: IndexedUpTo;
}

/** A `Page<Stored>` that crosses a thread. */
export interface PackedPage {
  readonly stored: PackedStored;
  readonly full: boolean;
}

/** A `Replay` that crosses a thread. */
export interface PackedReplay {
  readonly stored: PackedStored;
  readonly cursorIndexes: Uint32Array;
  readonly exhausted: number;
}

/** The calls that may cross a thread: one argument, one result, both plain data. */
export type StoreCall = Exclude<keyof SqliteStore, 'engine' | 'close'>;

/** One connection to the file. Every method throws SqliteError where the database fails. */
export class SqliteStore {
  /** Name of the SQLite engine that opened the file. */
  readonly engine: Database['engine'];
  readonly #db: Database;
  readonly #answerBytes: number;
  readonly #counters: Counters;
  readonly #messages: MessageTables;
  /** Of the connection that writes. */
  readonly #writers: MessageWriters | undefined;
  readonly #keyPackages: KeyPackageTable;
  readonly #identity: IdentityTables;
  readonly #commitLog: CommitLogTable;

  /**
   * @throws NodeError `node/database-too-new`
   * @throws SqliteError when the file cannot be opened
   */
  constructor(options: StoreOptions) {
    const db = openDatabase({ path: options.path, synchronous: 'FULL' });
    try {
      if (options.role === 'writer') {
        boundSize(db, options.databaseBytes);
        migrate(db);
      }
      this.engine = db.engine;
      this.#db = db;
      this.#answerBytes = options.answerBytes;
      this.#counters = new Counters(db);
      this.#messages = new MessageTables(db);
      this.#writers = options.role === 'writer' ? new MessageWriters(db, this.#counters, options.indexRows) : undefined;
      this.#keyPackages = new KeyPackageTable(db);
      this.#identity = new IdentityTables(db);
      this.#commitLog = new CommitLogTable(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Writes all operations in one transaction; when it returns they are on the disk. */
  commit({ writes, nowNs }: { readonly writes: PackedWrites; readonly nowNs: bigint }): Committing {
    const writers = this.#writersOnly;
    const results = writers.within(this.#db, () =>
      applyWrites(
        writes,
        (message) => writers.insert(message, nowNs),
        (op) => this.#apply(op, nowNs),
      ),
    );
    return { results, indexedUpTo: this.indexedUpTo() };
  }

  /** Of the connection that writes. */
  indexedUpTo(): IndexedUpTo {
    return { group: this.#counters.indexedUpTo('group'), welcome: this.#counters.indexedUpTo('welcome') };
  }

  page(request: TablePageRequest): PackedPage {
    return this.#messages.page(request);
  }

  replay(request: TableReplayRequest): PackedReplay {
    return this.#messages.replay(request);
  }

  newest(request: TableNewestRequest): (Stored | undefined)[] {
    return this.#messages.newest(request, new ByteBudget(this.#answerBytes));
  }

  keyPackages(installationKeys: readonly Uint8Array[]): (StoredKeyPackage | undefined)[] {
    return this.#keyPackages.get(installationKeys, new ByteBudget(this.#answerBytes));
  }

  identityUpdates(requests: readonly { readonly inboxId: string; readonly after: bigint }[]): IdentityLogEntry[][] {
    return this.#identity.updates(requests, new ByteBudget(this.#answerBytes));
  }

  inboxHead(inboxId: string): InboxHead | undefined {
    return this.#identity.head(inboxId);
  }

  inboxIds(identifiers: readonly IdentifierKey[]): (string | undefined)[] {
    return this.#identity.inboxIds(identifiers);
  }

  commitLogPages(
    requests: readonly { readonly groupId: Uint8Array; readonly after: bigint; readonly limit: number }[],
  ): Page<CommitLogStored>[] {
    return this.#commitLog.pages(requests);
  }

  close(): void {
    this.#db.close();
  }

  #prune(request: PruneRequest): Pruned {
    const { kind, ...step } = request;
    if (kind === 'key-package') return this.#keyPackages.prune(step);
    return this.#writersOnly.prune(kind, step);
  }

  get #writersOnly(): MessageWriters {
    if (this.#writers === undefined) throw new NodeError('node/storage-failed', { reason: 'this connection reads' });
    return this.#writers;
  }

  #apply(op: Exclude<WriteOp, { op: 'messages' }>, nowNs: bigint): WriteResult {
    switch (op.op) {
      case 'key-package':
        return void this.#keyPackages.put(op.installationKey, op.keyPackage, this.#counters, nowNs);
      case 'identity-update':
        return this.#identity.append(op.entry, this.#counters, nowNs);
      case 'commit-log':
        return void this.#commitLog.insert(op.entries, this.#counters, nowNs);
      case 'used-key-packages':
        return void this.#keyPackages.use(op.installationKeys, nowNs);
      case 'prune':
        return this.#prune(op.request);
    }
  }
}

/** SQLite then answers as it does on a full disk. */
function boundSize(db: Database, bytes: number): void {
  const pages = Math.floor(bytes / Number(db.pragma('page_size')));
  // SQLite's own bound is the highest page number.
  if (pages < 0xffff_fffe) db.pragma(`max_page_count = ${pages}`);
}
