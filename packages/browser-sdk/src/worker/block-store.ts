/** Files as blocks in IndexedDB, where there is no origin private file system: each change is one transaction, stored whole or not at all. */
import { SqliteError } from '@conclave/sqlite';
import { BLOCK_LENGTH, type FileChanges, PagedFile } from '@conclave/sqlite/browser';
import { BLOCKS, blocksOf, changed, openBlocks, SIZES, settled } from './idb.js';

/** One file in the store. */
export class BlockStore {
  readonly #database: IDBDatabase;
  readonly #name: string;
  #pending: FileChanges | undefined;
  #writing: Promise<void> | undefined;
  #failure: SqliteError | undefined;

  private constructor(database: IDBDatabase, name: string) {
    this.#database = database;
    this.#name = name;
  }

  /** @throws SqliteError `sqlite/cannot-open` where there is no IndexedDB */
  static async open(name: string): Promise<BlockStore> {
    try {
      return new BlockStore(await openBlocks(), name);
    } catch (cause) {
      throw new SqliteError('sqlite/cannot-open', { reason: 'IndexedDB is not available' }, cause);
    }
  }

  /** The file as it was stored last; empty when it never was. */
  async load(): Promise<PagedFile> {
    const transaction = this.#database.transaction([BLOCKS, SIZES]);
    const range = blocksOf(this.#name);
    const [size, keys, blocks] = await Promise.all([
      settled<number | undefined>(transaction.objectStore(SIZES).get(this.#name)),
      settled(transaction.objectStore(BLOCKS).getAllKeys(range)),
      settled<Uint8Array[]>(transaction.objectStore(BLOCKS).getAll(range)),
    ]);
    const entries = keys.map((key, i) => [(key as [string, number])[1], blocks[i] as Uint8Array] as const);
    return new PagedFile(size ?? 0, new Map(entries));
  }

  /** Whether anything was ever stored. */
  async exists(): Promise<boolean> {
    const transaction = this.#database.transaction(SIZES);
    return (await settled(transaction.objectStore(SIZES).get(this.#name))) !== undefined;
  }

  /**
   * Stores changes, together with those that wait.
   * @throws SqliteError `sqlite/full` when earlier ones could not be stored; they are tried again
   */
  store(changes: FileChanges): void {
    const failure = this.#failure;
    if (failure === undefined) this.#pending = merged(this.#pending, changes);
    this.#failure = undefined;
    this.#writing ??= this.#write();
    if (failure !== undefined) throw failure;
  }

  /** Resolves when everything given to `store` is on the disk. @throws SqliteError `sqlite/full`, `sqlite/io-failed` */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  close(): void {
    this.#database.close();
  }

  async #write(): Promise<void> {
    while (this.#pending !== undefined && this.#failure === undefined) {
      const taken = this.#pending;
      this.#pending = undefined;
      try {
        await this.#put(taken);
      } catch (cause) {
        const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError';
        this.#failure = new SqliteError(isFull ? 'sqlite/full' : 'sqlite/io-failed', { reason: String(cause) }, cause);
        this.#pending = merged(taken, this.#pending);
      }
    }
    this.#writing = undefined;
  }

  #put({ size, blocks }: FileChanges): Promise<void> {
    const change = ([stored, sizes]: readonly IDBObjectStore[]): void => {
      for (const [index, block] of blocks) stored?.put(block, [this.#name, index]);
      stored?.delete(blocksOf(this.#name, Math.ceil(size / BLOCK_LENGTH)));
      sizes?.put(size, this.#name);
    };
    return changed(this.#database, [BLOCKS, SIZES], change, 'default');
  }
}

/** The later of two changes of one block counts. */
function merged(earlier: FileChanges | undefined, later: FileChanges | undefined): FileChanges | undefined {
  if (earlier === undefined || later === undefined) return earlier ?? later;
  return { size: later.size, blocks: new Map([...earlier.blocks, ...later.blocks]) };
}
