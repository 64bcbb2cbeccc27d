import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PageFiles } from './page-files.js';

const directory = mkdtempSync(join(tmpdir(), 'conclave-page-'));
mkdirSync(join(directory, 'assets'));
writeFileSync(join(directory, 'index.html'), '<!doctype html><title>page</title>');
writeFileSync(join(directory, 'assets', 'a-1.js'), 'export const a = 1;\n'.repeat(50));
writeFileSync(join(directory, 'notes.txt'), 'not part of the page');

describe('the files of the page', () => {
  const server = createServer();
  let origin = '';
  beforeAll(async () => {
    const files = await PageFiles.open(directory);
    server.on('request', (request, response) => {
      if (!files.handle(request.url as string, request, response)) response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('are answered with the policy that keeps scripts of others out', async () => {
    const response = await fetch(`${origin}/`);
    expect(await response.text()).toContain('<title>page</title>');
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe-inline');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  it('are not sent again while they are unchanged', async () => {
    const first = await fetch(`${origin}/assets/a-1.js`);
    const etag = first.headers.get('etag') as string;
    expect(first.headers.get('cache-control')).toContain('immutable');
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect((await first.text()).length).toBe(1000);
    expect((await fetch(`${origin}/assets/a-1.js`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it.each(['/notes.txt', '/../package.json', '/assets/', '/index.html'])('and nothing else: %s', async (path) => {
    expect((await fetch(`${origin}${path}`)).status).toBe(404);
  });

  it('are missed at the start, not at the first visit', async () => {
    await expect(PageFiles.open(join(directory, 'assets'))).rejects.toMatchObject({ code: 'node/page-missing' });
  });
});
