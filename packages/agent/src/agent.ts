/** An agent: a client whose messages become events. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, type ClientOptions, type DecodedMessage, type Dm, Group, type Signer } from '@conclave/node-sdk';
import { settingsFromEnvironment } from './environment.js';
import { AgentError } from './errors.js';
import { type AgentEvents, eventOf } from './events.js';
import { MessageContext } from './message-context.js';
import { type Middleware, runMiddleware } from './middleware.js';

/** May be asynchronous: the messages of one conversation are handled one after the other, those of several at once. */
export type Listener<Name extends keyof AgentEvents> = (event: AgentEvents[Name]) => Promise<unknown> | unknown;

interface Stream {
  end(): Promise<unknown>;
}

/**
 * Made by `Agent.create` or `Agent.fromEnvironment`.
 *
 * ```ts
 * const agent = await Agent.create(createEOASigner(), { env: 'local', dbPath: null });
 * agent.on('text', (ctx) => ctx.reply(ctx.content));
 * await agent.start();
 * ```
 */
export class Agent {
  readonly client: Client;
  readonly #listeners = new Map<keyof AgentEvents, Set<Listener<never>>>();
  readonly #middleware: Middleware[] = [];
  /** The message under way in each conversation: resolves when the next one may follow. */
  readonly #turns = new Map<string, Promise<void>>();
  /** Ends the turn that a call is made in. */
  readonly #endTurn = new AsyncLocalStorage<() => void>();
  #streams: Stream[] = [];
  #stopping: Promise<void> | undefined;

  constructor(client: Client) {
    this.client = client;
  }

  /** Opens the client of a wallet. @throws as `Client.create` */
  static async create(signer: Signer, options?: ClientOptions): Promise<Agent> {
    return new Agent(await Client.create(signer, options));
  }

  /** As `create`, from variables of the environment. @throws AgentError `agent/missing-variable`, `agent/bad-variable` */
  static async fromEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Promise<Agent> {
    const { signer, options } = settingsFromEnvironment(variables);
    return Agent.create(signer, options);
  }

  /** The agent's address, or passkey. */
  get address(): string {
    return this.client.accountIdentifier?.identifier ?? '';
  }

  on<Name extends keyof AgentEvents>(name: Name, listener: Listener<Name>): this {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener<never>));
    return this;
  }

  off<Name extends keyof AgentEvents>(name: Name, listener: Listener<Name>): this {
    this.#listeners.get(name)?.delete(listener as Listener<never>);
    return this;
  }

  /** Adds steps that every message goes through, in this order, before its listeners. */
  use(...steps: Middleware[]): this {
    this.#middleware.push(...steps);
    return this;
  }

  /**
   * Begins to listen. Messages of others from now on become events; own ones do not. A second call does nothing. While the node is away the agent
   * waits for it, however long that takes, and asks for it after growing pauses of at most a minute.
   */
  async start(): Promise<void> {
    if (this.#streams.length > 0) return;
    const { conversations } = this.client;
    const options = {
      retryAttempts: Number.POSITIVE_INFINITY,
      onError: (error: Error): void => void this.#emit('unhandledError', error),
    };
    this.#streams = await Promise.all([
      conversations.stream({ ...options, onValue: (value) => void this.#onConversation(value) }),
      conversations.streamAllMessages({
        ...options,
        onValue: (value) => void this.#onMessage(value),
        onEnd: this.#onEnd,
      }),
    ]);
    await this.#emit('start', undefined);
  }

  /**
   * Stops listening, waits for listeners under way and closes the client: once, whoever calls it and how often. A listener may call it and wait
   * for it; then what that listener does is not waited for.
   */
  stop(): Promise<void> {
    this.#endTurn.getStore()?.();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const streams = this.#streams;
    this.#streams = [];
    await Promise.all(streams.map((stream) => stream.end()));
    while (this.#turns.size > 0) await Promise.all(this.#turns.values());
    if (streams.length > 0) await this.#turn(() => this.#emit('stop', undefined));
    await this.client.close();
  }

  /** Resolves when the work is done, or waits for `stop`, which waits for turns. */
  #turn(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => void this.#endTurn.run(resolve, work).then(resolve));
  }

  readonly #onEnd = (): void => {
    // Nobody asked for it: the client was closed, or could not go on.
    if (this.#streams.length > 0) void this.#emit('unhandledError', new AgentError('agent/stream-ended'));
  };

  async #onConversation(conversation: Group | Dm): Promise<void> {
    await this.#emit('conversation', conversation);
    if (conversation instanceof Group) await this.#emit('group', conversation);
    else await this.#emit('dm', conversation);
  }

  /** Messages of one conversation keep their order, however long a listener takes. */
  #onMessage(message: DecodedMessage): Promise<void> {
    const key = message.conversationId;
    const before = this.#turns.get(key) ?? Promise.resolve();
    const turn = before.then(() => this.#turn(() => this.#handle(message)));
    this.#turns.set(key, turn);
    return turn.finally(() => {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    });
  }

  async #handle(message: DecodedMessage): Promise<void> {
    try {
      if (message.senderInboxId === this.client.inboxId) return;
      const conversation = await this.client.conversations.getConversationById(message.conversationId);
      if (conversation === undefined) return;
      const context = new MessageContext(this.client, conversation, message);
      await runMiddleware(this.#middleware, context, async () => {
        const event = message.content === undefined ? undefined : eventOf(message);
        if (message.content !== undefined) await this.#emit('message', context);
        await this.#emit(event ?? 'unknownMessage', context as never);
      });
    } catch (error) {
      await this.#emit('unhandledError', error);
    }
  }

  /** One listener's failure does not keep the others from hearing. */
  async #emit<Name extends keyof AgentEvents>(name: Name, event: AgentEvents[Name]): Promise<void> {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as Listener<Name>[]) {
      try {
        await listener(event);
      } catch (error) {
        if (name === 'unhandledError') print(error);
        else await this.#emit('unhandledError', error);
      }
    }
    if (name === 'unhandledError' && !this.#listeners.get(name)?.size) print(event);
  }
}

/** A failure that nobody listens for must not go unseen, and must not end an agent that runs for months. */
function print(error: unknown): void {
  process.stderr.write(`agent: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
