/** What somebody is told whose bytes could not be written to the node's disk. */
import type { ServerResponse } from 'node:http';
import { sendText } from './send-text.js';

/** Answers 507 where there is no room, 500 for all else. @param code - `code` of the system's error @param sentence - of the 500 */
export function sendStorageFailure(response: ServerResponse, code: string | undefined, sentence: string): void {
  if (code === 'ENOSPC' || code === 'EDQUOT') sendText(response, 507, "The node's disk is full; nothing was stored.");
  else sendText(response, 500, sentence);
}
