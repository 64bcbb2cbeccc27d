/**
 * What is known to be missing of the messages of each group, over restarts (`store/message-gaps.ts`), and when it is looked for
 * (`left-out-messages.ts`), which is known in memory only: after a start it is due.
 */
import type { Database } from '@conclave/sqlite';
import { NS_PER_SECOND } from '../host.js';
import {
  deleteMessageGap,
  getMessageGap,
  groupsWithGaps,
  type MessageGap,
  setMessageGap,
} from '../store/message-gaps.js';
import type { GroupEnvelope } from './envelope.js';

/** Looks for what one gap is of: at once, and when what becomes visible late has had its time. */
const LOOKS = 2;
/** Between two looks at one group, at least; twice as long after each that found nothing. */
const SHORTEST_REST_NS = 10n * NS_PER_SECOND;
const LONGEST_REST_NS = 600n * NS_PER_SECOND;

/** The gaps of all groups. Costs memory for groups that were looked at since the start. */
export class MessageGaps {
  readonly #db: Database;
  readonly #rests = new Map<string, { readonly untilNs: bigint; readonly lengthNs: bigint }>();

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * A message passed over `skipped` others of its sender (0: none), or is one that was passed over (-1): it was only out of order. In the
   * transaction that takes it in: its sender's ratchet tells no second time.
   */
  note(groupId: string, { sequenceId, epoch }: Pick<GroupEnvelope, 'sequenceId' | 'epoch'>, skipped: number): void {
    if (skipped === 0) return;
    const known = getMessageGap(this.#db, groupId);
    if (skipped < 0) {
      if (known !== undefined) this.#left(groupId, { ...known, missing: known.missing - 1 });
      return;
    }
    setMessageGap(this.#db, groupId, {
      before: known !== undefined && known.before > sequenceId ? known.before : sequenceId,
      epoch: known !== undefined && known.epoch < epoch ? known.epoch : epoch,
      missing: (known?.missing ?? 0) + skipped,
      looksLeft: LOOKS,
    });
  }

  /** A message of our own that the node has is not among those up to `before`. */
  noteOwn(groupId: string, before: bigint, epoch: bigint): void {
    if (getMessageGap(this.#db, groupId) !== undefined) return;
    setMessageGap(this.#db, groupId, { before, epoch, missing: 1, looksLeft: 1 });
  }

  /** Groups that are to be looked at now. */
  due(nowNs: bigint): string[] {
    return groupsWithGaps(this.#db).filter((groupId) => !this.#isResting(groupId, nowNs));
  }

  /** What to look for in a group now. */
  gapOf(groupId: string, nowNs: bigint): MessageGap | undefined {
    return this.#isResting(groupId, nowNs) ? undefined : getMessageGap(this.#db, groupId);
  }

  /** A look has found so many. @param wasAnswered - false: the node could not be asked, and this was none */
  settle(groupId: string, gap: MessageGap, found: number, wasAnswered: boolean, nowNs: bigint): void {
    const looksLeft = gap.looksLeft - (wasAnswered ? 1 : 0);
    this.#left(groupId, { ...gap, missing: gap.missing - found, looksLeft });
    const rested = this.#rests.get(groupId)?.lengthNs ?? SHORTEST_REST_NS;
    const doubled = 2n * rested < LONGEST_REST_NS ? 2n * rested : LONGEST_REST_NS;
    const lengthNs = found > 0 ? SHORTEST_REST_NS : doubled;
    this.#rests.set(groupId, { untilNs: nowNs + lengthNs, lengthNs });
  }

  /** The group is not to be read any more. */
  forget(groupId: string): void {
    deleteMessageGap(this.#db, groupId);
  }

  #left(groupId: string, gap: MessageGap): void {
    if (gap.missing > 0 && gap.looksLeft > 0) setMessageGap(this.#db, groupId, gap);
    else deleteMessageGap(this.#db, groupId);
  }

  #isResting(groupId: string, nowNs: bigint): boolean {
    return (this.#rests.get(groupId)?.untilNs ?? 0n) > nowNs;
  }
}
