/** Sending: a message is in the column at once, in the database before the network is asked, and shows how it fares. */
import { type Conversation, encodeMarkdown, encodeText, ReactionAction, ReactionSchema } from '@conclave/browser-sdk';
import { isShown, present, type ShownMessage } from '../thread/present.js';
import { refresh } from './conversations.js';
import { attempt, sentenceOf, tell } from './notices.js';
import { discard, noteOutgoing, outbox, type Unsent } from './outbox.js';
import { session } from './session.js';
import { dropFromThread, noteInThread, readAgain, showLatest, thread } from './thread.js';

async function show(conversation: Conversation, messageId: string): Promise<void> {
  const client = session.value?.client;
  if (client === undefined) return;
  const message = await client.conversations.getMessageById(messageId);
  if (message !== undefined) {
    noteInThread(message);
    if (isShown(message)) {
      noteOutgoing(conversation.id, present(message));
      // Whoever writes while far back in the conversation sees what they wrote.
      if (thread.value?.conversation.id === conversation.id && thread.value.hasNewer) await showLatest();
    }
  }
  await refresh(client, conversation.id);
}

/**
 * Stores a message, shows it, and sends it; a failure to send leaves it in the column, to be tried again.
 * @returns whether it is stored: if not, whoever wrote it still has it
 */
export async function store(conversation: Conversation, prepare: () => Promise<string>): Promise<boolean> {
  let messageId: string;
  try {
    messageId = await prepare();
  } catch (error) {
    tell(sentenceOf(error), 'bad');
    return false;
  }
  await attempt(() => show(conversation, messageId));
  await publish(conversation, messageId);
  return true;
}

async function publish(conversation: Conversation, messageId: string): Promise<void> {
  try {
    await conversation.publishMessages();
  } catch {
    // The message says so itself; it goes out by itself when the node is there again.
  }
  await lookAgain(conversation.id, messageId).catch(() => undefined);
}

/** How a message of ours fares now, in the column and in the outbox. */
async function lookAgain(conversationId: string, messageId: string): Promise<void> {
  const message = await session.value?.client.conversations.getMessageById(messageId);
  if (message === undefined) return;
  if (isShown(message)) noteOutgoing(conversationId, present(message));
  await readAgain(messageId);
}

const OPTIMISTIC = { optimistic: true } as const;

/**
 * Sends a text.
 * @param replyTo - id and sender of the message that it answers
 * @returns whether it is stored
 */
export function sendText(
  conversation: Conversation,
  text: string,
  replyTo?: { readonly id: string; readonly sender: string },
): Promise<boolean> {
  return store(conversation, async () => {
    if (replyTo === undefined) {
      return looksLikeMarkdown(text)
        ? conversation.sendMarkdown(text, OPTIMISTIC)
        : conversation.sendText(text, OPTIMISTIC);
    }
    const content = await encodeText(text);
    return conversation.sendReply({ reference: replyTo.id, referenceInboxId: replyTo.sender, content }, OPTIMISTIC);
  });
}

/** Sends other words for an own message, of the kind that it has. @returns whether they are stored */
export function sendEdit(conversation: Conversation, { id, body }: ShownMessage, text: string): Promise<boolean> {
  return store(conversation, async () => {
    const content = await (body.kind === 'markdown' ? encodeMarkdown(text) : encodeText(text));
    return conversation.editMessage(id, content, OPTIMISTIC);
  });
}

const MARKDOWN = /(^|\n)(#{1,6} |[-*+] |\d+\. |> |```)|\*\*[^*\n]+\*\*|`[^`\n]+`|\[[^\]\n]+\]\(https?:|~~[^~\n]+~~/;

function looksLikeMarkdown(text: string): boolean {
  return MARKDOWN.test(text);
}

/** Adds or takes back an emoji. */
export function react(
  conversation: Conversation,
  target: { id: string; sender: string },
  emoji: string,
  add: boolean,
): Promise<boolean> {
  return store(conversation, () =>
    conversation.sendReaction(
      {
        reference: target.id,
        referenceInboxId: target.sender,
        action: add ? ReactionAction.Added : ReactionAction.Removed,
        content: emoji,
        schema: ReactionSchema.Unicode,
      },
      OPTIMISTIC,
    ),
  );
}

/** Ids of those that are being tried again: a second click sends nothing twice. */
const retrying = new Set<string>();

/**
 * Tries a message again. One that waits goes out with all that waits before it; one that the node refused is sent as a new message, and the
 * old one taken away.
 */
export async function retry(unsent: Unsent): Promise<void> {
  const { id } = unsent.message;
  if (retrying.has(id)) return;
  retrying.add(id);
  await tryAgain(unsent).finally(() => retrying.delete(id));
}

async function tryAgain({ conversationId, message }: Unsent): Promise<void> {
  const client = session.value?.client;
  const conversation = await attempt(() => client?.conversations.getConversationById(conversationId));
  if (conversation === undefined) return;
  if (message.status !== 'failed') return publish(conversation, message.id);
  const { body } = message;
  if (body.kind === 'text' || body.kind === 'markdown') {
    const to = message.replyTo;
    if (!(await sendText(conversation, body.text, to && { id: to.id, sender: to.sender ?? '' }))) return;
  } else if (body.kind === 'files') {
    for (const { remote } of body.files)
      if (!(await store(conversation, () => conversation.sendRemoteAttachment(remote, OPTIMISTIC)))) return;
  } else return;
  await takeAway(message.id);
}

/** Takes a refused message away. */
export async function takeAway(messageId: string): Promise<void> {
  dropFromThread(messageId);
  await discard(messageId);
}

/** Tries everything that waits, each conversation once. */
export async function retryAll(): Promise<void> {
  const firsts = new Map(
    outbox.value.filter(({ message }) => message.status !== 'failed').map((each) => [each.conversationId, each]),
  );
  await Promise.all([...firsts.values()].map(retry));
  for (const { conversationId, message } of outbox.value)
    await lookAgain(conversationId, message.id).catch(() => undefined);
}
