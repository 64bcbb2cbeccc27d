/** What an open stream keeps of its request: the topics, not the bytes, which are no longer counted against its caller. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { DescMessage } from '@bufbuild/protobuf';
import { create, Health, type MessageInitShape, MlsApi, toBinary } from '@conclave/proto';
import { expect, it } from 'vitest';
import { frameOf } from '../frame.js';
import { pathOf } from '../grpc-client.testkit.js';
import { bytes, onCleanup } from '../log/log.testkit.js';
import { startTestNode } from '../node.testkit.js';

const MIB = 2 ** 20;
const STREAMS = 16;
const PATH = pathOf(MlsApi.method.subscribeGroupMessages);
const PADDING = Buffer.concat([Buffer.of(0x7a, 0x80, 0x80, 0x80, 0x01), Buffer.alloc(2 * MIB)]);

/** A request beside 2 MiB that nobody asked for (field 15). */
function padded<I extends DescMessage>(schema: I, request: MessageInitShape<I>): Uint8Array {
  return frameOf(Buffer.concat([toBinary(schema, create(schema, request)), PADDING]));
}

const ofOneGroup = () => padded(MlsApi.method.subscribeGroupMessages.input, { filters: [{ groupId: bytes('a') }] });

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes outside of the heap, once what nobody holds is gone. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().arrayBuffers;
}

it.each([
  ['a server stream', PATH, ofOneGroup, true],
  ['Health.Watch', pathOf(Health.method.watch), () => padded(Health.method.watch.input, {}), true],
  [
    'a duplex stream',
    pathOf(MlsApi.method.subscribe),
    () =>
      padded(MlsApi.method.subscribe.input, {
        version: { case: 'v1', value: { request: { case: 'pong', value: {} } } },
      }),
    false,
  ],
])('native gRPC: %s', async (_name, path, frame, ends) => {
  const { node } = await startTestNode();
  const session = connect(`http://${node.grpcAddress}`);
  onCleanup(() => session.destroy());
  const before = await heldBytes();
  for (let i = 0; i < STREAMS; i++) {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    if (ends) stream.end(frame());
    else stream.write(frame());
    await once(stream, 'response');
  }
  await expect.poll(async () => (await heldBytes()) - before).toBeLessThan(STREAMS * MIB);
});

it.each([
  ['gRPC-web', 'application/grpc-web+proto'],
  ['Connect', 'application/connect+proto'],
])('%s', async (_name, type) => {
  const { node } = await startTestNode();
  const [host = '', port = ''] = (node.webAddress ?? '').split(':');
  const before = await heldBytes();
  for (let i = 0; i < STREAMS; i++) {
    // On a socket of its own: a client of this process would hold what it has sent.
    const socket = connectSocket(Number(port), host);
    onCleanup(() => void socket.destroy());
    const frame = ofOneGroup();
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\ncontent-length: ${frame.length}\r\n\r\n`,
    );
    socket.write(frame);
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1.1 200 [\s\S]*subscribed: true/i);
  }
  await expect.poll(async () => (await heldBytes()) - before).toBeLessThan(STREAMS * MIB);
});
