/**
 * A join by a link that is on its way, in the task queue: the group as it is after our commit, the commit, and what is owed to the other
 * installations. Stored before anything is sent, so that whatever fails afterwards does not cost us the keys of a leaf that we have.
 */
import { CryptoError, decodeTls, EMPTY_BYTES, encodeTls, fromHex, wipe } from '@conclave/crypto';
import type { RowChange } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND } from '../host.js';
import { findTask, insertTask, withdrawTask } from '../store/tasks.js';

/** Name of these tasks in the queue. */
export const JOIN_TASK = 'join-by-invite';

const FIRST_WAIT_NS = 10n * NS_PER_SECOND;

/** What is stored. */
export interface PendingJoin {
  /** Lower-case hex. */
  readonly groupId: string;
  /** The epoch that the commit ends. */
  readonly epoch: bigint;
  /** Id at the node of the newest message before the commit was sent. */
  readonly afterId: bigint;
  /** When the invitation ends, 0 for never. */
  readonly expiresAtNs: bigint;
  /** Leaf that signed the state that the commit stands on. */
  readonly signerLeafIndex: number;
  /** Where we are in the tree, and with which key. */
  readonly ownLeafIndex: number;
  readonly leafKey: Uint8Array;
  /** MLSMessage. */
  readonly message: Uint8Array;
  /** Of `encodePendingWelcomes`, empty when nobody else comes in. */
  readonly welcomes: Uint8Array;
  /** All rows of the group in the epoch that the commit begins. */
  readonly rows: readonly RowChange[];
}

/** Stores it. Cost: the whole tree. */
export function putPendingJoin(ctx: ClientContext, join: PendingJoin): void {
  const nowNs = ctx.host.nowNs();
  const data = encode(join);
  insertTask(ctx.db, {
    kind: JOIN_TASK,
    dedupKey: fromHex(join.groupId),
    data,
    dueNs: nowNs + FIRST_WAIT_NS,
    expiresNs: nowNs + NS_PER_DAY,
    maxAttempts: 100,
    firstWaitNs: FIRST_WAIT_NS,
    maxWaitNs: NS_PER_HOUR,
  });
  wipe(data);
}

/** The join that is on its way into a group. @throws ClientError `client/database-damaged` */
export function getPendingJoin(ctx: ClientContext, groupId: string): PendingJoin | undefined {
  const task = findTask(ctx.db, JOIN_TASK, fromHex(groupId));
  return task === undefined ? undefined : decode(groupId, task.data);
}

/** It is over. */
export function dropPendingJoin(ctx: ClientContext, groupId: string): void {
  withdrawTask(ctx.db, JOIN_TASK, fromHex(groupId));
}

function encode(join: PendingJoin): Uint8Array {
  return encodeTls(join, (writer) => {
    writer.u64(join.epoch).u64(join.afterId).u64(join.expiresAtNs).u32(join.signerLeafIndex).u32(join.ownLeafIndex);
    writer.opaque(join.leafKey).opaque(join.message).opaque(join.welcomes);
    writer.vector((list) => {
      for (const { kind, key, value } of join.rows)
        list
          .u8(kind)
          .opaque(key)
          .opaque(value ?? EMPTY_BYTES);
    });
  });
}

function decode(groupId: string, data: Uint8Array): PendingJoin {
  try {
    return decodeTls(data, (reader) => ({
      groupId,
      epoch: reader.u64(),
      afterId: reader.u64(),
      expiresAtNs: reader.u64(),
      signerLeafIndex: reader.u32(),
      ownLeafIndex: reader.u32(),
      leafKey: reader.opaque(),
      message: reader.opaque(),
      welcomes: reader.opaque(),
      rows: reader.vector((row) => ({ kind: row.u8(), key: row.opaque(), value: row.opaque() })),
    }));
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new ClientError('client/database-damaged', { table: 'tasks', kind: JOIN_TASK }, cause);
  }
}
