/**
 * Who waits for the people to be let in whom a change names, and how far that has come. A change that is too large for one commit
 * becomes several, one after the other; who waits for the first waits for all.
 */

/** What is being done for those who are invited; in this order, once per commit. */
export type InviteStage = 'identities' | 'key-packages' | 'commit' | 'welcomes';

/** How far an invitation has come. */
export interface InviteProgress {
  readonly stage: InviteStage;
  /** Inboxes, installations, commits and welcomes that are done with, by the stage. */
  readonly done: number;
  /** As many there are in this stage; of the commits, those that are known to follow. */
  readonly total: number;
}

/** Told of each step, synchronously. What it throws is the application's own failure and ends nothing. */
export type InviteListener = (progress: InviteProgress) => void;

/** How people are let in. */
export interface InviteOptions {
  readonly onProgress?: InviteListener | undefined;
}

interface Waiting {
  readonly listener: InviteListener | undefined;
  /** A moment of the identity logs (`InboxLog.moment`). */
  askedSince: number | undefined;
  /** Changes that were split off, those first that are waited for first. */
  readonly parts: bigint[];
  commits: number;
  committed: number;
}

/** Waits by the intents that are being worked on; the parts of one invitation share theirs. */
export class Invitations {
  readonly #waiting = new Map<bigint, Waiting>();

  /** Somebody waits for this intent. @param askedSince - the moment since which he has asked for the logs of those who are let in */
  begin(id: bigint, listener: InviteListener | undefined, askedSince?: number): void {
    this.#waiting.set(id, { listener, askedSince, parts: [], commits: 1, committed: 0 });
  }

  /** The moment since which logs were asked for on behalf of this intent. Once: who plans it a second time has to ask again. */
  takeAskedSince(id: bigint): number | undefined {
    const waiting = this.#waiting.get(id);
    const moment = waiting?.askedSince;
    if (waiting !== undefined) waiting.askedSince = undefined;
    return moment;
  }

  /** Tells whoever waits. */
  report(id: bigint, stage: InviteStage, done: number, total: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (stage === 'commit') {
      waiting.committed += done;
      tell(waiting, { stage, done: waiting.committed, total: waiting.commits });
    } else tell(waiting, { stage, done, total });
  }

  /** Part of the intent goes on as another one. */
  split(id: bigint, part: bigint): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    waiting.commits += 1;
    waiting.parts.push(part);
    this.#waiting.set(part, waiting);
  }

  /** The intent is settled. @returns the part to wait for next; undefined when that was all */
  next(id: bigint): bigint | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting?.parts.shift();
  }

  /** Nobody waits any more for this intent, or for what was split off from it. */
  end(id: bigint): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const part of waiting?.parts ?? []) this.#waiting.delete(part);
  }
}

function tell({ listener }: Waiting, progress: InviteProgress): void {
  if (listener === undefined) return;
  try {
    listener(progress);
  } catch (error) {
    // Thrown where the application sees it, and not into the middle of a group's work.
    queueMicrotask(() => {
      throw error;
    });
  }
}
