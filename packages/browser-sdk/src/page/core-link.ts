/**
 * The page's way to the client, wherever that runs: calls and streams that outlive the worker which answers them. When another
 * worker takes over, calls that may be repeated are sent again, the others are refused with `browser/core-lost`; streams are opened
 * again from where they were. When none can be had, what waits is refused, and another is looked for with the next call.
 */
import { ConclaveError } from '@conclave/crypto';
import type { Channel, PageMessage, StreamEvent, StreamSubject, Target, WorkerMessage } from '../channel/messages.js';
import { RemoteError, toWireError } from '../channel/wire-error.js';
import { BrowserError } from '../errors.js';

type WorkerChannel = Channel<PageMessage, WorkerMessage>;

/** Where workers come from. */
export interface CoreSource {
  /** Calls `onWorker` with each worker that is to be used from then on, `onFailure` when none can be had: then it may be called again. */
  connect(onWorker: (channel: WorkerChannel) => void, onFailure: (error: Error) => void): void;
  /** Lets go: of this tab's worker, or of another tab's. */
  close(): Promise<void>;
}

interface PendingCall {
  readonly message: PageMessage & { kind: 'call' };
  readonly mayRepeat: boolean;
  readonly onProgress: ((value: unknown) => void) | undefined;
  isSent: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface OpenStream {
  readonly subject: StreamSubject;
  readonly onEvent: (event: StreamEvent) => void;
  /** What was told last, by the worker's clock; undefined before it was open. */
  sinceNs: bigint | undefined;
}

/** Milliseconds until a worker is looked for again where streams wait for one: each time twice as many. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

/** Calls and streams of one client. */
export class CoreLink {
  readonly #source: CoreSource;
  readonly #calls = new Map<number, PendingCall>();
  readonly #streams = new Map<number, OpenStream>();
  #channel: WorkerChannel | undefined;
  #nextId = 1;
  #closed: Promise<void> | undefined;
  /** A worker is there or looked for. */
  #isConnected = false;
  #retryMs = RETRY_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(source: CoreSource) {
    this.#source = source;
    this.#connect();
  }

  /**
   * Calls a method in the worker.
   * @param mayRepeat - the call changes nothing, or changes the same when it is made twice
   * @param onProgress - for calls that take a function as their last argument
   * @throws RemoteError with what it threw; BrowserError `browser/core-lost`, `browser/closed`, or why no worker can be had
   */
  call<T>(
    target: Target,
    method: string,
    args: readonly unknown[],
    mayRepeat: boolean,
    onProgress?: (value: unknown) => void,
  ): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new BrowserError('browser/closed'));
    return new Promise<T>((resolve, reject) => {
      const reports = onProgress === undefined ? {} : ({ reports: true } as const);
      const message = { kind: 'call', id: this.#nextId++, target, method, args, ...reports } as const;
      const settle = { resolve: resolve as (value: unknown) => void, reject };
      const call = { message, mayRepeat, onProgress, isSent: false, ...settle };
      this.#calls.set(message.id, call);
      this.#connect();
      this.#send(call);
    });
  }

  /** Opens a stream, which goes on until it is closed or ends. @returns closes it */
  stream(subject: StreamSubject, onEvent: (event: StreamEvent) => void): () => void {
    const id = this.#nextId++;
    this.#streams.set(id, { subject, onEvent, sinceNs: undefined });
    this.#connect();
    this.#channel?.post({ kind: 'open-stream', id, subject });
    return () => {
      if (this.#streams.delete(id)) this.#channel?.post({ kind: 'close-stream', id });
    };
  }

  /** Ends streams and calls, and lets go of the worker. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry);
    for (const [id, { onEvent }] of this.#streams) {
      this.#channel?.post({ kind: 'close-stream', id });
      onEvent({ type: 'ended' });
    }
    this.#streams.clear();
    this.#refuseAll(new BrowserError('browser/closed'));
    await this.#source.close();
  }

  #connect(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    clearTimeout(this.#retry);
    this.#source.connect(
      (channel) => this.#use(channel),
      (error) => this.#fail(error),
    );
  }

  /** Nothing is answered any more: what waits is told so. */
  #fail(error: Error): void {
    if (this.#closed !== undefined) return;
    this.#isConnected = false;
    this.#channel?.close();
    this.#channel = undefined;
    this.#refuseAll(error);
    const isFinal = error instanceof ConclaveError && !error.retryable;
    const streams = [...this.#streams.values()];
    if (isFinal) this.#streams.clear();
    const event = { type: isFinal ? 'ended' : 'lost', error: toWireError(error) } as const;
    for (const { onEvent } of streams) onEvent(event);
    if (this.#streams.size === 0) return;
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, MAX_RETRY_MS);
  }

  #use(channel: WorkerChannel): void {
    this.#channel?.close();
    this.#channel = channel;
    channel.listen((message) => this.#receive(message));
    for (const call of [...this.#calls.values()]) {
      if (call.isSent && !call.mayRepeat) {
        this.#calls.delete(call.message.id);
        call.reject(new BrowserError('browser/core-lost', { method: call.message.method }));
      } else this.#send(call);
    }
    for (const [id, { subject, sinceNs }] of this.#streams) {
      channel.post({ kind: 'open-stream', id, subject, ...(sinceNs === undefined ? {} : { sinceNs }) });
    }
  }

  #send(call: PendingCall): void {
    if (this.#channel === undefined) return;
    try {
      this.#channel.post(call.message);
      call.isSent = true;
    } catch (error) {
      // An argument that cannot be sent: a function, a promise.
      this.#calls.delete(call.message.id);
      call.reject(error as Error);
    }
  }

  #receive(message: WorkerMessage): void {
    // One that only starts is no help.
    this.#retryMs = RETRY_MS;
    if (message.kind === 'stream') {
      const stream = this.#streams.get(message.id);
      if (stream === undefined) return;
      const { event } = message;
      if (event.type === 'open') stream.sinceNs ??= event.atNs;
      if (event.type === 'value' && event.atNs !== undefined) stream.sinceNs = event.atNs;
      if (event.type === 'ended') this.#streams.delete(message.id);
      stream.onEvent(event);
      return;
    }
    const call = this.#calls.get(message.id);
    if (call === undefined) return;
    if (message.kind === 'progress') {
      call.onProgress?.(message.value);
      return;
    }
    this.#calls.delete(message.id);
    if (message.kind === 'answer') call.resolve(message.value);
    else call.reject(new RemoteError(message.error));
  }

  #refuseAll(error: Error): void {
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}
