/** Fetches bytes with a bound and with progress. */
import { PageFault } from '../state/notices.js';
import { t } from '../strings/index.js';

/**
 * Fetches at most `limit` bytes. No cookie, no referrer; only http and https.
 * @param note - told 0 to 1 as it goes, where the server says how long the answer is
 */
export async function fetchBytes(url: string, limit: number, note: (progress: number) => void): Promise<Uint8Array> {
  if (!/^https?:\/\//i.test(url)) throw new PageFault(t('attachmentFailed'));
  const response = await fetch(url, { credentials: 'omit', referrerPolicy: 'no-referrer' });
  if (!response.ok || response.body === null) throw new PageFault(t('attachmentFailed'));
  const total = Number(response.headers.get('content-length') ?? 0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new PageFault(t('attachmentFailed'));
    }
    parts.push(value);
    if (total > 0) note(Math.min(1, length / total));
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
