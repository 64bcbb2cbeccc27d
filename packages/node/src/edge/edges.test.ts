/** The ports as clients meet them: TLS with ALPN, Connect, reflection, metrics, limits, silent connections, drains. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as http2Connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect as netConnect } from 'node:net';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import {
  create,
  fromBinary,
  MlsApi,
  ServerReflection,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  toBinary,
} from '@conclave/proto';
import { type ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { Client, credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { mlsMessage } from '../api/material.testkit.js';
import { GrpcStatus } from '../grpc-status.js';
import { bytes, onCleanup, temporaryDirectory } from '../log/log.testkit.js';
import { startTestNode } from '../node.testkit.js';
import { createSelfSigned } from './http/self-signed.js';

const sendRequest = (group: string, text: string) => ({
  messages: [{ version: { case: 'v1' as const, value: { data: mlsMessage(group, text) } } }],
});

/** A node with a TLS port, and its certificate. */
async function startTlsNode(options: object = {}) {
  const folder = temporaryDirectory();
  const files = { tlsCert: join(folder, 'cert.pem'), tlsKey: join(folder, 'key.pem') };
  const write = () => {
    const pair = createSelfSigned(['localhost', '127.0.0.1', '::1'], 30);
    writeFileSync(files.tlsKey, pair.key);
    writeFileSync(files.tlsCert, pair.cert);
    return pair;
  };
  const pair = write();
  const { node, client } = await startTestNode({ tls: '127.0.0.1:0', ...files, ...options });
  return { node, client, pair, files, renew: write, url: `https://${node.tlsAddress}` };
}

describe('one port over TLS', () => {
  it('serves native gRPC, gRPC-web and Connect on HTTP/2, and the latter two on HTTP/1.1', async () => {
    const { node, pair, url } = await startTlsNode();
    const nodeOptions = { ca: pair.cert };
    const transports = {
      grpc: createGrpcTransport({ baseUrl: url, nodeOptions }),
      web2: createGrpcWebTransport({ baseUrl: url, httpVersion: '2', nodeOptions }),
      web1: createGrpcWebTransport({ baseUrl: url, httpVersion: '1.1', nodeOptions }),
      connect2: createConnectTransport({ baseUrl: url, httpVersion: '2', nodeOptions }),
      connect1: createConnectTransport({ baseUrl: url, httpVersion: '1.1', nodeOptions }),
      json: createConnectTransport({ baseUrl: url, httpVersion: '1.1', useBinaryFormat: false, nodeOptions }),
    };
    for (const [name, transport] of Object.entries(transports)) {
      const mls = createClient(MlsApi, transport);
      await mls.sendGroupMessages(sendRequest(name, 'one'));
      const leaving = new AbortController();
      const filters = [{ groupId: bytes(name) }];
      const stream = mls.subscribeGroupMessages({ filters }, { signal: leaving.signal })[Symbol.asyncIterator]();
      expect([name, (await stream.next()).value?.version.value?.data]).toEqual([name, mlsMessage(name, 'one')]);
      await mls.sendGroupMessages(sendRequest(name, 'two'));
      expect([name, (await stream.next()).value?.version.value?.data]).toEqual([name, mlsMessage(name, 'two')]);
      leaving.abort();
      await expect(mls.queryGroupMessages({})).rejects.toThrow('empty');
    }
    const grpcJs = new Client(node.tlsAddress ?? '', credentials.createSsl(Buffer.from(pair.cert)));
    onCleanup(() => grpcJs.close());
    const answer = await new Promise((resolve) =>
      grpcJs.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (b: Buffer) => b,
        (b) => b,
        Buffer.alloc(0),
        (error, value) => resolve(error ?? value),
      ),
    );
    expect(answer).toEqual(Buffer.from([8, 1]));
  });

  it('serves the page and the probes to browsers on HTTP/2 and HTTP/1.1, with CORS on both', async () => {
    const { node, pair, url } = await startTlsNode();
    const page = await new Promise<[number | undefined, string, unknown]>((resolve) =>
      httpsRequest(`${url}/`, { ca: pair.cert }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve([response.statusCode, text, response.headers['access-control-allow-origin']]);
      }).end(),
    );
    expect(page).toEqual([200, expect.stringContaining(`https://${node.tlsAddress}`), '*']);
    const session = http2Connect(url, { ca: pair.cert });
    onCleanup(() => session.destroy());
    const preflight = session.request({ ':method': 'OPTIONS', ':path': '/xmtp.mls.api.v1.MlsApi/SendGroupMessages' });
    const [headers] = (await once(preflight, 'response')) as [Record<string, unknown>];
    expect([headers[':status'], headers['access-control-allow-origin']]).toEqual([204, '*']);
    expect(headers['access-control-allow-headers']).toContain('x-grpc-web');
  });

  it('takes a new certificate without a restart, leaves open connections alone, and keeps the old one when the new is bad', async () => {
    const { node, pair, files, renew, url } = await startTlsNode();
    const open = http2Connect(url, { ca: pair.cert });
    onCleanup(() => open.destroy());
    await once(open, 'connect');
    const serial = () =>
      new Promise<string>((resolve) => {
        const [host = '', port = ''] = (node.tlsAddress ?? '').split(':');
        const socket = tlsConnect({ host, port: Number(port), rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
      });
    const first = await serial();
    expect(node.reloadTls()).toBe(false);
    writeFileSync(files.tlsCert, 'no certificate');
    expect(node.reloadTls()).toBe(false);
    expect(await serial()).toBe(first);
    renew();
    // Told by a signal in the program, or by the file watch, whichever comes first.
    node.reloadTls();
    expect(await serial()).not.toBe(first);
    expect(open.destroyed).toBe(false);
  });

  it('refuses to start without a key, and with a key that does not fit', async () => {
    await expect(startTestNode({ tls: '127.0.0.1:0' })).rejects.toMatchObject({ code: 'node/tls-incomplete' });
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'cert.pem'), createSelfSigned(['a'], 1).cert);
    writeFileSync(join(folder, 'key.pem'), createSelfSigned(['b'], 1).key);
    const files = { tlsCert: join(folder, 'cert.pem'), tlsKey: join(folder, 'key.pem') };
    await expect(startTestNode({ tls: '127.0.0.1:0', ...files })).rejects.toMatchObject({ code: 'node/tls-unusable' });
  });
});

describe('Connect', () => {
  it('answers curl: JSON in, JSON out, errors with an HTTP status, a code and the field', async () => {
    const { web } = await startTestNode();
    const post = async (rpc: string, body: string, type = 'application/json') => {
      const response = await fetch(`${web}/xmtp.mls.api.v1.MlsApi/${rpc}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      return [response.status, await response.json()];
    };
    expect(await post('GetNewestGroupMessage', '{"groupIds":["YQ=="]}')).toEqual([200, { responses: [{}] }]);
    expect(await post('GetNewestGroupMessage', '{}')).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_argument' }),
    ]);
    expect(await post('GetNewestGroupMessage', '{"groupIds":"')).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_argument' }),
    ]);
    const [status, error] = await post('SendWelcomeMessages', '{"messages":[{"v1":{"data":"YQ=="}}]}');
    expect([status, (error as { message: string }).message]).toEqual([400, expect.stringContaining('field=')]);
  });

  it('honours a deadline', async () => {
    const { web } = await startTestNode();
    const transport = createConnectTransport({ baseUrl: web, httpVersion: '1.1' });
    const mls = createClient(MlsApi, transport);
    const stream = mls.subscribeGroupMessages({}, { timeoutMs: 100 })[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toSatisfy(
      (error) => (error as ConnectError).code === GrpcStatus.DEADLINE_EXCEEDED,
    );
  });
});

describe('reflection', () => {
  it('lists the services and gives their files with what they import', async () => {
    const { node } = await startTestNode();
    const grpc = new Client(node.grpcAddress ?? '', credentials.createInsecure());
    onCleanup(() => grpc.close());
    const encode = (request: object) =>
      Buffer.from(toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, request as never)));
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const call = grpc.makeBidiStreamRequest(path, encode, (b) => fromBinary(ServerReflectionResponseSchema, b));
      const ask = async (messageRequest: object) => {
        call.write({ messageRequest });
        return ((await once(call, 'data')) as [{ messageResponse: { case: string; value: never } }])[0].messageResponse;
      };
      const { value: list } = await ask({ case: 'listServices', value: '' });
      expect((list as { service: { name: string }[] }).service.map(({ name }) => name)).toContain(
        'xmtp.mls.api.v1.MlsApi',
      );
      const { value: files } = await ask({
        case: 'fileContainingSymbol',
        value: 'xmtp.mls.api.v1.MlsApi.SendGroupMessages',
      });
      expect((files as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.length).toBeGreaterThan(2);
      expect((await ask({ case: 'fileContainingSymbol', value: 'no.such.Thing' })).case).toBe('errorResponse');
      call.end();
      call.resume();
      await once(call, 'status');
    }
    expect(ServerReflection.typeName).toBe('grpc.reflection.v1.ServerReflection');
  });
});

describe('the edge under strain', () => {
  it('lets silent connections go, many of them, and serves others meanwhile', async () => {
    const { node, client, web } = await startTestNode({ limits: { handshakeMs: 2000 }, metrics: 'web' });
    const sockets = [node.grpcAddress, node.webAddress].flatMap((address) => {
      const [host = '', port = ''] = (address ?? '').split(':');
      return Array.from({ length: 150 }, () => netConnect(Number(port), host));
    });
    const closed = sockets.map((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      return once(socket, 'close');
    });
    expect((await client.call(MlsApi.method.fetchKeyPackages, {})).keyPackages).toEqual([]);
    await Promise.all(closed);
    const metrics = await (await fetch(`${web}/metrics`)).text();
    expect(metrics).toMatch(/conclave_connections_dropped_total\{port="grpc",reason="silent"\} 150/);
  });

  // Browsers connect ahead and ask later: what is said on such a connection, they take for the answer to its first request.
  it('says nothing to who has asked nothing, when it lets them go', async () => {
    const { node } = await startTestNode({ limits: { handshakeMs: 1000 } });
    const [host = '', port = ''] = (node.webAddress ?? '').split(':');
    const received = async (said: string): Promise<string> => {
      const socket = netConnect(Number(port), host).setEncoding('utf8');
      let text = '';
      socket.on('data', (data: string) => {
        text += data;
      });
      socket.write(said);
      await once(socket, 'close');
      return text;
    };
    expect(await received('')).toBe('');
    expect(await received('GET / HTTP/1.1\r\nhost: ')).toBe('');
    expect(await received('no request\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('limits the callers behind a proxy, each by its own address', async () => {
    const { web } = await startTestNode({ trustedProxyHops: 1, limits: { readBurst: 2, readPerMinute: 1 } });
    const call = async (address: string) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `10.9.9.9, ${address}` };
      return (await fetch(`${web}/xmtp.mls.api.v1.MlsApi/FetchKeyPackages`, { method: 'POST', headers, body: '{}' }))
        .status;
    };
    expect([await call('192.0.2.1'), await call('192.0.2.1'), await call('192.0.2.1')]).toEqual([200, 200, 429]);
    expect(await call('192.0.2.2')).toBe(200);
  });

  it('finishes calls in flight when the node stops', async () => {
    const { node, client } = await startTestNode();
    const calls = Array.from({ length: 50 }, (_, i) =>
      client.call(MlsApi.method.sendGroupMessages, sendRequest('a', `${i}`)),
    );
    await client.call(MlsApi.method.fetchKeyPackages, {});
    await node.stop();
    const outcomes = await Promise.allSettled(calls);
    const failed = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    for (const { reason } of failed) expect(reason.code).toBe(GrpcStatus.UNAVAILABLE);
  });
});
