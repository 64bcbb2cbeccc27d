/** The original's `AsyncStream` over ours: the same but for the names of two inner members. */
import { asyncStreamProxy, AsyncStream as OwnStream } from '../../../packages/sdk/src/streams/async-stream.ts';

/** Ours, with the writing side named as the original's. */
export class AsyncStream extends OwnStream {
  constructor() {
    super();
    const end = this.return;
    this.return = () => {
      this.onReturn?.();
      return end();
    };
    this.end = () => this.return();
  }

  done() {
    void this.end();
  }

  flush() {
    void this.end();
  }
}

export const createAsyncStreamProxy = asyncStreamProxy;
