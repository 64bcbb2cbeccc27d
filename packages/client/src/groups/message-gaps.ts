/**
 * What is known to be missing of the messages of each group, and when it is looked for (`left-out-messages.ts`). Known in memory only.
 */
import { NS_PER_SECOND } from '../host.js';
import type { GroupEnvelope } from './envelope.js';

/** Looks for what one gap is of: at once, and when what becomes visible late has had its time. */
const LOOKS = 2;
/** Between two looks at one group, at least; twice as long after each that found nothing. */
const SHORTEST_REST_NS = 10n * NS_PER_SECOND;
const LONGEST_REST_NS = 600n * NS_PER_SECOND;

/** What is missing of a group. */
export interface MessageGap {
  /** Id of the newest message that passed something over: what is missing stands before it. */
  readonly before: bigint;
  /** The oldest epoch of such a message. */
  readonly epoch: bigint;
  /** Messages. */
  readonly missing: number;
  readonly looksLeft: number;
}

/** The gaps of all groups. Costs memory for groups that had one since the start. */
export class MessageGaps {
  readonly #gaps = new Map<string, MessageGap>();
  readonly #rests = new Map<string, { readonly untilNs: bigint; readonly lengthNs: bigint }>();

  /** A message passed over `skipped` others of its sender, or is one that was passed over (-1): it was only out of order. */
  note(groupId: string, { sequenceId, epoch }: GroupEnvelope, skipped: number): void {
    const known = this.#gaps.get(groupId);
    if (skipped < 0) {
      if (known !== undefined && known.missing > 1) this.#gaps.set(groupId, { ...known, missing: known.missing - 1 });
      else this.#gaps.delete(groupId);
      return;
    }
    this.#gaps.set(groupId, {
      before: known !== undefined && known.before > sequenceId ? known.before : sequenceId,
      epoch: known !== undefined && known.epoch < epoch ? known.epoch : epoch,
      missing: (known?.missing ?? 0) + skipped,
      looksLeft: LOOKS,
    });
  }

  /** A message of our own that the node has is not among those up to `before`. */
  noteOwn(groupId: string, before: bigint, epoch: bigint): void {
    if (!this.#gaps.has(groupId)) this.#gaps.set(groupId, { before, epoch, missing: 1, looksLeft: 1 });
  }

  /** Groups that are to be looked at now. */
  due(nowNs: bigint): string[] {
    return [...this.#gaps.keys()].filter((groupId) => (this.#rests.get(groupId)?.untilNs ?? 0n) <= nowNs);
  }

  /** What to look for in a group now. */
  gapOf(groupId: string, nowNs: bigint): MessageGap | undefined {
    const gap = this.#gaps.get(groupId);
    return gap !== undefined && (this.#rests.get(groupId)?.untilNs ?? 0n) <= nowNs ? gap : undefined;
  }

  /** A look has found so many. @param wasAnswered - false: the node could not be asked, and this was none */
  settle(groupId: string, gap: MessageGap, found: number, wasAnswered: boolean, nowNs: bigint): void {
    const looksLeft = gap.looksLeft - (wasAnswered ? 1 : 0);
    const left = { ...gap, missing: gap.missing - found, looksLeft };
    if (left.missing > 0 && left.looksLeft > 0) this.#gaps.set(groupId, left);
    else this.#gaps.delete(groupId);
    const rested = this.#rests.get(groupId)?.lengthNs ?? SHORTEST_REST_NS;
    const doubled = 2n * rested < LONGEST_REST_NS ? 2n * rested : LONGEST_REST_NS;
    const lengthNs = found > 0 ? SHORTEST_REST_NS : doubled;
    this.#rests.set(groupId, { untilNs: nowNs + lengthNs, lengthNs });
  }

  /** The group is not to be read any more. */
  forget(groupId: string): void {
    this.#gaps.delete(groupId);
  }
}
