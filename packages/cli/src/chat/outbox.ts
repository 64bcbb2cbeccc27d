/**
 * The way out of what is typed: a message is stored and queued at once, published beside the typing. While the node is away, the client
 * keeps what is queued, on the disk; it goes out when the node is back.
 */
import { DeliveryStatus, type Dm, type Group } from '@conclave/node-sdk';
import { isNodeTrouble } from '../exit-codes.js';

/** Whom the outbox tells. */
export interface OutboxListener {
  /** The node did not take it; it stays queued. */
  onTrouble(): void;
  /** It can never be sent. */
  onRefused(error: unknown): void;
}

/** Messages of this chat on their way. */
export class Outbox {
  readonly #listener: OutboxListener;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  /** Ids of messages that have not come back in the order of the network. */
  readonly #unconfirmed = new Set<string>();

  constructor(listener: OutboxListener) {
    this.#listener = listener;
  }

  /** Queues a text and starts publishing. @returns the message id @throws ClientError when nothing can be written there */
  async send(conversation: Group | Dm, text: string): Promise<string> {
    const messageId = await conversation.sendText(text, { optimistic: true });
    this.#unconfirmed.add(messageId);
    this.#start(conversation);
    return messageId;
  }

  /** True once for each message of this chat, when the network has it. */
  confirm(messageId: string): boolean {
    return this.#unconfirmed.delete(messageId);
  }

  /** Resolves when nothing is being published. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  #start(conversation: Group | Dm): void {
    const { id } = conversation;
    // One publish takes along all that waits; what is queued meanwhile needs one more.
    if (this.#running.has(id)) this.#again.add(id);
    else
      this.#running.set(
        id,
        this.#publish(conversation).finally(() => this.#running.delete(id)),
      );
  }

  async #publish(conversation: Group | Dm): Promise<void> {
    do {
      this.#again.delete(conversation.id);
      try {
        await conversation.publishMessages();
      } catch (error) {
        if (isNodeTrouble(error)) this.#listener.onTrouble();
        else this.#listener.onRefused(error);
      }
    } while (this.#again.has(conversation.id));
  }
}

/** How many messages of these conversations wait to be sent. Cost: a count for each. */
export async function countWaiting(conversations: readonly (Group | Dm)[]): Promise<number> {
  let waiting = 0;
  for (const each of conversations) waiting += await each.countMessages({ deliveryStatus: DeliveryStatus.Unpublished });
  return waiting;
}
