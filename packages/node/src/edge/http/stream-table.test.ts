import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { onCleanup } from '../../log/log.testkit.js';
import { StreamTable } from './stream-table.js';

it('copies the Map that Node keeps streams in, while some are open, and they live on', async () => {
  const server = createServer();
  const open: ServerHttp2Stream[] = [];
  let table: StreamTable | undefined;
  server.on('session', (session: ServerHttp2Session) => {
    table = new StreamTable(session);
    session.on('stream', () => table?.opened());
  });
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 });
    if (headers[':path'] === '/open') open.push(stream);
    else stream.end('answer');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onCleanup(() => void server.close());
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onCleanup(() => client.destroy());
  const call = async (path: string) => (await client.request({ ':path': path }).setEncoding('utf8').toArray()).join('');

  const later = [call('/open'), call('/open')];
  expect(await call('/answered')).toBe('answer');
  const before = table?.streams;
  expect(before).toBeDefined();
  for (let i = 0; i < 300; i++) expect(await call('/answered')).toBe('answer');
  expect(table?.streams).not.toBe(before);
  expect([...(table?.streams?.values() ?? [])]).toEqual(expect.arrayContaining(open));
  for (const stream of open) stream.end('late');
  expect(await Promise.all(later)).toEqual(['late', 'late']);
  expect(await call('/answered')).toBe('answer');
});
