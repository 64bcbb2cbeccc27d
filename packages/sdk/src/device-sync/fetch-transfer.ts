/** History servers over `fetch`, which Node and browsers both have. */
import { ClientError, type HistoryTransfer } from '@conclave/client';
import { concatBytes } from '@conclave/crypto';
import type { HttpFetch } from '../transport/http-fetch.js';

/** What an answer to an upload may hold, bytes: the name of a file. */
const MAX_ANSWER_BYTES = 1024;

/** Uploads and downloads; an archive is in memory meanwhile, since browsers do not stream uploads. */
export function fetchTransfer(fetch: HttpFetch): HistoryTransfer {
  const request: HttpFetch = async (url, init) => {
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      throw new ClientError('client/history-server', { reason: 'unreachable' }, error);
    }
    if (response.ok) return response;
    await response.body?.cancel();
    throw new ClientError('client/history-server', { status: response.status });
  };
  return {
    async upload(serverUrl, archive) {
      const parts: Uint8Array[] = [];
      for await (const part of archive) parts.push(part);
      const body = concatBytes(...parts) as Uint8Array<ArrayBuffer>;
      const response = await request(`${serverUrl}/upload`, { method: 'POST', body });
      const answer = await bodyOf(response, MAX_ANSWER_BYTES);
      return new TextDecoder().decode(answer).trim();
    },
    async download(url, maxBytes) {
      return bodyOf(await request(url), maxBytes);
    },
  };
}

async function bodyOf(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      bytes += part.value.length;
      if (bytes > maxBytes) {
        await reader?.cancel();
        throw new ClientError('client/archive-too-large', { maxBytes });
      }
      parts.push(part.value);
    }
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw new ClientError('client/history-server', { reason: 'broken off' }, error);
  }
  return concatBytes(...parts);
}
