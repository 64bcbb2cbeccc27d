/**
 * What is known of who writes, in memory alone: when we last told each conversation, and what was last told to the application of each sender.
 * Both keep a flood small: whoever writes a thousand notices a second moves nothing here but a number.
 */

/** How long a notice holds, milliseconds: who goes on writing repeats it, who closed the window is forgotten. */
export const TYPING_EXPIRES_MS = 6000;
/** Notices of ours are at least this far apart in a conversation; one that takes the last back goes at once. */
export const TYPING_INTERVAL_MS = 3000;
/** In larger groups nobody is told: a notice to all of them for every sentence is more than the sentence. */
export const MAX_TYPING_MEMBERS = 250;

/** The same state of a sender is told again after this. */
const REPEAT_MS = 1000;
/** Senders that are remembered; the oldest are forgotten. */
const MAX_SENDERS = 1024;
/**
 * Older than this by our own clock is no notice of now, whatever the node's clock says. Wide, because both may be wrong: what is
 * really late is told by `#newestNs`.
 */
const MAX_SKEW_NS = 3_600_000_000_000n;

interface Told {
  readonly isTyping: boolean;
  readonly atMs: number;
}

/** Keeps the rates, and tells what is late. */
export class TypingState {
  /** Ours, by group. */
  readonly #sent = new Map<string, Told>();
  /** Others', by group and inbox. */
  readonly #heard = new Map<string, Told>();
  /** The newest time by the node's clock of a notice that came. */
  #newestNs = 0n;

  /** Whether a notice of ours may go out now; it counts as sent. */
  maySend(groupId: string, isTyping: boolean, nowMs: number): boolean {
    const last = this.#sent.get(groupId);
    const age = last === undefined ? Number.POSITIVE_INFINITY : Math.abs(nowMs - last.atMs);
    if (isTyping) {
      if (age < TYPING_INTERVAL_MS) return false;
      remember(this.#sent, groupId, { isTyping, atMs: nowMs });
      return true;
    }
    if (last?.isTyping !== true || age >= TYPING_EXPIRES_MS) return false;
    // The interval counts from when it was last said that somebody writes: beginning and stopping by turns does not get around it.
    remember(this.#sent, groupId, { isTyping, atMs: last.atMs });
    return true;
  }

  /** Whether the application is told of a notice. @param createdAtNs - by the node's clock */
  isNews(groupId: string, inboxId: string, isTyping: boolean, createdAtNs: bigint, nowNs: bigint): boolean {
    if (createdAtNs > this.#newestNs) this.#newestNs = createdAtNs;
    const isLate = createdAtNs + BigInt(TYPING_EXPIRES_MS) * 1_000_000n < this.#newestNs;
    if (isLate || createdAtNs + MAX_SKEW_NS < nowNs) return false;
    const key = `${groupId} ${inboxId}`;
    const nowMs = Number(nowNs / 1_000_000n);
    const last = this.#heard.get(key);
    if (last?.isTyping === isTyping && Math.abs(nowMs - last.atMs) < REPEAT_MS) return false;
    // A flood of changes is one of repetitions: at most two in each second.
    if (last !== undefined && isTyping && Math.abs(nowMs - last.atMs) < REPEAT_MS / 2) return false;
    remember(this.#heard, key, { isTyping, atMs: nowMs });
    return true;
  }
}

function remember(map: Map<string, Told>, key: string, told: Told): void {
  map.delete(key);
  map.set(key, told);
  if (map.size > MAX_SENDERS) map.delete(map.keys().next().value as string);
}
