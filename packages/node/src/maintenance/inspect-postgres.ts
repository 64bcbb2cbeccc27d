/** What an operator wants to know of a PostgreSQL server before a node depends on it. Reads alone; nothing is made or changed. */
import { NodeError } from '../errors.js';
import type { Pool } from '../log/postgres/pool.js';
import { sqlStateOf } from '../log/postgres/postgres-error.js';
import { connectionsOfNode, describeAddress } from '../log/postgres/postgres-log.js';
import { SCHEMA_VERSION } from '../log/postgres/schema.js';
import { MIGRATION, MIGRATION_UNDER_WAY } from '../log/postgres/settings.js';
import { openMaintenancePool } from './empty-postgres.js';

/** What was found. */
export interface PostgresReport {
  /** Host and database, without a login. */
  readonly address: string;
  /** One statement there and back, ms. */
  readonly answerMs: number;
  /** What the server calls itself, for example `PostgreSQL 15.18`. */
  readonly version: string;
  /** Major version; undefined for a database that only speaks PostgreSQL's language. */
  readonly major: number | undefined;
  /** A standby takes no write. */
  readonly isStandby: boolean;
  /** How far this machine's clock is ahead of the server's, ms; negative behind. */
  readonly clockAheadMs: number;
  /** Of the tables; 0 when there are none yet. */
  readonly schemaVersion: number;
  /** The version that this node wants. */
  readonly wantedSchemaVersion: number;
  /** Whether the login may make tables. */
  readonly mayCreateTables: boolean;
  /** True after a migration from SQLite that was begun and not finished: no node starts then. */
  readonly isHalfMigrated: boolean;
  /** Counters per kind; undefined when there are no tables yet. */
  readonly shards: number | undefined;
  /** Undefined where the database does not tell. */
  readonly connections: ConnectionsReport | undefined;
  /** Settings with which the server can lose what was acknowledged, as `name = value`. */
  readonly riskySettings: readonly string[];
}

/** Who may still connect. */
export interface ConnectionsReport {
  /** As many as this login may open, before those that are open. */
  readonly most: number;
  readonly free: number;
  /** Of those that are open, the ones that nodes hold. */
  readonly heldByNodes: number;
  /** What one node opens. */
  readonly ofOneNode: number;
}

const UNDEFINED_TABLE = '42P01';
/** Values with which a server that stops loses what it has called committed. */
const RISKY = ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off'];

/**
 * Asks the server.
 * @param options.shards what the node is configured with; `hasNats` whether NATS carries the fan-out
 * @throws NodeError `node/invalid-postgres-url`, `node/postgres-unusable` with the SQLSTATE or system code as `reason`
 */
export async function inspectPostgres(
  url: string,
  { shards: asked, hasNats = false }: { readonly shards?: number | undefined; readonly hasNats?: boolean } = {},
): Promise<PostgresReport> {
  const pool = openMaintenancePool(url);
  try {
    const [said] = await once<{ version: string }>(pool, 'SELECT version() AS version');
    const version = said?.version.split(/ \(| on |,/)[0] ?? 'unknown';
    const isPostgres = /^PostgreSQL \d+(?!\S*-YB-)/.test(said?.version ?? '');
    const shards = await settingOf(pool, 'shards');
    return {
      address: describeAddress(url),
      version,
      major: isPostgres ? Number(/\d+/.exec(version)?.[0]) : undefined,
      ...(await readClock(pool)),
      isStandby: isPostgres && (await isStandby(pool)),
      schemaVersion: await readSchemaVersion(pool),
      wantedSchemaVersion: SCHEMA_VERSION,
      mayCreateTables: await mayCreateTables(pool),
      isHalfMigrated: (await settingOf(pool, MIGRATION)) === MIGRATION_UNDER_WAY,
      shards: shards === undefined ? undefined : Number(shards),
      connections: isPostgres
        ? await readConnections(pool, connectionsOfNode(Number(shards ?? asked ?? 1), hasNats))
        : undefined,
      riskySettings: isPostgres ? await readRiskySettings(pool) : [],
    };
  } catch (error) {
    if (error instanceof NodeError && error.code === 'node/invalid-postgres-url') throw error;
    const { reason, sqlState } = error instanceof NodeError ? error.details : {};
    throw new NodeError(
      'node/postgres-unusable',
      { address: describeAddress(url), reason: String(reason ?? sqlState ?? 'unknown') },
      error,
    );
  } finally {
    await pool.close();
  }
}

/** Tried a single time: an operator waits for the answer. */
function once<Row extends object>(pool: Pool, statement: string): Promise<Row[]> {
  return pool.query<Row>(statement, [], { waitMs: 0 });
}

async function readClock(pool: Pool): Promise<Pick<PostgresReport, 'answerMs' | 'clockAheadMs'>> {
  const [before, beforeMs] = [performance.now(), Date.now()];
  const [row] = await once<{ now_ms: bigint }>(
    pool,
    'SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms',
  );
  const answerMs = performance.now() - before;
  return { answerMs, clockAheadMs: Math.round(beforeMs + answerMs / 2 - Number(row?.now_ms ?? beforeMs)) };
}

async function isStandby(pool: Pool): Promise<boolean> {
  const [row] = await once<{ standby: boolean }>(pool, 'SELECT pg_is_in_recovery() AS standby');
  return row?.standby === true;
}

async function readSchemaVersion(pool: Pool): Promise<number> {
  const [row] = await whereThere<{ version: number | null }>(
    pool,
    'SELECT max(version) AS version FROM schema_migrations',
  );
  return row?.version ?? 0;
}

async function settingOf(pool: Pool, name: string): Promise<bigint | undefined> {
  const [row] = await whereThere<{ value: bigint }>(pool, `SELECT value FROM settings WHERE name = '${name}'`);
  return row?.value;
}

/** No rows of a table that is not there yet. */
async function whereThere<Row extends object>(pool: Pool, statement: string): Promise<Row[]> {
  try {
    return await once<Row>(pool, statement);
  } catch (error) {
    if (sqlStateOf(error) === UNDEFINED_TABLE) return [];
    throw error;
  }
}

async function mayCreateTables(pool: Pool): Promise<boolean> {
  const [row] = await once<{ may: boolean | null }>(
    pool,
    "SELECT has_schema_privilege(current_schema(), 'CREATE') AS may",
  );
  return row?.may === true;
}

/** The least of what the server, the database and the login leave. */
async function readConnections(pool: Pool, ofOneNode: number): Promise<ConnectionsReport> {
  const [row] = await once<
    Record<'most' | 'open' | 'of_database' | 'of_login' | 'of_nodes', bigint> &
      Record<'database_most' | 'login_most', number>
  >(
    pool,
    `WITH others AS (SELECT * FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())
     SELECT CAST(current_setting('max_connections') AS BIGINT)
         - CAST(current_setting('superuser_reserved_connections') AS BIGINT)
         - CAST(coalesce(current_setting('reserved_connections', TRUE), '0') AS BIGINT) AS most,
       (SELECT count(*) FROM others) AS open,
       (SELECT count(*) FROM others WHERE datname = current_database()) AS of_database,
       (SELECT count(*) FROM others WHERE usename = current_user) AS of_login,
       (SELECT count(*) FROM others WHERE application_name = 'conclave-node') AS of_nodes,
       (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS database_most,
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS login_most`,
  );
  if (row === undefined) throw new NodeError('node/storage-failed', {});
  const bounds = [
    { most: Number(row.most), open: Number(row.open) },
    { most: row.database_most, open: Number(row.of_database) },
    { most: row.login_most, open: Number(row.of_login) },
  ].filter(({ most }) => most >= 0);
  const tightest = bounds.reduce((least, each) => (each.most - each.open < least.most - least.open ? each : least));
  return {
    most: tightest.most,
    free: Math.max(0, tightest.most - tightest.open),
    heldByNodes: Number(row.of_nodes),
    ofOneNode,
  };
}

async function readRiskySettings(pool: Pool): Promise<string[]> {
  const rows = await once<{ line: string }>(pool, "SELECT name || ' = ' || setting AS line FROM pg_settings");
  return rows.map(({ line }) => line).filter((line) => RISKY.includes(line));
}
