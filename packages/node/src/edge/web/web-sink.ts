/** A streamed gRPC-web answer as a sink. Each message leaves at once, as a whole frame. */
import type { ServerResponse } from 'node:http';
import type { StreamSink } from '../../fanout/sink.js';
import { messageFrameHead } from './grpc-web-frames.js';

/** Sink over one response; aborted when its connection closes. */
export class WebSink implements StreamSink {
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once('close', () => this.#gone.abort());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  open(): void {
    this.#response.setHeader('subscribed', 'true');
    this.#response.flushHeaders();
  }

  write(message: Uint8Array): boolean {
    const response = this.#response;
    // Corked, head and payload leave in one write, and the payload is shared with every other subscriber.
    response.cork();
    response.write(messageFrameHead(message.length));
    const ready = response.write(message);
    response.uncork();
    return ready;
  }

  drained(): Promise<void> {
    const response = this.#response;
    if (!response.writableNeedDrain || this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }
}
