/** What happens in conversations that are not open: one short line each, with the number to open them by. */
import { type DecodedMessage, type Dm, Group, type GroupUpdated } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { conversationValue, titleOf } from '../describe/conversation.js';
import { isTranscript, messageText, messageValue } from '../describe/message.js';
import type { Names } from '../names.js';
import { clock, fit, oneLine } from '../terminal-text.js';
import type { ChatView } from './chat-context.js';
import { conversationKey, type Numbering } from './numbering.js';

/** Messages of one conversation that are announced until it is opened; the others are only counted. */
const MAX_ANNOUNCED = 5;

/** Announces and counts. */
export class Announcements {
  readonly #view: ChatView;
  readonly #names: Names;
  readonly #numbering: Numbering;
  readonly #ownInboxId: string;
  readonly #unread = new Map<string, number>();

  constructor(parts: { view: ChatView; names: Names; numbering: Numbering; ownInboxId: string }) {
    this.#view = parts.view;
    this.#names = parts.names;
    this.#numbering = parts.numbering;
    this.#ownInboxId = parts.ownInboxId;
  }

  /** Messages since the conversation was open last, or since the chat began. */
  unread(conversation: Group | Dm): number {
    return this.#unread.get(conversationKey(conversation)) ?? 0;
  }

  /** The conversation is being read. */
  markRead(conversation: Group | Dm): void {
    this.#unread.delete(conversationKey(conversation));
  }

  /** Tells of a conversation that was not known before, unless this inbox began it. @returns whether it was new */
  async introduce(conversation: Group | Dm): Promise<boolean> {
    if (this.#numbering.has(conversation)) return false;
    const number = this.#numbering.of(conversation);
    if (conversation.addedByInboxId === this.#ownInboxId) return true;
    const title = await titleOf(conversation, this.#names);
    const who = await this.#names.of(conversation.addedByInboxId);
    const event = { event: 'conversation', number, ...(await conversationValue(conversation, this.#names)) } as const;
    const what =
      conversation instanceof Group ? `${who} added you to ${title}` : `${title} begins a conversation with you`;
    this.#view.show(event, () => [`${colors.yellow(`· ${what}.`)} ${colors.dim(`/open ${number}`)}`]);
    return true;
  }

  /** A message of a conversation that is not open. */
  async message(message: DecodedMessage, conversation: Group | Dm): Promise<void> {
    const isNew = await this.introduce(conversation);
    const isOwn = message.senderInboxId === this.#ownInboxId;
    // The introduction has said so already.
    const isObvious = isTranscript(message) && (isOwn || (isNew && this.#addsUs(message)));
    const key = conversationKey(conversation);
    if (!isOwn && !isTranscript(message)) this.#unread.set(key, (this.#unread.get(key) ?? 0) + 1);
    if (isOwn || isObvious) return;
    const count = this.#unread.get(key) ?? 0;
    const number = this.#numbering.of(conversation);
    const event = { event: 'message', number, isOpen: false, isOwn, ...messageValue(message) } as const;
    const line = await this.#line(message, conversation, number);
    this.#view.show(event, () => {
      if (count <= MAX_ANNOUNCED) return [line];
      return count === MAX_ANNOUNCED + 1 ? [colors.dim(`· More in ${number}: /open ${number}`)] : [];
    });
  }

  async #line(message: DecodedMessage, conversation: Group | Dm, number: number): Promise<string> {
    const isGroup = conversation instanceof Group;
    const title = await titleOf(conversation, this.#names);
    const author = isGroup && !isTranscript(message) ? `${await this.#names.of(message.senderInboxId)}: ` : '';
    const text = oneLine(await messageText(message, this.#names, isGroup));
    const head = `${clock(message.sentAt, new Date())}  [${number} ${title}] `;
    return `${colors.yellow(head)}${fit(`${author}${text}`, Math.max(16, this.#view.columns - head.length))}`;
  }

  #addsUs(message: DecodedMessage): boolean {
    return (message.content as GroupUpdated).addedInboxes.some(({ inboxId }) => inboxId === this.#ownInboxId);
  }
}
