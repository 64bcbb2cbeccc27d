/** Messages and changes of a group that the node could not take yet: the client keeps them and sends them later. */
import type { Dm, Group } from '@conclave/node-sdk';
import { CliError } from './errors.js';
import { isNodeTrouble } from './exit-codes.js';
import type { World } from './world.js';

/**
 * Publishes what waits in a conversation.
 * @throws CliError `cli/message-queued` when the node cannot be reached and the message waits here
 */
export async function publishOrQueue(
  conversation: Group | Dm,
  messageId: string,
  isOnline: boolean,
  world: World,
): Promise<void> {
  const details = { messageId, conversationId: conversation.id };
  if (!isOnline) throw new CliError('cli/message-queued', details);
  try {
    await world.output.during('Waiting for the node …', () => conversation.publishMessages());
  } catch (error) {
    if (isNodeTrouble(error)) throw new CliError('cli/message-queued', details, error);
    throw error;
  }
}

/**
 * Runs a change that the client queues before it asks the node.
 * @throws CliError `cli/change-queued` in place of a network error: nothing is lost
 */
export async function queueing<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (isNodeTrouble(error)) throw new CliError('cli/change-queued', {}, error);
    throw error;
  }
}
