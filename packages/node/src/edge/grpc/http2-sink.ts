/** A server stream over HTTP/2 as a sink. Frames are handed on as they are: many streams share one. */
import type { ServerHttp2Stream } from 'node:http2';
import type { StreamSink } from '../../fanout/sink.js';

/** Bytes handed to the transport and not yet sent, above which a writer is asked to wait. */
const HIGH_WATER_BYTES = 128 * 1024;

/** Sink over one stream; aborted when the stream is over. */
export class Http2Sink implements StreamSink {
  readonly #stream: ServerHttp2Stream;
  readonly #respond: () => void;
  readonly #gone = new AbortController();
  #drained: Promise<void> | undefined;

  /** @param respond sends the headers, if they were not sent */
  constructor(stream: ServerHttp2Stream, respond: () => void) {
    this.#stream = stream;
    this.#respond = respond;
    if (stream.destroyed) this.#gone.abort();
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  open(): void {
    this.#respond();
  }

  write(frames: Uint8Array): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return false;
    if (!stream.headersSent) this.#respond();
    stream.write(frames);
    return stream.writableLength <= HIGH_WATER_BYTES;
  }

  drained(): Promise<void> {
    const stream = this.#stream;
    if (this.signal.aborted || stream.destroyed || stream.writableLength <= HIGH_WATER_BYTES) return Promise.resolve();
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done);
        stream.off('close', done);
        this.#drained = undefined;
        resolve();
      };
      stream.on('drain', done);
      stream.on('close', done);
    });
    return this.#drained;
  }

  /** The call is over; nothing more is sent. */
  leave(): void {
    this.#gone.abort();
  }
}
