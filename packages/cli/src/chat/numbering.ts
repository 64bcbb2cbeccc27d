/** Short numbers for conversations, `/open 3`: given once, in the order of becoming known, and kept for the life of a chat. */
import { type Dm, Group } from '@conclave/node-sdk';

/** What the numbers stand for. */
export class Numbering {
  readonly #numbers = new Map<string, number>();
  readonly #conversations: (Group | Dm)[] = [];

  /** The number of a conversation, a new one when it has none. */
  of(conversation: Group | Dm): number {
    const key = conversationKey(conversation);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#conversations.push(conversation);
    this.#numbers.set(key, this.#conversations.length);
    return this.#conversations.length;
  }

  /** Whether it has one already. */
  has(conversation: Group | Dm): boolean {
    return this.#numbers.has(conversationKey(conversation));
  }

  /** What a person typed as a number: `3` or `#3`; undefined for anything else, and for numbers not given yet. */
  find(typed: string): Group | Dm | undefined {
    const digits = /^#?(\d{1,4})$/.exec(typed)?.[1];
    return digits === undefined ? undefined : this.#conversations[Number(digits) - 1];
  }
}

/** The same for all groups of one DM: two people who began at the same moment have two groups and one conversation. */
export function conversationKey(conversation: Group | Dm): string {
  return conversation instanceof Group ? conversation.id : `dm ${conversation.peerInboxId}`;
}
