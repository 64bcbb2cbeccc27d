/**
 * History files: archives that one installation leaves for another of the same inbox. They are encrypted with a key that
 * the node never sees; whoever knows the random id may fetch one.
 *
 *     POST /upload      body: the bytes    answer: the file id, as text
 *     GET  /files/{id}                     answer: the bytes
 *
 * Source: device sync protocol, row "Transfer".
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolder } from '@conclave/sqlite/node';
import { NodeError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { NodeMetrics } from '../../metrics/node-metrics.js';
import { sendText } from './send-text.js';
import { sendStorageFailure } from './storage-failure.js';

const DIRECTORY = 'history';
const PARTIAL = '.part';

/** What is counted of them. */
export type HistoryMetrics = Pick<NodeMetrics, 'historyFiles' | 'historyBytes'>;

/** The folder of history files, and the two requests that write and read it. */
export class HistoryFiles {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #logger: Logger;
  readonly #metrics: HistoryMetrics;

  private constructor(directory: string, maxBytes: number, logger: Logger, metrics: HistoryMetrics) {
    this.#metrics = metrics;
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#logger = logger;
  }

  /** Opens the folder in the data directory and clears uploads that a crash cut off. */
  static async open(dataDir: string, maxBytes: number, logger: Logger, metrics: HistoryMetrics): Promise<HistoryFiles> {
    const directory = join(dataDir, DIRECTORY);
    makeFolder(directory);
    for (const name of await readdir(directory)) if (name.endsWith(PARTIAL)) await rm(join(directory, name));
    return new HistoryFiles(directory, maxBytes, logger, metrics);
  }

  /** Answers an upload or a download; false when the path is neither. */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (path === '/upload' && request.method === 'POST') await this.#receive(request, response);
    else if (path.startsWith('/files/') && (request.method === 'GET' || request.method === 'HEAD')) {
      await this.#send(path.slice('/files/'.length), request.method === 'HEAD', response);
    } else return false;
    return true;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = randomBytes(16).toString('hex');
    const path = join(this.#directory, id);
    try {
      const bytes = await this.#store(request, path + PARTIAL);
      await rename(path + PARTIAL, path);
      this.#count('in', bytes);
      sendText(response, 200, id);
    } catch (error) {
      await rm(path + PARTIAL, { force: true });
      // The rest of the upload is read and dropped, so that the client gets to read the answer.
      request.resume();
      this.#refuse(error, response);
    }
  }

  #count(direction: 'in' | 'out', bytes: number): void {
    this.#metrics.historyFiles.inc({ direction });
    this.#metrics.historyBytes.inc({ direction }, bytes);
  }

  /** @returns its size */
  async #store(request: IncomingMessage, path: string): Promise<number> {
    const maxBytes = this.#maxBytes;
    const file = await open(path, 'wx');
    try {
      let bytes = 0;
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new NodeError('node/request-too-large', { maxBytes });
        await file.write(chunk);
      }
      await file.sync();
      return bytes;
    } finally {
      await file.close();
    }
  }

  #refuse(error: unknown, response: ServerResponse): void {
    response.setHeader('connection', 'close');
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'node/request-too-large') {
      sendText(response, 413, `The file is larger than the ${this.#maxBytes} bytes that this node stores.`);
    } else if (!response.destroyed && !response.socket?.destroyed) {
      this.#logger.error({ event: 'history-upload-failed', reason: code });
      sendStorageFailure(response, code, 'The node could not store the file.');
    }
  }

  async #send(id: string, headOnly: boolean, response: ServerResponse): Promise<void> {
    const path = join(this.#directory, id);
    const size = /^[0-9a-f]{32}$/.test(id) ? await fileSize(path) : undefined;
    if (size === undefined) return sendText(response, 404, 'There is no such file.');
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
    if (headOnly) {
      response.end();
      return;
    }
    this.#count('out', size);
    // A client that leaves half-way ends the pipeline with an error that concerns nobody.
    await pipeline(createReadStream(path), response).catch(() => undefined);
  }
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
