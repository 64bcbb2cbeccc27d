/**
 * A database whose connection can be let go and taken up again, while whoever works with it keeps the same object: for applications that
 * must not hold a file while they are in the background.
 */
import type { Database, EngineName, PrepareOptions, SqlValue, Statement } from './database.js';
import { SqliteError } from './errors.js';

/** Opens the connection, the first time and after each release. */
export type OpenConnection = () => Database | Promise<Database>;

/** Between `release` and `reconnect` everything but `close` throws SqliteError `sqlite/released`. Statements are not to be kept across them. */
export class ReleasableDatabase implements Database {
  readonly #open: OpenConnection;
  #connection: Database | undefined;
  #reconnecting: Promise<void> | undefined;
  #isClosed = false;

  private constructor(open: OpenConnection, connection: Database) {
    this.#open = open;
    this.#connection = connection;
  }

  /** @throws as `open` */
  static async open(open: OpenConnection): Promise<ReleasableDatabase> {
    return new ReleasableDatabase(open, await open());
  }

  get engine(): EngineName {
    return this.#required.engine;
  }

  get encrypted(): boolean {
    return this.#required.encrypted;
  }

  get path(): string {
    return this.#required.path;
  }

  exec(sql: string): void {
    this.#required.exec(sql);
  }

  pragma(statement: string): SqlValue {
    return this.#required.pragma(statement);
  }

  prepare<Row = Record<string, SqlValue>>(sql: string, options?: PrepareOptions): Statement<Row> {
    return this.#required.prepare<Row>(sql, options);
  }

  transaction<T>(work: () => T): T {
    return this.#required.transaction(work);
  }

  /** Closes the connection and frees the file, its lock included; nothing happens when it is released already. */
  release(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** Opens the connection again; nothing happens when it is open. @throws as `open`; SqliteError `sqlite/misuse` after `close` */
  async reconnect(): Promise<void> {
    if (this.#isClosed) throw new SqliteError('sqlite/misuse', { reason: 'the database is closed' });
    if (this.#connection !== undefined) return;
    this.#reconnecting ??= this.#connect().finally(() => {
      this.#reconnecting = undefined;
    });
    await this.#reconnecting;
  }

  close(): void {
    this.#isClosed = true;
    this.release();
  }

  async #connect(): Promise<void> {
    const connection = await this.#open();
    // Closed meanwhile: nobody would close this one.
    if (this.#isClosed) connection.close();
    else this.#connection = connection;
  }

  get #required(): Database {
    if (this.#connection !== undefined) return this.#connection;
    throw this.#isClosed
      ? new SqliteError('sqlite/misuse', { reason: 'the database is closed' })
      : new SqliteError('sqlite/released');
  }
}
