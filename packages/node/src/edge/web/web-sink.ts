/** A streamed answer over HTTP/1.1 or HTTP/2 as a sink. Each write leaves at once, as whole frames. */
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { StreamSink } from '../../fanout/sink.js';

/** Bytes handed to the transport and not yet sent, above which a writer is asked to wait. */
const HIGH_WATER_BYTES = 128 * 1024;

/** Sink over one response; aborted when its connection closes. */
export class WebSink implements StreamSink {
  readonly #response: ServerResponse;
  readonly #out: Writable;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#out = writableOf(response);
    response.once('close', () => this.#gone.abort());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  open(): void {
    if (this.#response.headersSent) return;
    this.#response.setHeader('subscribed', 'true');
    this.#response.flushHeaders();
  }

  write(frames: Uint8Array): boolean {
    if (this.signal.aborted) return false;
    this.#response.write(frames);
    return this.#out.writableLength <= HIGH_WATER_BYTES;
  }

  drained(): Promise<void> {
    const out = this.#out;
    if (this.signal.aborted || out.writableLength <= HIGH_WATER_BYTES) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        out.off('drain', done);
        out.off('close', done);
        resolve();
      };
      out.on('drain', done);
      out.on('close', done);
    });
  }

  /** The call is over; nothing more is sent. */
  leave(): void {
    this.#gone.abort();
  }
}

/** What counts the pressure: over HTTP/2 the stream behind the response. */
function writableOf(response: ServerResponse): Writable {
  return (response as { stream?: Writable }).stream ?? response;
}
