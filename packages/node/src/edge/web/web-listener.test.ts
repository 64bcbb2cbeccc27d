import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { create, IdentityApi, MlsApi, SendGroupMessagesRequestSchema, toBinary } from '@conclave/proto';
import { type CallOptions, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from '../../api/material.testkit.js';
import { frameOf } from '../../frame.js';
import { GrpcStatus } from '../../grpc-status.js';
import { bytes } from '../../log/log.testkit.js';
import { startTestNode } from '../../node.testkit.js';
import { NODE_VERSION } from '../../version.js';

const SEND = '/xmtp.mls.api.v1.MlsApi/SendGroupMessages';
const QUERY = '/xmtp.mls.api.v1.MlsApi/QueryGroupMessages';
const SUBSCRIBE = '/xmtp.mls.api.v1.MlsApi/SubscribeGroupMessages';
const PROTO = 'application/grpc-web+proto';

const framed = (message: Uint8Array) => Buffer.from(frameOf(message));
const sendRequest = (group: string, text: string) => ({
  messages: [{ version: { case: 'v1' as const, value: { data: mlsMessage(group, text) } } }],
});

/** A call as the browser client makes it. */
function post(url: string, message: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  const browser = { accept: PROTO, 'x-grpc-web': '1', 'x-libxmtp-version': '1.11.0', 'x-app-version': '' };
  return fetch(url, {
    method: 'POST',
    body: framed(message),
    headers: { 'content-type': PROTO, ...browser, ...headers },
  });
}

/** Frames of an answer: messages, and the trailers as lines. */
async function read(response: Response): Promise<{ messages: Uint8Array[]; trailers: string[] }> {
  const body = new Uint8Array(await response.arrayBuffer());
  const view = new DataView(body.buffer);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const payload = body.subarray(at + 5, at + 5 + view.getUint32(at + 1));
    at += 5 + payload.length;
    if (view.getUint8(at - payload.length - 5) === 0) messages.push(payload);
    else {
      expect(at).toBe(body.length);
      return { messages, trailers: new TextDecoder().decode(payload).split('\r\n') };
    }
  }
  throw new TypeError('the answer has no trailers');
}

describe('gRPC-web', () => {
  it('answers a unary call with 200, a message frame and a trailers frame, readable from any origin', async () => {
    const { web } = await startTestNode();
    const request = toBinary(
      SendGroupMessagesRequestSchema,
      create(SendGroupMessagesRequestSchema, sendRequest('a', '1')),
    );
    const response = await post(web + SEND, request);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(PROTO);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toContain('grpc-status');
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await read(response)).toEqual({ messages: [new Uint8Array(0)], trailers: ['grpc-status:0', ''] });
  });

  it('says what is wrong in the trailers, with 200: refused, malformed, unknown, too large', async () => {
    const { web } = await startTestNode({ limits: { requestBytes: 1_000 } });
    const outcome = async (path: string, message: Uint8Array) => {
      const response = await post(web + path, message);
      const { messages, trailers } = await read(response);
      expect([response.status, messages, response.headers.get('content-type')]).toEqual([200, [], PROTO]);
      return trailers;
    };
    const [status, text] = await outcome(SEND, new Uint8Array(0));
    expect(status).toBe(`grpc-status:${GrpcStatus.INVALID_ARGUMENT}`);
    expect(text).toBe('grpc-message:The request names nothing to do; it needs at least one element. (field=messages)');
    expect((await outcome(SEND, Uint8Array.of(0x0a, 0xff)))[0]).toBe(`grpc-status:${GrpcStatus.INVALID_ARGUMENT}`);
    expect((await outcome('/xmtp.mls.api.v1.MlsApi/Nothing', new Uint8Array(0)))[0]).toBe(
      `grpc-status:${GrpcStatus.UNIMPLEMENTED}`,
    );
    expect((await outcome(QUERY, new Uint8Array(0)))[0]).toBe(`grpc-status:${GrpcStatus.UNKNOWN}`);
    expect((await outcome(SEND, new Uint8Array(200_000)))[0]).toBe(`grpc-status:${GrpcStatus.RESOURCE_EXHAUSTED}`);
    const cut = await fetch(web + SEND, {
      method: 'POST',
      body: Uint8Array.of(0, 0),
      headers: { 'content-type': PROTO },
    });
    expect((await read(cut)).trailers[0]).toBe(`grpc-status:${GrpcStatus.INVALID_ARGUMENT}`);
  });

  it('flushes a stream’s headers before there is anything to send, and every message at once', async () => {
    const { web, client } = await startTestNode();
    const stopping = new AbortController();
    const filter = Buffer.concat([Uint8Array.of(0x0a, 3, 0x0a, 1), bytes('a')]);
    const headers = { 'content-type': PROTO };
    const response = await fetch(web + SUBSCRIBE, {
      method: 'POST',
      body: framed(filter),
      headers,
      signal: stopping.signal,
    });
    expect(response.headers.get('content-type')).toBe(PROTO);
    const reader = response.body!.getReader();
    for (const text of ['one', 'two']) {
      await client.call(MlsApi.method.sendGroupMessages, sendRequest('a', text));
      const { value } = await reader.read();
      expect(value?.[0]).toBe(0);
      expect(new DataView(value!.buffer, value!.byteOffset).getUint32(1)).toBe(value!.length - 5);
      expect(Buffer.from(value!).includes(text)).toBe(true);
    }
    stopping.abort();
  });

  it('ends streams with UNAVAILABLE when the node stops', async () => {
    const { web, node } = await startTestNode();
    const response = await post(web + SUBSCRIBE, new Uint8Array(0));
    await Promise.all([node.stop(), read(response).then(({ trailers }) => expect(trailers[0]).toBe('grpc-status:14'))]);
  });

  it('is understood by the gRPC-web client of another project', async () => {
    const { web } = await startTestNode();
    const transport = createGrpcWebTransport({ baseUrl: web, httpVersion: '1.1' });
    const mls = createClient(MlsApi, transport);
    await mls.sendGroupMessages(sendRequest('a', 'first'));
    const { messages } = await mls.queryGroupMessages({ groupId: bytes('a') });
    expect(messages[0]?.version.value?.data).toEqual(mlsMessage('a', 'first'));
    const stopping = new AbortController();
    const options: CallOptions = { signal: stopping.signal };
    const stream = mls.subscribeGroupMessages({ filters: [{ groupId: bytes('a') }] }, options)[Symbol.asyncIterator]();
    expect((await stream.next()).value?.version.value?.id).toBe(1n);
    await mls.sendGroupMessages(sendRequest('a', 'second'));
    expect((await stream.next()).value?.version.value?.id).toBe(2n);
    stopping.abort();
    await expect(stream.next()).rejects.toBeInstanceOf(ConnectError);
    const refused = await createClient(IdentityApi, transport)
      .publishIdentityUpdate({})
      .catch((error) => error);
    expect([refused.code, refused.rawMessage]).toEqual([
      GrpcStatus.INVALID_ARGUMENT,
      'A required field is absent or empty. (field=identity_update)',
    ]);
  });

  it('answers a preflight on any path', async () => {
    const { web } = await startTestNode();
    for (const path of [SEND, '/upload', '/nothing']) {
      const asked = 'content-type,x-app-version,x-grpc-web,x-libxmtp-version';
      const response = await fetch(web + path, {
        method: 'OPTIONS',
        headers: {
          'access-control-request-method': 'POST',
          'access-control-request-headers': asked,
          origin: 'http://page',
        },
      });
      expect([response.status, await response.text()]).toEqual([204, '']);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toContain('POST');
      const allowed = response.headers.get('access-control-allow-headers')!.split(',');
      expect(allowed).toEqual(expect.arrayContaining(asked.split(',')));
      expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0);
    }
  });

  it('refuses other content types on an rpc path', async () => {
    const { web } = await startTestNode();
    for (const type of ['text/plain', 'application/grpc-web-text+proto']) {
      const response = await fetch(web + SEND, { method: 'POST', body: '{}', headers: { 'content-type': type } });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([415, '*']);
    }
  });
});

describe('the page and the probes', () => {
  it('says what runs here, and that it is healthy and ready', async () => {
    const { web, node } = await startTestNode();
    const page = await (await fetch(`${web}/`)).text();
    for (const fact of [node.grpcAddress, node.webAddress, NODE_VERSION, 'npx conclave chat'])
      expect(page).toContain(fact);
    const probe = async (path: string) => {
      const response = await fetch(web + path);
      return [response.status, await response.text()];
    };
    expect(await probe('/healthz')).toEqual([200, 'ok']);
    expect(await probe('/readyz')).toEqual([200, 'ready']);
    expect((await probe('/nothing'))[0]).toBe(404);
  });

  it('writes what it is told into the page as text', async () => {
    const { renderLandingPage } = await import('./landing-page.js');
    const addresses = { grpc: 'g', web: 'w', history: 'h:1' };
    const facts = { addresses, webAddress: '<script>"&\'', isSecure: false };
    const page = renderLandingPage(facts);
    expect(page).not.toContain('<script>');
    expect(page).toContain('&#60;script&#62;&#34;&#38;&#39;');
    expect(page).toContain('http://h:1');
  });
});

describe('history files', () => {
  const upload = (base: string, body: Uint8Array<ArrayBuffer>) => fetch(`${base}/upload`, { method: 'POST', body });

  it('keeps what is uploaded under an id that cannot be guessed, over a restart and on a port of their own', async () => {
    const first = await startTestNode({ history: '127.0.0.1:0' });
    const archive = crypto.getRandomValues(new Uint8Array(60_000));
    const response = await upload(`http://${first.node.historyAddress}`, archive);
    expect(response.status).toBe(200);
    const id = await response.text();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await (await upload(first.web, archive)).text()).not.toBe(id);
    await first.node.stop();
    const { web } = await startTestNode({ dataDir: first.dataDir });
    const download = await fetch(`${web}/files/${id}`);
    expect(download.headers.get('content-length')).toBe('60000');
    expect(new Uint8Array(await download.arrayBuffer())).toEqual(archive);
    expect((await fetch(`${web}/files/${id}`, { method: 'HEAD' })).status).toBe(200);
  });

  it('finds nothing under other names', async () => {
    const { web } = await startTestNode({ history: '127.0.0.1:0' });
    for (const name of ['0'.repeat(32), '', '..%2fnode.db', 'x'.repeat(500)]) {
      expect((await fetch(`${web}/files/${name}`)).status).toBe(404);
    }
    expect((await fetch(`${web}/upload`)).status).toBe(404);
  });

  it('refuses a file beyond the bound and keeps nothing of it or of one cut off', async () => {
    const { web, dataDir } = await startTestNode({ limits: { historyFileBytes: 100_000 } });
    const response = await upload(web, new Uint8Array(300_000));
    expect(response.status).toBe(413);
    await new Promise<void>((resolve) => {
      const cut = httpRequest(`${web}/upload`, { method: 'POST', headers: { 'content-length': '50000' } });
      cut.once('error', () => resolve());
      cut.write(Buffer.alloc(1_000), () => cut.destroy());
    });
    // A whole upload afterwards shows that the one before it has been dealt with.
    const id = await (await upload(web, new Uint8Array(100_000))).text();
    await expect.poll(() => readdirSync(join(dataDir, 'history'))).toEqual([id]);
  });
});
