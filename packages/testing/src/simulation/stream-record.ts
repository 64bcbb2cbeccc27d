/** One stream of messages of one device, with everything that it told. */
import type { Client } from '@conclave/client';
import { SimulatedCrash, TestingError } from '../errors.js';

/** Ids of all messages of a client that have their place in the order. */
function placedIds(client: Client): Set<string> {
  const ids = new Set<string>();
  const conversations = client.conversations.list({
    consentStates: ['allowed', 'unknown', 'denied'],
    includeDuplicateDms: true,
  });
  for (const conversation of conversations) {
    for (const { id, sequenceId, idempotencyKey } of conversation.messages()) {
      // The transcript of joining is not streamed: it stands where the commit did that let us in.
      if (sequenceId !== undefined && !idempotencyKey.endsWith('_welcome_added')) ids.add(id);
    }
  }
  return ids;
}

/** Listens from its making until it is closed. */
export class StreamRecord {
  readonly #client: Client;
  readonly #device: string;
  readonly #controller = new AbortController();
  readonly #before: Set<string>;
  readonly #told = new Map<string, { groupId: string; sequenceId: bigint }>();
  readonly #newest = new Map<string, bigint>();
  #violation: TestingError | undefined;

  constructor(device: string, client: Client) {
    this.#device = device;
    this.#client = client;
    this.#before = placedIds(client);
    const stream = client.conversations.streamMessages({}, { signal: this.#controller.signal });
    void this.#read(stream).catch((error) => this.#ended(error));
  }

  async #read(stream: AsyncIterable<{ id: string; groupId: string; sequenceId?: bigint | undefined }>) {
    for await (const { id, groupId, sequenceId } of stream) {
      if (sequenceId === undefined) continue;
      if (this.#told.has(id)) this.#violation ??= this.#failure('stream-duplicate', id);
      this.#told.set(id, { groupId, sequenceId });
      if (sequenceId < (this.#newest.get(groupId) ?? 0n)) this.#violation ??= this.#failure('stream-order', id);
      this.#newest.set(groupId, sequenceId);
    }
  }

  /** A process may end between the transaction that told of a message and its reading; nothing else ends a stream that was not closed. */
  #ended(error: unknown): void {
    if (error instanceof SimulatedCrash) return;
    this.#violation ??= new TestingError(
      'testing/violation',
      { invariant: 'stream-failed', device: this.#device },
      error,
    );
  }

  /** Ends it without looking: its process is gone, or it is closed in the middle. @throws what it has seen to be wrong */
  close(): void {
    this.#controller.abort();
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** Ends it when all is quiet: everything that got its place since it began was told, once. */
  finish(): void {
    this.close();
    for (const id of placedIds(this.#client)) {
      if (!this.#before.has(id) && !this.#told.has(id)) throw this.#failure('stream-gap', id);
    }
  }

  #failure(invariant: string, messageId: string): TestingError {
    return new TestingError('testing/violation', { invariant, device: this.#device, messageId });
  }
}
