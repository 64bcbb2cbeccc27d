/** Sending: a message is in the column at once, in the database before the network is asked, and shows how it fares. */
import {
  type Conversation,
  encodeMarkdown,
  encodeText,
  encryptAttachment,
  ReactionAction,
  ReactionSchema,
} from '@conclave/browser-sdk';
import { signal } from '@preact/signals';
import { t } from '../strings/index.js';
import { byteSize } from '../text/names.js';
import { isShown, present, type ShownMessage } from '../thread/present.js';
import { refresh } from './conversations.js';
import { attempt, PageFault, sentenceOf, tell } from './notices.js';
import { discard, noteOutgoing, outbox, type Unsent } from './outbox.js';
import { nodeUrl, session } from './session.js';
import { dropFromThread, noteInThread, readAgain, showLatest, thread } from './thread.js';

/** A file on its way. */
export interface Upload {
  readonly id: number;
  readonly conversationId: string;
  readonly name: string;
  /** 0 to 1; undefined while it is being encrypted. */
  readonly progress: number | undefined;
}

/** Files on their way. */
export const uploads = signal<readonly Upload[]>([]);
/** What one file may measure: what the node's file store takes. */
export const MAX_FILE_BYTES = 100 * 1024 * 1024;

let nextUpload = 1;

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
async function store(conversation: Conversation, prepare: () => Promise<string>): Promise<boolean> {
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

/**
 * Tries a message again. One that waits goes out with all that waits before it; one that the node refused is sent as a new message, and the
 * old one taken away.
 */
export async function retry({ conversationId, message }: Unsent): Promise<void> {
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

/** Encrypts a file, uploads the ciphertext and sends where it is and how to open it. */
export async function sendFile(conversation: Conversation, file: File): Promise<void> {
  if (file.size > MAX_FILE_BYTES) return tell(t('fileTooLarge', { limit: byteSize(MAX_FILE_BYTES) }), 'bad');
  const upload: Upload = { id: nextUpload++, conversationId: conversation.id, name: file.name, progress: undefined };
  const note = (progress: number | undefined) => {
    uploads.value = uploads.value.map((each) => (each.id === upload.id ? { ...each, progress } : each));
  };
  uploads.value = [...uploads.value, upload];
  try {
    const content = new Uint8Array(await file.arrayBuffer());
    const encrypted = await encryptAttachment({
      filename: file.name,
      mimeType: file.type || 'application/octet-stream',
      content,
    });
    const url = await put(encrypted.payload, note);
    await store(conversation, () =>
      conversation.sendRemoteAttachment(
        {
          url,
          contentDigest: encrypted.contentDigest,
          salt: encrypted.salt,
          nonce: encrypted.nonce,
          secret: encrypted.secret,
          scheme: `${new URL(url).protocol}//`,
          contentLength: encrypted.payload.length,
          filename: file.name,
        },
        OPTIMISTIC,
      ),
    );
  } catch (error) {
    tell(sentenceOf(error), 'bad');
  } finally {
    uploads.value = uploads.value.filter(({ id }) => id !== upload.id);
  }
}

/** Uploads ciphertext to the node's file store. `fetch` tells no upload progress, XMLHttpRequest does. */
function put(payload: Uint8Array, note: (progress: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${nodeUrl()}/upload`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => note(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      if (request.status === 200) resolve(`${nodeUrl()}/files/${request.responseText.trim()}`);
      else reject(new PageFault(t('uploadRefused', { status: request.status })));
    };
    request.onerror = () => reject(new PageFault(t('unreachable')));
    request.send(new Blob([payload as Uint8Array<ArrayBuffer>]));
  });
}
