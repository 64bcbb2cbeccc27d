/**
 * The chat page's files: read once when the node starts, few and small, and answered from memory. They carry the page's security policy:
 * scripts and styles of this origin alone, no frame around it, nothing told to where its links lead.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { NodeError } from '../../errors.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** `blob:` workers are the browser SDK's own, for calls without a client. `https:` are files and pictures that members named and the person asked for; scripts never come from there. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' blob: data: https:",
  "connect-src 'self' https:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)',
};

interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly isImmutable: boolean;
}

/** The files of a built page. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /**
   * Reads a folder.
   * @throws NodeError `node/page-missing` when there is no index.html in it
   */
  static async open(directory: string): Promise<PageFiles> {
    if (!existsSync(join(directory, 'index.html'))) throw new NodeError('node/page-missing', { directory });
    const names = await readdir(directory, { recursive: true });
    const files = new Map<string, PageFile>();
    for (const name of names) {
      const type = TYPES[extname(name)];
      if (type === undefined) continue;
      const path = `/${name.split(sep).join('/')}`;
      files.set(path === '/index.html' ? '/' : path, await readPageFile(join(directory, name), type, path));
    }
    return new PageFiles(files);
  }

  /** Answers a request for one of the files; false when it is for something else. */
  handle(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const file = request.method === 'GET' || request.method === 'HEAD' ? this.#files.get(path) : undefined;
    if (file === undefined) return false;
    const caching = file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache';
    const headers = { ...HEADERS, 'cache-control': caching, etag: file.etag, vary: 'accept-encoding' };
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, headers).end();
      return true;
    }
    const isZipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const body = isZipped ? file.zipped : file.bytes;
    response.writeHead(200, {
      ...headers,
      'content-type': file.type,
      'content-length': body.length,
      ...(isZipped && { 'content-encoding': 'gzip' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }
}

async function readPageFile(file: string, type: string, path: string): Promise<PageFile> {
  const bytes = await readFile(file);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, bytes, zipped: await promisify(gzip)(bytes), etag, isImmutable: path.startsWith('/assets/') };
}
