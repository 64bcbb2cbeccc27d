/** The last that a call sends, to a client that may not read it. */
import type { ServerResponse } from 'node:http';

/** What a client has to take within the stall time, bytes. */
const PART_BYTES = 256 * 1024;

/** Where an answer goes: a stream of HTTP/2, or a response. */
export interface AnswerOutlet {
  write(part: Uint8Array): boolean;
  end(last: Uint8Array): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/**
 * Ends the outlet with the answer, a part at a time.
 * @param onPart called before each part that the client has made room for
 */
export function sendAnswer(out: AnswerOutlet, answer: Uint8Array, onPart: () => void): void {
  let at = 0;
  const next = () => {
    onPart();
    while (answer.length - at > PART_BYTES) {
      at += PART_BYTES;
      if (!out.write(answer.subarray(at - PART_BYTES, at))) {
        out.once('drain', next);
        return;
      }
    }
    out.end(at === 0 ? answer : answer.subarray(at));
  };
  next();
}

/** Ends the response with the answer. A client that takes nothing of it for the stall time, ms, is cut off; one that has left is not waited for. */
export function endWith(response: ServerResponse, answer: Uint8Array, stallMs: number): void {
  if (isClosed(response)) return;
  const stalled = setTimeout(() => response.destroy(), stallMs);
  response.once('close', () => clearTimeout(stalled));
  sendAnswer(response, answer, () => stalled.refresh());
}

/** Its `close` has been told already. Over HTTP/2 the stream behind it says so. */
function isClosed(response: ServerResponse): boolean {
  return response.destroyed || (response as { stream?: { destroyed: boolean } }).stream?.destroyed === true;
}
