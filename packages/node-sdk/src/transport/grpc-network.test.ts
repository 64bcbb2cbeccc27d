import { createServer, type Http2Server, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { MAX_NETWORK_MESSAGE_BYTES } from '@conclave/client';
import { create, GetInboxIdsRequestSchema, SubscribeWelcomeMessagesRequestSchema } from '@conclave/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGrpcNetwork } from './grpc-network.js';

let server: Http2Server;
let url: string;
const asked: IncomingHttpHeaders[] = [];
/** How far the client lets the server go ahead when it asks: for the call, and for all of them. */
const windows: { call: number | undefined; connection: number | undefined }[] = [];
/** Well framed, and no message. */
const NO_MESSAGE = Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff]);
let answer: Buffer = NO_MESSAGE;

/** A gRPC server that gives one answer to everything, and ends it well. */
beforeAll(async () => {
  server = createServer();
  server.on('stream', (stream, headers) => {
    asked.push(headers);
    const { session } = stream;
    windows.push({
      call: session?.remoteSettings.initialWindowSize,
      connection: session?.state.remoteWindowSize,
    });
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

const unreadable = {
  code: 'client/network-failed',
  details: { status: 'INTERNAL', rule: 'readable-answer', method: expect.stringContaining('/xmtp.') },
};

it('names an answer that is no message of the method', async () => {
  const network = openGrpcNetwork({ url, libxmtpVersion: '1.10.0' });
  await expect(network.getInboxIds(create(GetInboxIdsRequestSchema))).rejects.toMatchObject(unreadable);
  const request = create(SubscribeWelcomeMessagesRequestSchema);
  const read = async (): Promise<void> => {
    for await (const _ of network.subscribeWelcomeMessages(request, { signal: new AbortController().signal })) break;
  };
  await expect(read()).rejects.toMatchObject(unreadable);
  network.close();
});

it('names an answer that is larger than it receives', async () => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(MAX_NETWORK_MESSAGE_BYTES + 1, 1);
  answer = Buffer.concat([head, Buffer.alloc(10)]);
  const network = openGrpcNetwork({ url, libxmtpVersion: '1.10.0' });
  const tooLarge = { code: 'client/answer-too-large', details: { status: 'OUT_OF_RANGE' } };
  await expect(network.getInboxIds(create(GetInboxIdsRequestSchema))).rejects.toMatchObject(tooLarge);
  const request = create(SubscribeWelcomeMessagesRequestSchema);
  const read = async (): Promise<void> => {
    for await (const _ of network.subscribeWelcomeMessages(request, { signal: new AbortController().signal })) break;
  };
  await expect(read()).rejects.toMatchObject(tooLarge);
  network.close();
  answer = NO_MESSAGE;
});

it('tells the node which application calls, and which version of the protocol it speaks', async () => {
  asked.length = 0;
  for (const appVersion of ['garden/1', undefined]) {
    const network = openGrpcNetwork({ url, libxmtpVersion: '1.10.0', ...(appVersion && { appVersion }) });
    await network.getInboxIds(create(GetInboxIdsRequestSchema)).catch(() => undefined);
    network.close();
  }
  expect(asked.map((headers) => [headers['x-app-version'], headers['x-libxmtp-version']])).toEqual([
    ['garden/1', '1.10.0'],
    ['', '1.10.0'],
  ]);
});

it('takes a megabyte in one round trip', async () => {
  windows.length = 0;
  const network = openGrpcNetwork({ url, libxmtpVersion: '1.10.0' });
  await network.getInboxIds(create(GetInboxIdsRequestSchema)).catch(() => undefined);
  network.close();
  const [first] = windows;
  expect(first?.call).toBeGreaterThan(1_000_000);
  expect(first?.connection).toBeGreaterThan(1_000_000);
});
