/**
 * The log on PostgreSQL, shared by any number of processes. None of them is special: ids come from counters in the
 * database, so there is no leader, no lease and nothing to elect; a process that dies leaves nothing behind.
 */
import { randomBytes } from 'node:crypto';
import type { NodeConfig } from '../../config.js';
import { NodeError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import { ByteBudget } from '../byte-budget.js';
import type { GroupMessageEntry, Log, Pruned, PruneRequest, TopicKind, WelcomeEntry } from '../log.js';
import { Backlog } from '../write-queue.js';
import { AppendLanes, type AppendLanesOptions } from './append-lanes.js';
import { CommitLogTable } from './commit-log-table.js';
import { CounterWatch, readCounters } from './counter-watch.js';
import { IdentityTables } from './identity-tables.js';
import { KeyPackageTable } from './key-package-table.js';
import { GROUP_SHAPE, WELCOME_SHAPE } from './message-shapes.js';
import { MessageTable, type Placed } from './message-table.js';
import { NatsFanOut } from './nats-fan-out.js';
import { NewestHeads, newestMessages } from './newest-group-messages.js';
import { canNotify, Notifications, tellBy } from './notifications.js';
import { Partitions } from './partitions.js';
import { Pool, type PoolOptions } from './pool.js';
import { codeOf } from './postgres-error.js';
import { pruneMessages } from './prune-messages.js';
import { isPartitioned, migrate } from './schema.js';
import { MIGRATION, MIGRATION_UNDER_WAY, settle } from './settings.js';
import { MAX_SHARDS, settleShards } from './shards.js';
import { Tail } from './tail.js';
import { openUsageBoard } from './usage-board.js';

/** How to open the log. */
export interface PostgresLogOptions extends Pick<NodeConfig, 'limits' | 'nowNs'> {
  readonly url: string;
  /** Counters per kind; undefined takes what the database was set up with, or 1. */
  readonly shards?: number | undefined;
  readonly logger?: Logger;
  /** NATS servers that carry the fan-out between processes in place of NOTIFY. */
  readonly nats?: readonly string[] | undefined;
  /** False for a database without LISTEN and NOTIFY. Default true. */
  readonly notifications?: boolean;
  /** False makes plain tables in a new database, as on one that only speaks PostgreSQL's language. Default true. */
  readonly partitions?: boolean;
}

const WRITE_CONNECTIONS = 4;
const READ_CONNECTIONS = 8;
/** Connections that one node opens: to write, to read, and to listen, which NATS makes unnecessary. */
export function connectionsOfNode(shards: number, hasNats: boolean): number {
  return Math.max(WRITE_CONNECTIONS, shards) + READ_CONNECTIONS + (hasNats ? 0 : 1);
}

/** One page of the tail. */
const TAIL_MESSAGES = 500;
const TAIL_BYTES = 8 * 1024 * 1024;

/**
 * Connects, and makes or brings up to date the tables.
 * @throws NodeError `node/invalid-postgres-url`, `node/postgres-unusable`, `node/database-too-new`, `node/shards-differ`, `node/migration-unfinished`
 */
export async function openPostgresLog(options: PostgresLogOptions): Promise<Log> {
  const { limits, logger, shards: asked } = options;
  const address = describeAddress(options.url);
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= MAX_SHARDS)) {
    throw new NodeError('node/shards-differ', { asked, max: MAX_SHARDS });
  }
  const poolOptions = (maxConnections: number): PoolOptions => ({ url: options.url, maxConnections, limits, logger });
  const writer = new Pool(poolOptions(Math.max(WRITE_CONNECTIONS, asked ?? 1)));
  const reader = new Pool(poolOptions(READ_CONNECTIONS));
  try {
    await migrate(writer, options.partitions);
    const shards = await settleShards(writer, asked);
    await refuseHalfMigrated(reader);
    const [row] = await reader.query<{ version: string }>('SELECT version() AS version');
    // For example "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by …".
    const engine = row?.version.split(/ \(| on |,/)[0] ?? 'PostgreSQL';
    return await createPostgresLog({ engine, shards, writer, reader, options });
  } catch (error) {
    await Promise.all([writer.close(), reader.close()]);
    if (
      error instanceof NodeError &&
      error.code !== 'node/storage-failed' &&
      error.code !== 'node/storage-unavailable'
    ) {
      throw error;
    }
    const reason = error instanceof NodeError ? String(error.details.reason ?? error.details.sqlState) : codeOf(error);
    throw new NodeError('node/postgres-unusable', { address, reason }, error);
  }
}

/** Host and database of a URL; never its password. @throws NodeError `node/invalid-postgres-url` */
export function describeAddress(url: string): string {
  // Several hosts are separated by commas, which a URL does not know.
  const match = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?([^/?#]*)(\/[^?#]*)?/.exec(url);
  if (match === null) throw new NodeError('node/invalid-postgres-url');
  return `${match[1]}${match[2] ?? ''}`;
}

/** @throws NodeError `node/migration-unfinished` */
async function refuseHalfMigrated(pool: Pool): Promise<void> {
  const [row] = await pool.query<{ value: bigint }>('SELECT value FROM settings WHERE name = $1', [MIGRATION]);
  if (row?.value === MIGRATION_UNDER_WAY) throw new NodeError('node/migration-unfinished');
}

interface PostgresLogParts {
  /** What the server says of itself. */
  readonly engine: string;
  readonly shards: number;
  readonly writer: Pool;
  readonly reader: Pool;
  readonly options: PostgresLogOptions;
}

async function createPostgresLog({ engine, shards, writer, reader, options }: PostgresLogParts): Promise<Log> {
  const { limits, nowNs } = options;
  const sender = randomBytes(4).toString('hex');
  const notifies = !hasNats(options) && options.notifications !== false && (await canNotify(writer, options.logger));
  const tell = notifies ? tellBy(sender) : undefined;
  const groups = new MessageTable(GROUP_SHAPE, shards, writer, reader, tell);
  const welcomes = new MessageTable(WELCOME_SHAPE, shards, writer, reader, tell);
  const tableOf = (kind: TopicKind) => (kind === 'group' ? groups : welcomes);
  const keyPackages = new KeyPackageTable(writer, reader);
  const identity = new IdentityTables(writer, reader);
  const commitLog = new CommitLogTable(shards, writer, reader);

  const tail = new Tail((kind, shard, after, before) =>
    tableOf(kind).range({ shard, after, before, maxMessages: TAIL_MESSAGES, maxBytes: TAIL_BYTES }),
  );
  for (const { kind, shard, lastId } of await readCounters(reader)) tail.open(kind, shard, lastId);
  const expiry = await openExpiry(writer, shards, options);
  const watch = new CounterWatch(reader, limits, tail);
  const usageBoard = await openUsageBoard(writer);
  const onConnected = () => void watch.look();
  const nats = hasNats(options) ? await openNats(options, writer, tail, onConnected) : undefined;
  const notifications = notifies ? listen(options, sender, tail, onConnected) : undefined;

  function onPlaced(placed: readonly Placed[]): void {
    for (let from = 0; from < placed.length; ) {
      const { shard, entry } = placed[from] as Placed;
      const next = placed.findIndex((other, index) => index > from && other.shard !== shard);
      const end = next === -1 ? placed.length : next;
      const batch = placed.slice(from, end);
      tail.stored(entry.kind, shard, batch);
      nats?.announce(entry.kind, shard, batch);
      from = end;
    }
  }

  const lanes: AppendLanesOptions = { limits, nowNs, backlog: new Backlog(limits), onPlaced, logger: options.logger };
  const groupLanes = new AppendLanes(groups, lanes);
  const welcomeLanes = new AppendLanes(welcomes, lanes);
  const newestHeads = new NewestHeads(reader, limits);
  const budget = () => new ByteBudget(limits.answerBytes);

  return {
    engine,
    get healthy() {
      return writer.healthy && reader.healthy;
    },
    usageBoard,
    append(entries) {
      if (entries[0]?.kind === 'welcome') return welcomeLanes.append(entries as readonly WelcomeEntry[]);
      return groupLanes.append(entries as readonly GroupMessageEntry[]);
    },
    page: ({ kind, ...request }) => tableOf(kind).page(request),
    replay: ({ kind, ...request }) => tableOf(kind).replay(request),
    newest: (groupIds, includeContent) =>
      includeContent ? newestMessages(reader, groupIds, budget()) : newestHeads.read(groupIds),
    tail: (listener) => tail.listen(listener),
    putKeyPackage: (installationKey, keyPackage) => keyPackages.put(installationKey, keyPackage, nowNs()),
    keyPackages: (installationKeys) => keyPackages.get(installationKeys, budget(), nowNs()),
    identityUpdates: (requests) => identity.updates(requests, budget()),
    inboxHead: (inboxId) => identity.head(inboxId),
    appendIdentityUpdate: (entry) => identity.append(entry, nowNs()),
    inboxIds: (identifiers) => identity.inboxIds(identifiers),
    appendCommitLog: (entries) => commitLog.append(entries, nowNs()),
    commitLogPages: (requests) => commitLog.pages(requests),
    prune({ kind, ...step }) {
      if (kind === 'key-package') return keyPackages.prune(step);
      return expiry[kind](step);
    },
    async close() {
      await Promise.all([nats?.close(), notifications?.close(), watch.close()]);
      await Promise.all([groupLanes.close(), welcomeLanes.close()]);
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

function hasNats({ nats = [] }: PostgresLogOptions): boolean {
  return nats.length > 0;
}

/** `onConnected` is called whenever words begin to come through, since some may have been lost before. */
async function openNats(
  { logger, nats = [] }: PostgresLogOptions,
  writer: Pool,
  listener: Tail,
  onConnected: () => void,
): Promise<NatsFanOut> {
  const logId = await settle(writer, 'log_id', randomBytes(8).readBigUInt64BE() >> 1n);
  return new NatsFanOut({ urls: nats, logId: logId.toString(16), listener, logger, onConnected });
}

function listen(
  { url, limits, logger }: PostgresLogOptions,
  sender: string,
  listener: Tail,
  onListening: () => void,
): Notifications {
  const poolOptions: PoolOptions = { url, maxConnections: 1, limits, logger };
  return new Notifications({ poolOptions, sender, listener, logger, onListening });
}

type PruneStep = (step: Omit<PruneRequest, 'kind'>) => Promise<Pruned>;

/** How messages of each kind are pruned here. */
async function openExpiry(
  pool: Pool,
  shards: number,
  { limits, logger, nowNs }: PostgresLogOptions,
): Promise<Readonly<Record<TopicKind, PruneStep>>> {
  if (!(await isPartitioned(pool))) {
    const plain = ({ kind, table, hashTable, keeps }: typeof GROUP_SHAPE | typeof WELCOME_SHAPE): PruneStep => {
      const pruned = { table, hashTable, keeps, mark: kind };
      return (step) => pruneMessages(pool, pruned, shards, step);
    };
    return { group: plain(GROUP_SHAPE), welcome: plain(WELCOME_SHAPE) };
  }
  const group = new Partitions(pool, GROUP_SHAPE, shards, limits.groupMessageDays, logger);
  const welcome = new Partitions(pool, WELCOME_SHAPE, shards, limits.welcomeDays, logger);
  await Promise.all([group.makeAhead(nowNs()), welcome.makeAhead(nowNs())]);
  const both =
    (partitions: Pick<typeof group, 'prune' | 'makeAhead'>): PruneStep =>
    async (step) => {
      const pruned = await partitions.prune(step);
      if (pruned.done) await partitions.makeAhead(nowNs());
      return pruned;
    };
  return { group: both(group), welcome: both(welcome) };
}
