/** `/healthz` and `/readyz` while a node is not ready; while its database is away: test/postgres/health.test.ts. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { onCleanup, openTestLog } from '../../log/log.testkit.js';
import { createLogger } from '../../logger.js';
import { NodeMetrics } from '../../metrics/node-metrics.js';
import { startTestNode } from '../../node.testkit.js';
import { metricsListener } from './web-listener.js';

it('answer 200 and 503 while the node starts: ports open one after the other', async () => {
  const { logger } = createLogger('silent');
  let ready = false;
  const context = { logger, log: await openTestLog(), metrics: new NodeMetrics(), isReady: () => ready };
  const server = createServer(metricsListener(context)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => void server.close());
  const status = async (path: string) =>
    (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)).status;
  expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503]);
  ready = true;
  expect(await status('/readyz')).toBe(200);
});

it('answer 200 and 503 while the node drains', async () => {
  const { node, web } = await startTestNode();
  const [host = '', port = ''] = (node.webAddress ?? '').split(':');
  // An upload that is under way keeps the port from closing, and two probes have begun to ask.
  const upload = request(`${web}/upload`, { method: 'POST', headers: { 'content-length': '3' } });
  upload.write('ab');
  const probes = ['healthz', 'readyz'].map((name) => {
    const socket = connect(Number(port), host);
    onCleanup(() => void socket.destroy());
    socket.write(`GET /${name} HTTP/1.1\r\nhost: a\r\n`);
    return socket;
  });
  await expect.poll(async () => (await (await fetch(`${web}/healthz`)).text()) === 'ok').toBe(true);
  const stopped = node.stop();
  const answers = probes.map(async (socket) => {
    socket.write('\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().slice(0, 12);
  });
  expect(await Promise.all(answers)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
  upload.end('c');
  expect(((await once(upload, 'response')) as [{ statusCode: number }])[0].statusCode).toBe(200);
  await stopped;
});
