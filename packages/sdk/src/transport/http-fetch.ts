/** What is asked over HTTP beside the node: history servers and chains. */

/** As much of `fetch` as is used: for files of histories, and for chains. */
export type HttpFetch = (
  url: string,
  init?: {
    readonly method?: 'GET' | 'POST';
    readonly headers?: Record<string, string>;
    readonly body?: string | Uint8Array<ArrayBuffer>;
    readonly signal?: AbortSignal;
  },
) => Promise<Response>;
