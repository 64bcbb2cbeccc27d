/** `search`: messages by their words, on this device. */
import { type DecodedMessage, Group } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { titleOf } from '../describe/conversation.js';
import { messageText, messageValue } from '../describe/message.js';
import { CliError } from '../errors.js';
import { findConversation } from '../resolve.js';
import { type Session, withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import { clock, columnsOf, fit, oneLine } from '../terminal-text.js';
import type { World } from '../world.js';

/** Messages that one call finds at most. */
const MAX_LIMIT = 1000;
/** Digits of a conversation's id before a message: enough to name the conversation by. */
const SHOWN_DIGITS = 8;

/** Options of `search`. */
export interface SearchOptions extends PersonOptions {
  readonly limit: string;
  /** Only in this conversation. */
  readonly in?: string;
}

/** Lists messages with all these words, newest first. */
export async function search(words: readonly string[], options: SearchOptions, world: World): Promise<void> {
  const limit = Number(options.limit);
  if (!/^\d+$/.test(options.limit) || limit < 1 || limit > MAX_LIMIT)
    throw new CliError('cli/usage', { option: '--limit', typed: options.limit, expected: `1 to ${MAX_LIMIT}` });
  const text = words.join(' ');
  if (text.trim() === '') throw new CliError('cli/usage', { reason: 'there is no word to look for' });
  await withSession(options, world, 'first', async (session) => {
    const { client } = session;
    const within = options.in === undefined ? undefined : await findConversation(client, options.in);
    const found = await client.conversations.searchMessages(text, {
      limit,
      ...(within === undefined ? {} : { conversationId: within.id }),
    });
    const lines = await Promise.all(found.map((message) => foundLine(message, session)));
    world.output.result({ messages: found.map(messageValue) }, () =>
      lines.length === 0 ? [colors.dim('Nothing found.')] : lines,
    );
  });
}

/** One line: conversation, time, author, and as much of the text as the screen has room for. */
async function foundLine(message: DecodedMessage, { client, names }: Session): Promise<string> {
  const conversation = await client.conversations.getConversationById(message.conversationId);
  const title = conversation === undefined ? '' : await titleOf(conversation, names);
  const id = message.conversationId.slice(0, SHOWN_DIGITS);
  const when = clock(message.sentAt, new Date());
  const author = await names.of(message.senderInboxId);
  const text = oneLine(await messageText(message, names, conversation instanceof Group));
  const room =
    (process.stdout.columns ?? Number.POSITIVE_INFINITY) - columnsOf(`${id}  ${title}  ${when}  ${author}  `);
  const paint = author === 'you' ? colors.green : colors.cyan;
  return `${colors.dim(id)}  ${colors.bold(title)}  ${colors.dim(when)}  ${paint(author)}  ${fit(text, Math.max(0, room))}`;
}
