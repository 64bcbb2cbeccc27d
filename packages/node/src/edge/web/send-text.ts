/** A short answer in plain text. */
import type { ServerResponse } from 'node:http';

/** Answers with a status and a line of text, and ends the response. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(text);
}
