/** `edit` and `delete`: other words for an own message, or none. */
import { type DecodedMessage, type Dm, encodeMarkdown, encodeText, type Group, isMarkdown } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { publishOrQueue } from '../queued.js';
import { findMessage } from '../resolve.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/**
 * Asks everybody to show an own message with other words.
 * @throws CliError `cli/unknown-message`, `cli/ambiguous-message`, `cli/message-queued`; as the SDK's `editMessage`
 */
export async function edit(
  typed: string,
  words: readonly string[],
  options: PersonOptions,
  world: World,
): Promise<void> {
  const text = words.join(' ');
  if (text.trim() === '') throw new CliError('cli/usage', { reason: 'the text is empty' });
  await revise(typed, options, world, 'edited', async (conversation, message) => {
    const content = isMarkdown(message) ? await encodeMarkdown(text) : await encodeText(text);
    return conversation.editMessage(message.id, content, { optimistic: true });
  });
}

/**
 * Asks everybody to show a message as deleted: an own one, or with a super admin's right any.
 * @throws CliError `cli/unknown-message`, `cli/ambiguous-message`, `cli/message-queued`; as the SDK's `deleteMessage`
 */
export async function deleteMessage(typed: string, options: PersonOptions, world: World): Promise<void> {
  await revise(typed, options, world, 'deleted', (conversation, { id }) =>
    conversation.deleteMessage(id, { optimistic: true }),
  );
}

/** Finds the message, queues the request and publishes it. */
async function revise(
  typed: string,
  options: PersonOptions,
  world: World,
  done: string,
  request: (conversation: Group | Dm, message: DecodedMessage) => Promise<string>,
): Promise<void> {
  await withSession(options, world, 'try', async ({ client, isOnline }) => {
    const message = findMessage(client.conversations, typed);
    const { id: messageId, conversationId } = message;
    const conversation = await client.conversations.getConversationById(conversationId);
    if (conversation === undefined) throw new CliError('cli/unknown-message', { typed });
    const requestId = await request(conversation, message);
    await publishOrQueue(conversation, requestId, isOnline, world);
    world.output.result({ messageId, conversationId, requestId }, () => [colors.green(done)]);
  });
}
