/** The log on SQLite: one writing store behind a group-commit queue, one reading store, and the tail in memory. */
import { join } from 'node:path';
import type { NodeConfig } from '../../config.js';
import { NodeError } from '../../errors.js';
import { textOf } from '../../latin1.js';
import type { Logger } from '../../logger.js';
import { unnotedUses } from '../key-package-use.js';
import type { Committed, Log, Position, Pruned } from '../log.js';
import { Backlog, WriteQueue } from '../write-queue.js';
import { NewestHeads } from './newest-heads.js';
import { RecentRows } from './recent-rows.js';
import { openInlineStore, openThreadedStore, type StoreClient } from './store-client.js';
import { unpackStored } from './stored-codec.js';
import { packWrites, unpackResults } from './write-codec.js';
import { measureWrite, type WriteOp, type WriteResult } from './write-op.js';

/** Name of the database file inside the data directory. */
export const DATABASE_FILE = 'node.db';

const NO_END = 2n ** 64n;

/**
 * Opens, and where needed creates, the log in the data directory, which the caller holds.
 * @throws NodeError `node/database-too-new`, `node/database-unusable`
 */
export async function openSqliteLog(
  config: Pick<NodeConfig, 'dataDir' | 'limits' | 'nowNs' | 'storage'>,
  logger?: Logger,
): Promise<Log> {
  const { limits, storage } = config;
  const path = join(config.dataDir, DATABASE_FILE);
  const open = storage === 'threads' ? openThreadedStore : openInlineStore;
  const { answerBytes, databaseBytes, indexRows } = limits;
  const options = { path, answerBytes, databaseBytes, indexRows };
  try {
    const writer = await open({ ...options, role: 'writer' });
    // The WebAssembly engine cannot share a file between connections; the writer then reads as well.
    const alone = storage === 'inline' || writer.engine === 'node-sqlite3-wasm';
    const reader = alone ? writer : await open({ ...options, role: 'reader' });
    const recent = new RecentRows(await writer.call('indexedUpTo', undefined));
    return createSqliteLog(writer, reader, recent, config, logger);
  } catch (error) {
    if (error instanceof NodeError && error.code === 'node/storage-failed') {
      throw new NodeError('node/database-unusable', { path, ...error.details }, error);
    }
    throw error;
  }
}

function createSqliteLog(
  writer: StoreClient,
  reader: StoreClient,
  recent: RecentRows,
  { limits, nowNs }: Pick<NodeConfig, 'limits' | 'nowNs'>,
  logger: Logger | undefined,
): Log {
  const listeners = new Set<(batch: readonly Committed[]) => void>();
  const heads = new NewestHeads();

  function announce(ops: readonly WriteOp[], results: readonly WriteResult[]): void {
    const batch: Committed[] = [];
    for (const [index, op] of ops.entries()) {
      if (op.op === 'prune' && op.request.kind === 'group') heads.forget();
      if (op.op !== 'messages') continue;
      const positions = results[index] as readonly (Position | undefined)[];
      for (const [at, entry] of op.entries.entries()) {
        const position = positions[at];
        if (position === undefined) continue;
        const committed = { id: position.id, createdNs: position.createdNs, entry };
        const topic = textOf(entry.topic);
        heads.committed(committed, topic);
        recent.committed(committed, topic);
        batch.push(committed);
      }
    }
    if (batch.length > 0) for (const listener of listeners) listener(batch);
  }

  const queue = new WriteQueue<WriteOp, WriteResult>({
    async commit(ops) {
      const writes = packWrites(ops);
      const { results, indexedUpTo } = await writer.call('commit', { writes, nowNs: nowNs() });
      for (const kind of ['group', 'welcome'] as const) recent.indexed(kind, indexedUpTo[kind]);
      const unpacked = unpackResults(writes, results);
      return { results: unpacked, tell: () => announce(ops, unpacked) };
    },
    measure: measureWrite,
    maxRows: limits.commitRows,
    maxBytes: limits.commitBytes,
    commitsInFlight: 2,
    backlog: new Backlog(limits),
    logger,
  });

  return {
    append: (entries) => queue.write({ op: 'messages', entries }) as Promise<readonly (Position | undefined)[]>,
    async page(request) {
      const { kind, topic, direction, cursor, maxMessages } = request;
      const range = direction === 'ascending' ? { above: cursor } : { below: cursor === 0n ? NO_END : cursor };
      const unindexed = recent.ofTopic(kind, topic, range, maxMessages);
      const { stored, full } = await reader.call('page', { ...request, unindexed });
      return { items: unpackStored(stored), full };
    },
    async replay(request) {
      const cursors = request.cursors.map(({ topic, after }) => ({
        topic,
        after,
        unindexed: recent.ofTopic(request.kind, topic, { above: after }, request.maxMessages),
      }));
      const { stored, cursorIndexes, exhausted } = await reader.call('replay', { ...request, cursors });
      const items = unpackStored(stored).map((item, index) =>
        Object.assign(item, { cursorIndex: cursorIndexes[index] as number }),
      );
      return { items, exhausted };
    },
    async newest(groupIds, includeContent) {
      const known = includeContent ? undefined : heads.get(groupIds);
      if (known !== undefined) return known;
      const { forgotten } = heads;
      const groups = groupIds.map((topic) => ({
        topic,
        unindexed: recent.ofTopic('group', topic, { below: NO_END }, 1),
      }));
      const newest = await reader.call('newest', { groups, includeContent });
      if (!includeContent) for (const [i, groupId] of groupIds.entries()) heads.found(groupId, newest[i], forgotten);
      return newest;
    },
    tail(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    putKeyPackage: async (installationKey, keyPackage) => {
      await queue.write({ op: 'key-package', installationKey, keyPackage });
    },
    async keyPackages(installationKeys) {
      const stored = await reader.call('keyPackages', installationKeys);
      const used = unnotedUses(installationKeys, stored, nowNs());
      // Nobody waits for the note; one that fails is made at the next use.
      if (used.length > 0) queue.write({ op: 'used-key-packages', installationKeys: used }).catch(() => undefined);
      return stored.map((one) => one?.keyPackage);
    },
    identityUpdates: (requests) => reader.call('identityUpdates', requests),
    inboxHead: (inboxId) => reader.call('inboxHead', inboxId),
    appendIdentityUpdate: async (entry) => (await queue.write({ op: 'identity-update', entry })) as boolean,
    inboxIds: (identifiers) => reader.call('inboxIds', identifiers),
    appendCommitLog: async (entries) => {
      await queue.write({ op: 'commit-log', entries });
    },
    commitLogPages: (requests) => reader.call('commitLogPages', requests),
    prune: async (request) => (await queue.write({ op: 'prune', request })) as Pruned,
    engine: writer.engine,
    get healthy() {
      return writer.healthy && reader.healthy;
    },
    async close() {
      await queue.close();
      if (reader !== writer) await reader.close();
      await writer.close();
    },
  };
}
