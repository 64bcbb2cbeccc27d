/**
 * `conclave chat`: one conversation open (reading.ts), the others announced (announcements.ts). Lines that begin with `/` are commands
 * (chat-commands.ts), everything else goes to the open conversation through the outbox; `//` begins a text with a slash.
 */
import {
  type AsyncStreamProxy,
  type Client,
  ConsentState,
  type DecodedMessage,
  type Dm,
  type Group,
  ListConversationsOrderBy,
} from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { isNodeTrouble } from '../exit-codes.js';
import type { Names } from '../names.js';
import { findConversation, looksLikePerson, openDm } from '../resolve.js';
import type { Session } from '../session.js';
import { Announcements } from './announcements.js';
import { runChatCommand } from './chat-commands.js';
import type { ChatContext, ChatView } from './chat-context.js';
import { TerminalView } from './chat-view.js';
import { NodeWatch } from './node-watch.js';
import { Numbering } from './numbering.js';
import { countWaiting, Outbox } from './outbox.js';
import { Reading } from './reading.js';
import { showConversations } from './show-conversations.js';
import type { ChatTerminal } from './terminal.js';

/** A line that takes longer to work on says that it waits, ms. */
const PATIENCE_MS = 1000;

/** A stream and the loop that reads it. */
interface Incoming {
  readonly stream: Pick<AsyncStreamProxy<unknown>, 'end'>;
  readonly ended: Promise<void>;
}

/** One chat. */
export class Chat implements ChatContext {
  readonly client: Client;
  readonly address: string;
  readonly names: Names;
  readonly view: ChatView;
  readonly #terminal: ChatTerminal;
  readonly #numbering = new Numbering();
  readonly #announcements: Announcements;
  readonly #reading: Reading;
  readonly #outbox: Outbox;
  readonly #watch: NodeWatch;
  #isFinished = false;

  constructor({ client, address, names }: Session, terminal: ChatTerminal, json: boolean) {
    const view = new TerminalView(terminal, json);
    const numbering = this.#numbering;
    const announcements = new Announcements({ view, names, numbering, ownInboxId: client.inboxId });
    const setPrompt = (prompt: string): void => terminal.setPrompt(prompt);
    this.client = client;
    this.address = address;
    this.names = names;
    this.view = view;
    this.#terminal = terminal;
    this.#announcements = announcements;
    this.#reading = new Reading({ client, names, view, numbering, announcements, setPrompt });
    this.#watch = new NodeWatch(client, view);
    this.#outbox = new Outbox({
      onTrouble: () => this.#watch.lost(),
      onRefused: (error) => view.error(error),
    });
  }

  get open(): Group | Dm | undefined {
    return this.#reading.open;
  }

  /** Runs until the input ends or `/quit`. `whom` opens a conversation at once. */
  async run(whom: string | undefined, isOnline: boolean): Promise<void> {
    this.#greet();
    if (!isOnline) this.#watch.lost();
    for (const each of await this.#list()) this.#numbering.of(each);
    const incoming = await this.#listen();
    try {
      if (whom === undefined) await this.showConversations();
      else await this.#attempt(async () => this.enter(await this.find(whom)));
      await this.#reading.refreshPrompt();
      for await (const line of this.#terminal.lines()) {
        if (line.trim() !== '') await this.#attempt(() => this.#handle(line.trim()));
        if (this.#isFinished) break;
      }
    } finally {
      this.#terminal.close();
      await this.#outbox.idle();
      for (const { stream } of incoming) await stream.end();
      await Promise.all(incoming.map(({ ended }) => ended));
      await this.#tellWaiting();
    }
  }

  async find(typed: string): Promise<Group | Dm> {
    const numbered = this.#numbering.find(typed);
    if (numbered !== undefined) return numbered;
    return looksLikePerson(typed) ? openDm(this.client, typed) : findConversation(this.client, typed);
  }

  enter(conversation: Group | Dm): Promise<void> {
    return this.#reading.enter(conversation, () => this.#bringUpToDate(conversation));
  }

  close(): void {
    this.#reading.close();
  }

  async showConversations(): Promise<void> {
    const { view, names, open } = this;
    const [numbering, announcements] = [this.#numbering, this.#announcements];
    await showConversations(await this.#list(), { view, names, numbering, announcements, open });
  }

  finish(): void {
    this.#isFinished = true;
  }

  #greet(): void {
    const { inboxId, installationId } = this.client;
    this.view.show({ event: 'ready', address: this.address, inboxId, installationId }, () => [
      `${colors.bold('You are')} ${colors.green(this.address)}`,
      colors.dim('/help lists the commands, /quit or Control-D ends.'),
    ]);
  }

  /** Messages and invitations as they come. The streams reconnect by themselves for as long as the chat lives. */
  async #listen(): Promise<Incoming[]> {
    const options = {
      disableSync: true,
      retryAttempts: Number.MAX_SAFE_INTEGER,
      onFail: () => this.#watch.lost(),
      onRestart: () => void this.#watch.back(),
      onError: (error: Error) => {
        if (!isNodeTrouble(error)) this.view.error(error);
      },
    };
    const consentStates = [ConsentState.Allowed, ConsentState.Unknown];
    const messages = await this.client.conversations.streamAllMessages({ ...options, consentStates });
    const conversations = await this.client.conversations.stream(options);
    return [
      { stream: messages, ended: this.#each(messages, (message) => this.#take(message)) },
      { stream: conversations, ended: this.#each(conversations, (each) => this.#announcements.introduce(each)) },
    ];
  }

  async #each<T>(stream: AsyncIterable<T>, take: (value: T) => Promise<unknown>): Promise<void> {
    for await (const value of stream) {
      try {
        await take(value);
      } catch (error) {
        this.view.error(error);
      }
    }
  }

  async #take(message: DecodedMessage): Promise<void> {
    const { id: messageId, conversationId } = message;
    if (this.#outbox.confirm(messageId)) {
      this.view.show({ event: 'sent', messageId, conversationId }, () => []);
      return;
    }
    const conversation = await this.client.conversations.getConversationById(conversationId);
    if (conversation !== undefined) await this.#reading.take(message, conversation);
  }

  async #handle(line: string): Promise<void> {
    if (line.startsWith('/') && !line.startsWith('//')) {
      this.#terminal.echo(line);
      return runChatCommand(this, line);
    }
    try {
      await this.#say(line.startsWith('//') ? line.slice(1) : line);
    } catch (error) {
      // What could not even be queued stays on the screen, to be copied.
      this.#terminal.echo(line);
      throw error;
    }
  }

  async #say(text: string): Promise<void> {
    const { open } = this;
    if (open === undefined) throw new CliError('cli/no-conversation-open');
    const messageId = await this.#outbox.send(open, text);
    const message = this.client.conversations.getMessageById(messageId);
    if (message !== undefined) await this.#reading.showEntry(message, open);
  }

  /** A failed line must not end the chat: it says why and goes on. */
  async #attempt(work: () => Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.view.notice('Waiting for the node …'), PATIENCE_MS);
    try {
      await work();
    } catch (error) {
      this.view.error(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #list(): Promise<(Group | Dm)[]> {
    return this.client.conversations.list({ orderBy: ListConversationsOrderBy.LastActivity });
  }

  /** Without the node, what is stored has to do. */
  async #bringUpToDate(conversation: Group | Dm): Promise<void> {
    if (!conversation.isActive || this.#watch.isLost) return;
    try {
      await conversation.sync();
    } catch (error) {
      if (!isNodeTrouble(error)) throw error;
      this.#watch.lost();
    }
  }

  async #tellWaiting(): Promise<void> {
    const waiting = await countWaiting(await this.#list());
    if (waiting === 0) return;
    const what = waiting === 1 ? 'A message waits and goes' : `${waiting} messages wait and go`;
    this.view.notice(`${what} out with the next chat, or the next command that reaches the node.`);
  }
}
