/**
 * The open conversation: its last messages when it is opened, then what arrives. A message is shown once, also when it arrives
 * while the conversation is being opened.
 */
import { type Client, type DecodedMessage, type Dm, Group, isEditMessage, SortDirection } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { consentName } from '../consent.js';
import { conversationValue, titleOf } from '../describe/conversation.js';
import { isShown, isTranscript, messageEntry, messageLine, messageValue } from '../describe/message.js';
import type { Names } from '../names.js';
import { fit } from '../terminal-text.js';
import type { Announcements } from './announcements.js';
import type { ChatView } from './chat-context.js';
import { conversationKey, type Numbering } from './numbering.js';

/** Messages shown when a conversation is opened. */
const BACKLOG = 20;
/** Messages that are known to have been there then. */
const LISTED = 500;
/** The prompt takes at most this part of a line. */
const PROMPT_SHARE = 1 / 3;

interface Opened {
  readonly conversation: Group | Dm;
  readonly key: string;
  /** Ids of what was there when it was opened: the stream may still bring them. */
  readonly listed: ReadonlySet<string>;
}

/** What the reading needs of the chat around it. */
export interface ReadingParts {
  readonly client: Client;
  readonly names: Names;
  readonly view: ChatView;
  readonly numbering: Numbering;
  readonly announcements: Announcements;
  readonly setPrompt: (prompt: string) => void;
}

/** Reads one conversation at a time. */
export class Reading {
  readonly #parts: ReadingParts;
  #opened: Opened | undefined;
  /** While a conversation is being opened, what arrives in it waits here. */
  #entering: { readonly key: string; readonly held: DecodedMessage[] } | undefined;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** The conversation that is open. */
  get open(): Group | Dm | undefined {
    return this.#opened?.conversation;
  }

  /** Opens a conversation and shows its last messages. `bringUpToDate` runs before they are read. */
  async enter(conversation: Group | Dm, bringUpToDate: () => Promise<void>): Promise<void> {
    const entering = { key: conversationKey(conversation), held: [] as DecodedMessage[] };
    this.#entering = entering;
    try {
      await bringUpToDate();
      await this.#show(conversation, entering.key);
    } finally {
      this.#entering = undefined;
      for (const message of entering.held) await this.take(message, conversation);
    }
    await this.refreshPrompt();
  }

  /** Closes the open conversation. */
  close(): void {
    this.#opened = undefined;
    this.#parts.setPrompt('› ');
  }

  /** A message that has its place in the order of the network: shown here, or announced. */
  async take(message: DecodedMessage, conversation: Group | Dm): Promise<void> {
    if (isEditMessage(message)) return this.#edited(message.content?.messageId ?? '', conversation);
    if (!isShown(message)) return;
    const key = conversationKey(conversation);
    if (this.#entering?.key === key) this.#entering.held.push(message);
    else if (this.#opened?.key !== key) await this.#parts.announcements.message(message, conversation);
    else if (!this.#opened.listed.has(message.id)) await this.#arrived(message, conversation);
  }

  /** Shows a message of the open conversation. */
  async showEntry(message: DecodedMessage, conversation: Group | Dm): Promise<void> {
    const { client, names, numbering, view } = this.#parts;
    const isOwn = message.senderInboxId === client.inboxId;
    const line = await messageEntry(message, names, conversation instanceof Group, view.columns);
    const number = numbering.of(conversation);
    view.show({ event: 'message', number, isOpen: true, isOwn, ...messageValue(message) }, () => [line]);
  }

  /** The prompt says where lines go. */
  async refreshPrompt(): Promise<void> {
    const { names, view, setPrompt } = this.#parts;
    const { open } = this;
    if (open === undefined) return setPrompt('› ');
    setPrompt(`${fit(await titleOf(open, names), Math.max(8, Math.floor(view.columns * PROMPT_SHARE)))} › `);
  }

  async #show(conversation: Group | Dm, key: string): Promise<void> {
    const { names, view, numbering, announcements } = this.#parts;
    const messages = await conversation.messages({ limit: LISTED, direction: SortDirection.Descending });
    const shown = messages.filter(isShown).slice(0, BACKLOG).reverse();
    const isGroup = conversation instanceof Group;
    const lines = await Promise.all(shown.map((message) => messageLine(message, names, isGroup, view.columns)));
    const head = await this.#headOf(conversation);
    const value = await conversationValue(conversation, names);
    const number = numbering.of(conversation);
    this.#opened = { conversation, key, listed: new Set(messages.map(({ id }) => id)) };
    announcements.markRead(conversation);
    view.show({ event: 'opened', number, ...value, messages: shown.map(messageValue) }, () => [...head, ...lines]);
  }

  async #headOf(conversation: Group | Dm): Promise<string[]> {
    const title = await titleOf(conversation, this.#parts.names);
    const head = [`${colors.bold(`── ${title} ──`)}${colors.dim(await memberCount(conversation))}`];
    if (!conversation.isActive) head.push(colors.yellow('· You are no longer a member; this is what you have of it.'));
    else if (consentName(conversation) === 'unknown')
      head.push(colors.yellow('· A request: answering accepts it, /consent denied refuses it.'));
    return head;
  }

  /** An edited message of the open conversation is shown again, as it is now. */
  async #edited(messageId: string, conversation: Group | Dm): Promise<void> {
    const message = this.#parts.client.conversations.getMessageById(messageId);
    if (message?.editedAtNs === undefined || this.#opened?.key !== conversationKey(conversation)) return;
    await this.showEntry(message, conversation);
  }

  async #arrived(message: DecodedMessage, conversation: Group | Dm): Promise<void> {
    await this.showEntry(message, conversation);
    if (!isTranscript(message)) return;
    if (conversation.isActive) return this.refreshPrompt();
    const title = await titleOf(conversation, this.#parts.names);
    this.#parts.view.show({ event: 'closed', conversationId: conversation.id }, () => [
      colors.yellow(`· You are no longer in ${title}. /list shows the others.`),
    ]);
    this.close();
  }
}

async function memberCount(conversation: Group | Dm): Promise<string> {
  if (!(conversation instanceof Group && conversation.isActive)) return '';
  const count = (await conversation.members()).length;
  return `  ${count} member${count === 1 ? '' : 's'}`;
}
