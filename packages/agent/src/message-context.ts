/** What a listener works with: the message, where it was said, and short ways to answer. */
import {
  type Client,
  type DecodedMessage,
  Dm,
  encodeText,
  Group,
  IdentifierKind,
  ReactionAction,
  ReactionSchema,
} from '@conclave/node-sdk';

/** One message in its conversation. */
export class MessageContext<Content = unknown> {
  readonly message: DecodedMessage;
  readonly conversation: Group | Dm;
  readonly client: Client;

  constructor(client: Client, conversation: Group | Dm, message: DecodedMessage) {
    this.client = client;
    this.conversation = conversation;
    this.message = message;
  }

  get content(): Content {
    return this.message.content as Content;
  }

  get senderInboxId(): string {
    return this.message.senderInboxId;
  }

  isDm(): boolean {
    return this.conversation instanceof Dm;
  }

  isGroup(): boolean {
    return this.conversation instanceof Group;
  }

  /** Whether the sender may administer the group; nobody can in a DM. */
  isFromAdmin(): boolean {
    const { conversation, senderInboxId } = this;
    if (!(conversation instanceof Group)) return false;
    return conversation.isAdmin(senderInboxId) || conversation.isSuperAdmin(senderInboxId);
  }

  /** The sender's first Ethereum address; undefined when the inbox has none. Read locally where it is known. */
  async senderAddress(): Promise<string | undefined> {
    const [state] = await this.client.preferences.getInboxStates([this.senderInboxId]);
    return state?.identifiers.find(({ identifierKind }) => identifierKind === IdentifierKind.Ethereum)?.identifier;
  }

  /** A text into the conversation. @returns the message's id */
  send(text: string): Promise<string> {
    return this.conversation.sendText(text);
  }

  sendMarkdown(markdown: string): Promise<string> {
    return this.conversation.sendMarkdown(markdown);
  }

  /** A text as an answer to the message. */
  reply(text: string): Promise<string> {
    const { id: reference, senderInboxId: referenceInboxId } = this.message;
    return this.conversation.sendReply({ reference, referenceInboxId, content: encodeText(text) });
  }

  /** A reaction to the message, an emoji. */
  react(emoji: string): Promise<string> {
    return this.conversation.sendReaction({
      reference: this.message.id,
      referenceInboxId: this.senderInboxId,
      action: ReactionAction.Added,
      content: emoji,
      schema: ReactionSchema.Unicode,
    });
  }
}
