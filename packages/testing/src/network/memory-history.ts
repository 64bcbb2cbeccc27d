/** A history server in memory: any number of clients leave archives there and fetch them. */
import { ClientError, type HistoryTransfer } from '@conclave/client';
import { concatBytes } from '@conclave/crypto';

/** What clients call `http://history.test`. */
export class MemoryHistory implements HistoryTransfer {
  readonly files = new Map<string, Uint8Array>();
  /** While true, every call fails as if nobody were there. */
  isDown = false;

  async upload(_serverUrl: string, archive: AsyncIterable<Uint8Array>): Promise<string> {
    this.#requireUp();
    const parts: Uint8Array[] = [];
    for await (const part of archive) parts.push(part);
    const id = `file-${this.files.size + 1}`;
    this.files.set(id, concatBytes(...parts));
    return id;
  }

  async download(url: string, maxBytes: number): Promise<Uint8Array> {
    this.#requireUp();
    const file = this.files.get(url.slice(url.lastIndexOf('/') + 1));
    if (file === undefined) throw new ClientError('client/history-server', { status: 404 });
    if (file.length > maxBytes) throw new ClientError('client/archive-too-large', { maxBytes });
    return file;
  }

  #requireUp(): void {
    if (this.isDown) throw new ClientError('client/history-server', { reason: 'unreachable' });
  }
}
