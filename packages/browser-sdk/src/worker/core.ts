/** The worker's one client, and every page that talks to it: calls answered, streams run, pages that are gone forgotten. */
import type { Identifier } from '@conclave/sdk';
import type { Channel, PageMessage, StreamEvent, Target, WorkerMessage } from '../channel/messages.js';
import { toWireError } from '../channel/wire-error.js';
import { BrowserError } from '../errors.js';
import type { CoreOptions } from '../options.js';
import { CoreClient, clientCalls, preferencesCalls, statisticsCalls } from './client-calls.js';
import { contentCalls } from './content-calls.js';
import { conversationCalls, conversationsCalls } from './conversation-calls.js';
import { directoryCalls } from './directory-calls.js';
import { type WorkerSurroundings, workerPlatform } from './platform.js';
import { runStream } from './streams.js';

type Calls = Record<string, ((...args: never[]) => unknown) | undefined>;
type PageChannel = Channel<WorkerMessage, PageMessage>;
type Post = PageChannel['post'];

/** What a worker does for the pages that are connected to it. */
export class Core {
  readonly #client: CoreClient;
  readonly #identifier: Identifier | undefined;
  readonly #tables: Record<string, Calls>;
  #opening: Promise<void> | undefined;

  /** @param identifier - undefined: a worker that only answers what needs no client */
  constructor(surroundings: WorkerSurroundings, options: CoreOptions, identifier: Identifier | undefined) {
    const platform = workerPlatform(surroundings);
    this.#client = new CoreClient(platform, options, surroundings.kind);
    this.#identifier = identifier;
    this.#tables = { directory: directoryCalls(platform), content: contentCalls(surroundings.crypto) };
  }

  /** Serves a page until `leave` is called. @returns leave: its streams end */
  serve(channel: PageChannel): () => void {
    const streams = new Map<number, AbortController>();
    let hasLeft = false;
    // What a page asked for may be ready when it is gone.
    const post = (message: WorkerMessage): void => {
      if (!hasLeft) channel.post(message);
    };
    channel.listen((message) => {
      switch (message.kind) {
        case 'call':
          void this.#answer(post, message);
          break;
        case 'open-stream':
          void this.#stream(post, message, streams);
          break;
        case 'close-stream':
          streams.get(message.id)?.abort();
      }
    });
    return () => {
      hasLeft = true;
      for (const stream of streams.values()) stream.abort();
      channel.close();
    };
  }

  /** The browser says that there is a network again. */
  networkIsBack(): void {
    this.#opening?.then(() => this.#client.shared.client.networkIsBack()).catch(() => {});
  }

  /** Ends everything and closes the database. An opening under way is not waited for: what of it is stored is whole, and a node may never answer. */
  async close(): Promise<void> {
    await this.#client.close().catch(() => {});
  }

  async #answer(post: Post, message: PageMessage & { kind: 'call' }): Promise<void> {
    const { id, target, method, args, reports } = message;
    try {
      const calls = await this.#callsOn(target);
      const call = Object.hasOwn(calls, method) ? calls[method] : undefined;
      if (call === undefined) throw new BrowserError('browser/unknown-call', { on: target.on, method });
      const report = (value: unknown): void => post({ kind: 'progress', id, value });
      const given = reports ? [...args, report] : args;
      post({ kind: 'answer', id, value: await call(...(given as never[])) });
    } catch (error) {
      post({ kind: 'failure', id, error: toWireError(error) });
    }
  }

  async #stream(
    post: Post,
    { id, subject, sinceNs }: PageMessage & { kind: 'open-stream' },
    streams: Map<number, AbortController>,
  ): Promise<void> {
    const abort = new AbortController();
    streams.set(id, abort);
    const send = (event: StreamEvent): void => {
      if (!abort.signal.aborted) post({ kind: 'stream', id, event });
    };
    try {
      await this.#open();
      await runStream(this.#client.shared, subject, sinceNs, abort.signal, send);
    } catch (error) {
      send({ type: 'ended', error: toWireError(error) });
    } finally {
      streams.delete(id);
    }
  }

  async #callsOn(target: Target): Promise<Calls> {
    const known = this.#tables[target.on];
    if (known !== undefined) return known;
    await this.#open();
    if (target.on === 'conversation') return (await conversationCalls(this.#client, target.id)) as Calls;
    Object.assign(this.#tables, {
      client: clientCalls(this.#client),
      conversations: conversationsCalls(this.#client),
      preferences: preferencesCalls(this.#client),
      statistics: statisticsCalls(this.#client),
    });
    return this.#tables[target.on] as Calls;
  }

  /** Opens the client before anybody asks; a failure is told to whoever asks first. */
  begin(): void {
    if (this.#identifier === undefined) return;
    this.#opening = this.#client.init(this.#identifier);
    this.#opening.catch(() => {});
  }

  /** Opens the client for whoever asks first; a failure is told and the next one tries again. */
  #open(): Promise<void> {
    if (this.#identifier === undefined) throw new BrowserError('browser/unknown-call', { reason: 'no client here' });
    const opening = this.#opening ?? this.#client.init(this.#identifier);
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }
}
