/** A server stream of @grpc/grpc-js as a sink. Pressure is counted in bytes: the library counts messages only. */
import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import type { StreamSink } from '../../fanout/sink.js';

/** Bytes and messages handed to the transport and not yet sent, above which a writer is asked to wait. */
const HIGH_WATER_BYTES = 512 * 1024;
const HIGH_WATER_MESSAGES = 128;

/** Sink over one call; aborted when the library reports the call as cancelled. */
export class GrpcSink implements StreamSink {
  readonly #call: ServerWritableStream<Uint8Array, Uint8Array>;
  readonly #gone = new AbortController();
  #pendingBytes = 0;
  #pendingMessages = 0;
  #resume: (() => void) | undefined;
  #drained: Promise<void> | undefined;

  constructor(call: ServerWritableStream<Uint8Array, Uint8Array>) {
    this.#call = call;
    if (call.cancelled) this.#gone.abort();
    call.once('cancelled', () => {
      this.#gone.abort();
      this.#release();
    });
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Clients of the deployed network wait for headers before they use a stream, and know it by this one. */
  open(): void {
    const metadata = new Metadata();
    metadata.set('subscribed', 'true');
    this.#call.sendMetadata(metadata);
  }

  write(message: Uint8Array): boolean {
    const bytes = message.length;
    this.#pendingBytes += bytes;
    this.#pendingMessages++;
    this.#call.write(message, () => {
      this.#pendingBytes -= bytes;
      this.#pendingMessages--;
      if (!this.#full()) this.#release();
    });
    return !this.#full();
  }

  drained(): Promise<void> {
    if (!this.#full() || this.signal.aborted) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    return this.#drained;
  }

  #full(): boolean {
    return this.#pendingBytes > HIGH_WATER_BYTES || this.#pendingMessages >= HIGH_WATER_MESSAGES;
  }

  #release(): void {
    this.#resume?.();
    this.#resume = undefined;
    this.#drained = undefined;
  }
}
