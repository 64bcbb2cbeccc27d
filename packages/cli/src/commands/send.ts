/** `send`: a text to a person or into a conversation. */
import type { Client, Dm, Group } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { publishOrQueue } from '../queued.js';
import { findConversation, looksLikePerson, openDm } from '../resolve.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/**
 * Sends a text; the DM with a person is found or made.
 * @throws CliError `cli/message-queued` when the node cannot be reached and the message waits here
 */
export async function send(to: string, words: readonly string[], options: PersonOptions, world: World): Promise<void> {
  const text = words.join(' ');
  if (text.trim() === '') throw new CliError('cli/usage', { reason: 'the text is empty' });
  await withSession(options, world, 'try', async ({ client, isOnline }) => {
    const conversation = await target(client, to);
    const messageId = await conversation.sendText(text, { optimistic: true });
    await publishOrQueue(conversation, messageId, isOnline, world);
    world.output.result({ messageId, conversationId: conversation.id }, () => [colors.green('sent')]);
  });
}

function target(client: Client, to: string): Promise<Group | Dm> {
  return looksLikePerson(to) ? openDm(client, to) : findConversation(client, to);
}
