/**
 * From SQLite to PostgreSQL: everything is copied page by page, with ids and times as they are, so that clients go on from
 * their cursors. Every page is remembered, and a migration that was interrupted goes on where it was; until it is done no
 * node starts on the database. The data directory is held meanwhile, and stays as it is.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@conclave/sqlite';
import { openDatabase } from '@conclave/sqlite/node';
import { holdDataDir } from '../data-dir.js';
import { NodeError } from '../errors.js';
import type { Pool, SqlParameter } from '../log/postgres/pool.js';
import { migrate as migratePostgres } from '../log/postgres/schema.js';
import { MIGRATION, MIGRATION_DONE, MIGRATION_UNDER_WAY, settle } from '../log/postgres/settings.js';
import { settleShards } from '../log/postgres/shards.js';
import { migrate as migrateSqlite } from '../log/sqlite/schema.js';
import { DATABASE_FILE } from '../log/sqlite/sqlite-log.js';
import { ASSOCIATIONS, COPIED_TABLES, type CopiedTable, type SourceRow, type TargetTable } from './copied-tables.js';
import { openMaintenancePool } from './empty-postgres.js';
import type { OnProgress } from './progress.js';

/** From where, and where to. */
export interface MigrationOptions {
  readonly dataDir: string;
  readonly postgres: string;
  readonly postgresShards?: number | undefined;
  readonly onProgress?: OnProgress;
  /** Ends the migration between two pages; it can be gone on with. */
  readonly signal?: AbortSignal;
}

/** Rows of every table after a migration. */
export type MigrationReport = Readonly<Record<string, number>>;

/** A page of rows, and of bytes: it travels as one statement, in hex. */
const PAGE_ROWS = 500;
const PAGE_BYTES = 8 * 1024 * 1024;
/** Ids of these kinds go on from where SQLite's were, in every shard. */
const COUNTED = ['group', 'welcome', 'commit-log', 'identity'];

/**
 * Migrates, and compares what both sides have.
 * @throws NodeError `node/nothing-to-back-up` without a database, `node/data-directory-in-use`, `node/database-not-empty`,
 *   `node/migration-stopped`, `node/migration-differs`, and what opening the databases fails with
 */
export async function migrateToPostgres(options: MigrationOptions): Promise<MigrationReport> {
  const { dataDir, postgres, postgresShards } = options;
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path)) throw new NodeError('node/nothing-to-back-up', { dataDir });
  const pool = openMaintenancePool(postgres);
  const release = await holdDataDir(dataDir);
  try {
    const source = openDatabase({ path });
    try {
      migrateSqlite(source);
      await migratePostgres(pool);
      const shards = await settleShards(pool, postgresShards);
      await begin(pool);
      return await copy(source, pool, shards, options);
    } finally {
      source.close();
    }
  } finally {
    release();
    await pool.close();
  }
}

/** @throws NodeError `node/database-not-empty` when nodes have written there, or a migration was done */
async function begin(pool: Pool): Promise<void> {
  const [used] = await pool.query<{ used: boolean }>(
    'SELECT count(*) > 0 AS used FROM counters WHERE last_id > 0 OR clock_ns > 0',
  );
  const [packages] = await pool.query<{ used: boolean }>('SELECT count(*) > 0 AS used FROM key_packages');
  const [mark] = await pool.query<{ value: bigint }>('SELECT value FROM settings WHERE name = $1', [MIGRATION]);
  if (mark?.value === MIGRATION_UNDER_WAY) return;
  if (used?.used || packages?.used || mark !== undefined) throw new NodeError('node/database-not-empty');
  await settle(pool, MIGRATION, MIGRATION_UNDER_WAY);
}

async function copy(source: Database, pool: Pool, shards: number, options: MigrationOptions): Promise<MigrationReport> {
  const report: Record<string, number> = {};
  for (const table of COPIED_TABLES) {
    await copyTable(source, pool, shards, table, options);
    report[table.name] = countRows(source, table.name);
  }
  const associations = source.prepare<SourceRow>('SELECT * FROM associations', { bigints: true }).all();
  for (let at = 0; at < associations.length; at += PAGE_ROWS) {
    await insert(pool, ASSOCIATIONS, associations.slice(at, at + PAGE_ROWS), shards);
  }
  report.associations = associations.length;
  await setCounters(source, pool);
  await compare(pool, report);
  await pool.query('UPDATE settings SET value = $2 WHERE name = $1', [MIGRATION, MIGRATION_DONE]);
  return report;
}

async function copyTable(
  source: Database,
  pool: Pool,
  shards: number,
  table: CopiedTable,
  { onProgress = () => undefined, signal }: MigrationOptions,
): Promise<void> {
  const { name, key, targets } = table;
  const mark = `copied_${name}`;
  let after = await settle(pool, mark, 0n);
  const total = countRows(source, name);
  const counted = source.prepare<{ rows: number }>(`SELECT count(*) AS rows FROM ${name} WHERE ${key} <= ?`);
  let done = counted.get(after)?.rows ?? 0;
  const page = source.prepare<SourceRow>(
    `SELECT *, ${key} AS copied_key FROM ${name} WHERE ${key} > ? ORDER BY ${key} LIMIT ${PAGE_ROWS}`,
    { bigints: true },
  );
  for (;;) {
    if (signal?.aborted) throw new NodeError('node/migration-stopped', { table: name, done, total });
    const rows = bounded(page.iterate(after));
    onProgress({ step: name, done, total });
    if (rows.length === 0) return;
    for (const target of targets) await insert(pool, target, rows, shards);
    after = rows.at(-1)?.copied_key as bigint;
    done += rows.length;
    await pool.query('UPDATE settings SET value = $2 WHERE name = $1', [mark, after]);
  }
}

/** As many rows as a statement should carry, and at least one where there is one. */
function bounded(rows: IterableIterator<SourceRow>): SourceRow[] {
  const taken: SourceRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    taken.push(row);
    for (const value of Object.values(row)) if (value instanceof Uint8Array) bytes += value.length;
    if (bytes > PAGE_BYTES) break;
  }
  return taken;
}

/** A page that was written before its mark was is written again, to no effect. */
async function insert(pool: Pool, target: TargetTable, rows: readonly SourceRow[], shards: number): Promise<void> {
  if (rows.length === 0) return;
  const { name, columns } = target;
  const parameters: SqlParameter[] = [];
  const tuples = rows.map((row) => {
    const marks = target.values(row, shards).map((value) => `$${parameters.push(value)}`);
    return `(${marks.join(',')})`;
  });
  await pool.query(
    `INSERT INTO ${name} (${columns.join(', ')}) VALUES ${tuples.join(',')} ON CONFLICT DO NOTHING`,
    parameters,
  );
}

/** Every shard goes on above all ids there are: within a topic they keep rising. */
async function setCounters(source: Database, pool: Pool): Promise<void> {
  const counters = source.prepare<{ name: string; value: bigint }>('SELECT name, value FROM counters', {
    bigints: true,
  });
  const values = new Map(counters.all().map(({ name, value }) => [name, value]));
  for (const kind of COUNTED) {
    await pool.query(
      'UPDATE counters SET last_id = greatest(last_id, $2), clock_ns = greatest(clock_ns, $3) WHERE kind = $1',
      [...[kind, values.get(kind) ?? 0n, values.get('clock') ?? 0n]],
    );
  }
}

/** @throws NodeError `node/migration-differs` */
async function compare(pool: Pool, report: MigrationReport): Promise<void> {
  for (const [table, rows] of Object.entries(report)) {
    const [found] = await pool.query<{ rows: bigint }>(`SELECT count(*) AS rows FROM ${table}`);
    if (Number(found?.rows) !== rows) {
      throw new NodeError('node/migration-differs', { table, rows, copied: Number(found?.rows) });
    }
  }
}

function countRows(source: Database, table: string): number {
  return source.prepare<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`).get()?.rows ?? 0;
}
