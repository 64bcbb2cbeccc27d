/**
 * JSON-RPC 2.0 to an Ethereum endpoint over HTTP, with a `fetch` that the caller gives: this package opens no connection by itself.
 */
import { IdentityError } from '../errors.js';

/** Calls a method of an endpoint. Rejects when it cannot be asked or answers with an error. */
export type JsonRpcCall = (method: string, params: readonly unknown[], signal?: AbortSignal) => Promise<unknown>;

/** As much of `fetch` as is used. */
export type Fetch = (
  url: string,
  init: { method: 'POST'; headers: Record<string, string>; body: string; signal?: AbortSignal },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }>;

/** Longest answer that is read, characters. Those to our questions have less than a hundred. */
const MAX_ANSWER_CHARACTERS = 65_536;

/**
 * Calls to one endpoint.
 * @param url - http or https; it may hold an access key, so it is in no error
 * @throws (the call) IdentityError `identity/chain-unavailable`, with the endpoint's own error code as `rpcCode` where it gave one
 */
export function jsonRpcOver(fetch: Fetch, url: string): JsonRpcCall {
  let id = 0;
  return async (method, params, signal) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params });
    const headers = { 'content-type': 'application/json' };
    let answer: unknown;
    try {
      const response = await fetch(url, { method: 'POST', headers, body, ...(signal && { signal }) });
      const text = await response.text();
      if (!response.ok) throw new IdentityError('identity/chain-unavailable', { method, status: response.status });
      if (text.length > MAX_ANSWER_CHARACTERS) throw new IdentityError('identity/chain-answer-malformed', { method });
      answer = JSON.parse(text);
    } catch (error) {
      if (error instanceof IdentityError) throw error;
      // The cause may name the endpoint, with its key.
      throw new IdentityError('identity/chain-unavailable', { method });
    }
    const { result, error } = Object(answer) as { result?: unknown; error?: { code?: unknown } };
    if (error !== undefined && error !== null) {
      const { code } = Object(error) as { code?: unknown };
      throw new IdentityError('identity/chain-unavailable', {
        method,
        ...(typeof code === 'number' && { rpcCode: code }),
      });
    }
    return result;
  };
}
