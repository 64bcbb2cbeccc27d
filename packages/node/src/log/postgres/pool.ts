/**
 * Connections to PostgreSQL, and how one statement is run on them until it succeeds, is refused, or the caller has waited
 * long enough. Every statement is a transaction of its own: between two of them nothing is held on the server, so a
 * process that stops or dies at any instant holds up nobody.
 *
 * A statement that met a conflict, found no server or lost its connection is sent again; whoever calls says whether that
 * is safe when the first may have happened. A connection that does not answer at all is given up with its pool.
 */
import postgres, { type Sql } from 'postgres';
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { Logger } from '../../logger.js';
import { codeOf, type FailureKind, failureKind, storageError } from './postgres-error.js';

/** What crosses to the server in place of a `$n`. Lists of bytes go as text, see column-lists.ts. */
export type SqlParameter = null | string | number | bigint | boolean | Uint8Array;

/** How to open a pool. */
export interface PoolOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly limits: Pick<NodeLimits, 'statementTimeoutMs' | 'storageWaitMs'>;
  readonly logger: Logger | undefined;
}

interface Statement<Row extends object, Item> {
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
  readonly read: (row: Row) => Item;
}

/** How one statement is run. */
export interface StatementOptions {
  /** False when the statement must not be sent again once it may have happened. Default true. */
  readonly repeatable?: boolean;
  /** How long to try; 0 tries once. Default is the pool's. */
  readonly waitMs?: number;
}

/** Bytes both ways as hex text; read as plain arrays, as the rest of the node has them. */
const BYTEA = {
  to: 17,
  from: [17],
  serialize: (bytes: Uint8Array) =>
    `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
  parse: (text: string): Uint8Array => {
    const { buffer, byteOffset, length } = Buffer.from(text.slice(2), 'hex');
    return new Uint8Array(buffer, byteOffset, length);
  },
};

/** A driver with the types that the tables use. */
export type Driver = Sql<{ bigint: bigint; bytea: Uint8Array }>;

/** Statements sent at once per connection: one that runs, and one that need not wait for a round trip. */
const STATEMENTS_PER_CONNECTION = 2;
/** What the server gets beyond the time that it gave itself before its connections are given up. */
const ANSWER_GRACE_MS = 5_000;
const RETRY_MS = { first: 20, most: 500 };

/** Opens connections as they are needed; none is made by this call. */
export function openDriver({ url, maxConnections, limits }: PoolOptions): Driver {
  return postgres(url, {
    max: maxConnections,
    // One round trip less per connection; arrays are sent as text anyway.
    fetch_types: false,
    connect_timeout: 5,
    keep_alive: 15,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    types: { bigint: postgres.BigInt, bytea: BYTEA },
    onnotice: () => undefined,
    connection: {
      application_name: 'conclave-node',
      statement_timeout: limits.statementTimeoutMs,
      // No statement of ours leaves a transaction open; if one ever did, this is what would free its locks.
      idle_in_transaction_session_timeout: limits.statementTimeoutMs,
    },
  });
}

/** Some connections to one server. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: Slots;
  #driver: Driver;
  #running = 0;
  #closed = false;
  #onIdle: () => void = () => undefined;
  #unavailableSinceMs: number | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#driver = openDriver(options);
    this.#slots = new Slots(options.maxConnections * STATEMENTS_PER_CONNECTION);
  }

  /** False from a statement that found no server until one that did. */
  get healthy(): boolean {
    return !this.#closed && this.#unavailableSinceMs === undefined;
  }

  /**
   * Runs one statement and gives its rows.
   * @throws NodeError `node/storage-failed`, `node/disk-full`, `node/storage-unavailable`, `node/shutting-down`
   */
  query<Row extends object>(
    text: string,
    parameters: readonly SqlParameter[] = [],
    options: StatementOptions = {},
  ): Promise<Row[]> {
    return this.queryEach(text, parameters, (row: Row) => row, options);
  }

  /** The same, and gives what `read` makes of each row as it comes: of a large answer the rows themselves need not be kept. */
  async queryEach<Row extends object, Item>(
    text: string,
    parameters: readonly SqlParameter[],
    read: (row: Row) => Item,
    { repeatable = true, waitMs = this.#options.limits.storageWaitMs }: StatementOptions = {},
  ): Promise<Item[]> {
    if (this.#closed) throw new NodeError('node/shutting-down');
    this.#running++;
    try {
      return await this.#repeat({ text, parameters, read }, repeatable, performance.now() + waitMs);
    } finally {
      this.#running--;
      if (this.#running === 0) this.#onIdle();
    }
  }

  /** Runs `work` in one transaction on one connection. For schema changes alone: the server waits for us in between. */
  async transaction(work: (run: (text: string) => Promise<unknown>) => Promise<void>): Promise<void> {
    await this.#driver.begin(async (transaction) => {
      await work((text) => transaction.unsafe(text));
    });
  }

  /** Takes no new statement, answers those before, and closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#driver.end({ timeout: 1 });
  }

  async #repeat<Row extends object, Item>(
    statement: Statement<Row, Item>,
    repeatable: boolean,
    deadlineMs: number,
  ): Promise<Item[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        const items = await this.#send(statement);
        this.#isAvailable();
        return items;
      } catch (error) {
        const kind = failureKind(error);
        if (kind === 'lost' || kind === 'unreachable') this.#isUnavailable(codeOf(error));
        const delayMs = Math.min(RETRY_MS.first * 2 ** attempt, RETRY_MS.most) * (0.5 + Math.random() / 2);
        const givesUp = performance.now() + delayMs > deadlineMs;
        if (!mayRepeat(kind, repeatable) || givesUp) throw storageError(error);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }

  async #send<Row extends object, Item>({ text, parameters, read }: Statement<Row, Item>): Promise<Item[]> {
    // The driver would queue as well, but then nobody could tell a statement that waits from one that is not answered.
    await this.#slots.acquire();
    const driver = this.#driver;
    let late: NodeJS.Timeout | undefined;
    const noAnswer = new Promise<never>((_, reject) => {
      const answerMs = this.#options.limits.statementTimeoutMs * STATEMENTS_PER_CONNECTION + ANSWER_GRACE_MS;
      late = setTimeout(() => {
        reject(new NodeError('node/storage-unavailable', { reason: 'no answer' }));
        this.#replace(driver);
      }, answerMs);
    });
    try {
      const items: Item[] = [];
      const options = { prepare: true, simple: false };
      const rows = driver.unsafe<Row[]>(text, [...parameters], options).forEach((row) => {
        items.push(read(row as Row));
      });
      await Promise.race([rows, noAnswer]);
      return items;
    } finally {
      clearTimeout(late);
      this.#slots.release();
    }
  }

  /** A server that stopped without closing its connections answers none of them. */
  #replace(stuck: Driver): void {
    if (this.#driver !== stuck || this.#closed) return;
    this.#driver = openDriver(this.#options);
    void stuck.end({ timeout: 0 });
  }

  #isAvailable(): void {
    if (this.#unavailableSinceMs === undefined) return;
    const downMs = Math.round(performance.now() - this.#unavailableSinceMs);
    this.#unavailableSinceMs = undefined;
    this.#options.logger?.info({ event: 'database-back', downMs });
  }

  #isUnavailable(reason: string): void {
    if (this.#unavailableSinceMs !== undefined || this.#closed) return;
    this.#unavailableSinceMs = performance.now();
    this.#options.logger?.warn({ event: 'database-lost', reason });
  }
}

function mayRepeat(kind: FailureKind | undefined, repeatable: boolean): boolean {
  return kind === 'conflict' || kind === 'unreachable' || (kind === 'lost' && repeatable);
}

/** Lets so many go on at once, in the order in which they came. */
class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
