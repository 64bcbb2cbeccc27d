import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type RequestListener, request } from 'node:http';
import { connect, createServer as createHttp2Server, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { onCleanup } from '../log/log.testkit.js';
import { endWith } from './send-answer.js';

const STALL_MS = 60_000;
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

async function listening(server: Server): Promise<number> {
  onCleanup(() => {
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A response whose client has left. */
type Abandoned = Promise<ServerResponse>;

async function overHttp1(): Abandoned {
  let asked: (response: ServerResponse) => void = () => undefined;
  const arrived = new Promise<ServerResponse>((resolve) => {
    asked = resolve;
  });
  const listener: RequestListener = (_, response) => asked(response);
  const port = await listening(createServer(listener));
  const client = request({ port, host: '127.0.0.1' });
  client.on('error', () => undefined);
  client.end();
  const response = await arrived;
  client.destroy();
  await once(response, 'close');
  return response;
}

async function overHttp2(): Abandoned {
  let asked: (response: Http2ServerResponse) => void = () => undefined;
  const arrived = new Promise<Http2ServerResponse>((resolve) => {
    asked = resolve;
  });
  const port = await listening(createHttp2Server((_, response) => asked(response)));
  const session = connect(`http://127.0.0.1:${port}`);
  onCleanup(() => session.destroy());
  const stream = session.request();
  stream.on('error', () => undefined);
  const response = await arrived;
  stream.close(8);
  await once(response, 'close');
  return response as unknown as ServerResponse;
}

describe('an answer to a client that has left', () => {
  it.each([
    ['HTTP/1.1', overHttp1],
    ['HTTP/2', overHttp2],
  ])('is not waited for, over %s', async (_, abandoned) => {
    const response = await abandoned();
    const before = timers();
    endWith(response, new Uint8Array(10), STALL_MS);
    expect(timers()).toBe(before);
  });
});
