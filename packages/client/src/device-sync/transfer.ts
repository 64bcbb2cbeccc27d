/** How archives come to a history server and back: HTTP without authentication; the archive's key travels in the sync group. */

/** What the host gives. */
export interface HistoryTransfer {
  /**
   * `POST {serverUrl}/upload`, the archive as body.
   * @returns the server's name for the file, the body of its answer
   * @throws ClientError `client/history-server`
   */
  upload(serverUrl: string, archive: AsyncIterable<Uint8Array>): Promise<string>;
  /**
   * `GET url`.
   * @throws ClientError `client/history-server`, `client/archive-too-large` when there is more than `maxBytes`
   */
  download(url: string, maxBytes: number): Promise<Uint8Array>;
}

/** Largest archive that is downloaded, bytes: it is held in memory while it is checked. */
export const MAX_DOWNLOADED_ARCHIVE_BYTES = 512 * 1024 * 1024;

const MAX_URL_LENGTH = 2048;

/** Whether a URL is one that files are sent to or fetched from. */
export function isHistoryUrl(url: string): boolean {
  if (url.length > MAX_URL_LENGTH) return false;
  return /^https?:\/\/[^\s/]+/.test(url);
}
