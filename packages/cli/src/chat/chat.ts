/**
 * `conclave chat`: one conversation open, the others announced. Lines that begin with `/` are commands (chat-commands.ts),
 * everything else is sent to the open conversation.
 */
import type { Client, DecodedMessage, Dm, Group } from '@conclave/node-sdk';
import colors from 'picocolors';
import { conversationLine, messageLine, messageText, titleOf } from '../describe.js';
import { codeOf } from '../errors.js';
import { printable } from '../output.js';
import { findConversation, looksLikePerson, resolvePerson } from '../resolve.js';
import { runChatCommand } from './chat-commands.js';
import type { ChatTerminal } from './terminal.js';

/** How many messages are shown when a conversation is opened. */
const BACKLOG = 20;

/** The state of one chat: the client, the terminal and what is open. */
export class Chat {
  readonly client: Client;
  readonly terminal: ChatTerminal;
  #open: Group | Dm | undefined;
  #finished = false;

  constructor(client: Client, terminal: ChatTerminal) {
    this.client = client;
    this.terminal = terminal;
  }

  /** The conversation that lines go to. */
  get open(): Group | Dm | undefined {
    return this.#open;
  }

  print(line: string): void {
    this.terminal.print(line);
  }

  /** Ends the chat after the current line. */
  finish(): void {
    this.#finished = true;
  }

  /** Opens a conversation and shows its last messages. */
  async enter(conversation: Group | Dm): Promise<void> {
    await conversation.sync();
    this.#open = conversation;
    this.print(colors.bold(`— ${titleOf(conversation)} —`));
    const all = await conversation.messages();
    for (const message of all.slice(-BACKLOG)) this.print(messageLine(message, this.client.inboxId));
    this.terminal.setPrompt(`${titleOf(conversation)} › `);
  }

  /** Opens what the words name: a person's DM, or a conversation by id or name. */
  async enterNamed(typed: string): Promise<void> {
    if (!looksLikePerson(typed)) return this.enter(await findConversation(this.client, typed));
    const person = await resolvePerson(this.client, typed);
    return this.enter(await this.client.conversations.createDm(person.inboxId));
  }

  /** Shows what there is to open. */
  async showConversations(): Promise<void> {
    const all = await this.client.conversations.list();
    if (all.length === 0)
      this.print(colors.dim('No conversations yet. /dm ADDRESS or /group NAME ADDRESS… begins one; /help shows all.'));
    for (const conversation of all) this.print(await conversationLine(conversation as Group | Dm));
  }

  /** Runs until the input ends or `/quit`. `whom` opens a conversation at once. */
  async run(whom?: string): Promise<void> {
    this.terminal.setPrompt('› ');
    await this.client.conversations.syncAll();
    const stream = await this.client.conversations.streamAllMessages({
      disableSync: true,
      onError: (error) => this.print(colors.yellow(`The stream reports: ${error.message}`)),
    });
    const incoming = this.#listen(stream);
    try {
      if (whom === undefined) await this.showConversations();
      else await this.#attempt(() => this.enterNamed(whom));
      for await (const line of this.terminal.lines()) {
        if (line.trim() !== '') await this.#attempt(() => this.#handle(line.trim()));
        if (this.#finished) break;
      }
    } finally {
      await stream.end();
      this.terminal.close();
      await incoming;
    }
  }

  async #handle(line: string): Promise<void> {
    if (line.startsWith('/')) return runChatCommand(this, line);
    if (this.#open === undefined) {
      this.print(
        colors.dim('No conversation is open. /dm ADDRESS, /group NAME ADDRESS… or /open ID; /help shows all.'),
      );
      return;
    }
    await this.#open.sendText(line);
  }

  async #listen(stream: AsyncIterable<DecodedMessage>): Promise<void> {
    for await (const message of stream) {
      if (message.conversationId === this.#open?.id) this.print(messageLine(message, this.client.inboxId));
      else if (message.senderInboxId !== this.client.inboxId) {
        this.print(colors.dim(`[${message.conversationId.slice(0, 8)}] ${messageText(message)}`));
      }
    }
  }

  /** A failed line must not end the chat: it says why and goes on. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      this.print(`${colors.red(printable(sentence))} ${colors.dim(`[${codeOf(error)}]`)}`);
    }
  }
}
