/** Changes of a group that the node could not take yet: the client keeps them and sends them later. */
import { CliError } from './errors.js';
import { isNodeTrouble } from './exit-codes.js';

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
