/** A stream's far end in memory, as fast or slow as a test wants. */
import { FrameReader } from '../frame.js';
import type { StreamSink } from './sink.js';

export class MemorySink implements StreamSink {
  /** What was written, and the messages in it. */
  readonly writes: Uint8Array[] = [];
  readonly messages: Uint8Array[] = [];
  opened = false;
  readonly #gone = new AbortController();
  readonly #waiting: { count: number; resolve: (messages: Uint8Array[]) => void }[] = [];
  readonly #capacity: number;
  readonly #drain: (() => Promise<void>) | undefined;
  #taken = 0;
  #drainAlways = false;
  #resume: () => void = () => undefined;

  /** After `capacity` messages the sink is full until `drain` resolves; without `drain`, until `drainAlways`. */
  constructor(options: { capacity?: number; drain?: () => Promise<void> } = {}) {
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
    this.#drain = options.drain;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  open(): void {
    this.opened = true;
  }

  write(frames: Uint8Array): boolean {
    this.writes.push(frames);
    const reader = new FrameReader(Number.MAX_SAFE_INTEGER);
    reader.push(Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength));
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
      this.messages.push(frame.payload);
      this.#taken++;
    }
    for (const { count, resolve } of this.#waiting) if (this.messages.length >= count) resolve(this.messages);
    return this.#drainAlways || this.#taken < this.#capacity;
  }

  async drained(): Promise<void> {
    if (this.#drain !== undefined) await this.#drain();
    else if (!this.#drainAlways) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
    this.#taken = 0;
  }

  /** From now on the client reads as fast as it is written to. */
  drainAlways(): void {
    this.#drainAlways = true;
    this.#resume();
  }

  /** The client goes away. */
  leave(): void {
    this.#gone.abort();
  }

  /** Resolves once so many messages have arrived. */
  received(count: number): Promise<Uint8Array[]> {
    if (this.messages.length >= count) return Promise.resolve(this.messages);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}
