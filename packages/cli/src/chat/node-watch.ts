/** Whether the node answers: said once when it stops, once when it is back, and then what waited goes out. */
import type { Client } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { isNodeTrouble } from '../exit-codes.js';
import type { ChatView } from './chat-context.js';
import { countWaiting } from './outbox.js';

/** The state of the connection as a person sees it. */
export class NodeWatch {
  readonly #client: Client;
  readonly #view: ChatView;
  #isLost = false;

  constructor(client: Client, view: ChatView) {
    this.#client = client;
    this.#view = view;
  }

  /** True from the first sign of silence until the subscription stands again. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The node does not answer. */
  lost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#show(false, 'The node does not answer. What you write is kept and goes out when it is back.');
  }

  /** The subscription stands again: sends what waits, of this chat and of earlier commands. */
  async back(): Promise<void> {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#show(true, 'The node answers again.');
    try {
      const all = await this.#client.conversations.list();
      const before = await countWaiting(all);
      await this.#client.conversations.syncAll();
      const sent = before - (await countWaiting(all));
      if (sent > 0)
        this.#view.notice(
          sent === 1 ? 'A message that waited has gone out.' : `${sent} messages that waited have gone out.`,
        );
    } catch (error) {
      if (isNodeTrouble(error)) this.lost();
      else this.#view.error(error);
    }
  }

  #show(isReachable: boolean, sentence: string): void {
    this.#view.show({ event: 'node', isReachable }, () => [colors.yellow(`· ${sentence}`)]);
  }
}
