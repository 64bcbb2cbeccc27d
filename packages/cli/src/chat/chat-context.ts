/** What the parts of a chat know of each other. */
import type { Client, Dm, Group } from '@conclave/node-sdk';
import type { Names } from '../names.js';

/** Something to show: an object with `--json`, whose `event` says what it is, else lines. */
export interface ChatEvent {
  readonly event:
    | 'ready'
    | 'node'
    | 'conversations'
    | 'conversation'
    | 'opened'
    | 'closed'
    | 'message'
    | 'sent'
    | 'members'
    | 'help'
    | 'notice'
    | 'error';
  readonly [field: string]: unknown;
}

/** Where a chat shows things. */
export interface ChatView {
  /** Columns that a line may take. */
  readonly columns: number;
  /** Shows the event: itself as JSON, or the lines that `render` makes. */
  show(event: ChatEvent, render: () => readonly string[]): void;
  /** A sentence by the way. */
  notice(sentence: string): void;
  /** A sentence and a code; the chat goes on. */
  error(error: unknown): void;
}

/** What a `/` command works on. */
export interface ChatContext {
  readonly client: Client;
  readonly address: string;
  readonly names: Names;
  readonly view: ChatView;
  /** The conversation that lines go to. */
  readonly open: Group | Dm | undefined;
  /** Opens a conversation and shows its last messages. */
  enter(conversation: Group | Dm): Promise<void>;
  /** Closes the open conversation; it stays what it is. */
  close(): void;
  /** A conversation by its number, person, name or id. @throws CliError as findConversation */
  find(typed: string): Promise<Group | Dm>;
  /** Shows what there is to open. */
  showConversations(): Promise<void>;
  /** Ends the chat after the current line. */
  finish(): void;
}
