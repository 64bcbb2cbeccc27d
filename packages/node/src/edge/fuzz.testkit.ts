/** Malformed HTTP/2, HTTP/1.1 and protobuf, as bytes on a socket: what a hostile or broken client may send. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { frameOf } from '../frame.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A source of random numbers that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const whole = (random: () => number, max: number) => Math.floor(random() * max);
const bytesOf = (random: () => number, length: number) => Buffer.from(Array.from({ length }, () => whole(random, 256)));

/** RFC 9113 section 4.1: length:u24 type:u8 flags:u8 stream:u32. */
function http2Frame(type: number, flags: number, stream: number, payload: Buffer, lengthLie = 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(Math.max(0, payload.length + lengthLie), 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A header block of literals without indexing (RFC 7541 section 6.2.2). */
function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.of(value.length & 0x7f), Buffer.from(value.slice(0, 127))]);
  return Buffer.concat(headers.map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)])));
}

/** What a connection sends, from one that is nearly right to noise. */
export function hostileBytes(random: () => number, paths: readonly string[]): Buffer {
  const path = paths[whole(random, paths.length)] as string;
  const body = bytesOf(random, whole(random, 200));
  const payload = [frameOf(body), body, frameOf(body).subarray(0, 3)][whole(random, 3)] as Buffer;
  const headers: (readonly [string, string])[] = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'a'],
    ['content-type', random() < 0.8 ? 'application/grpc' : 'text/plain'],
    ['te', 'trailers'],
    ...(random() < 0.3 ? ([['grpc-timeout', `${whole(random, 99)}x`]] as const) : []),
    ...(random() < 0.3 ? ([['grpc-encoding', 'gzip']] as const) : []),
  ];
  switch (whole(random, 6)) {
    case 0:
      return bytesOf(random, whole(random, 300));
    case 1:
      return Buffer.concat([PREFACE, bytesOf(random, whole(random, 300))]);
    case 2: {
      const frames = Array.from({ length: 1 + whole(random, 8) }, () =>
        http2Frame(
          whole(random, 12),
          whole(random, 256),
          whole(random, 6),
          bytesOf(random, whole(random, 40)),
          whole(random, 5) - 2,
        ),
      );
      return Buffer.concat([PREFACE, http2Frame(4, 0, 0, Buffer.alloc(0)), ...frames]);
    }
    case 3:
      return Buffer.from(
        `POST ${path} HTTP/1.${whole(random, 3)}\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: ${whole(random, 9e9)}\r\n\r\n`,
      );
    default: {
      const stream = 1 + 2 * whole(random, 3);
      return Buffer.concat([
        PREFACE,
        http2Frame(4, 0, 0, Buffer.alloc(0)),
        http2Frame(1, 4, stream, headerBlock(headers)),
        http2Frame(0, random() < 0.7 ? 1 : 0, stream, payload),
        ...(random() < 0.3 ? [http2Frame(3, 0, stream, Buffer.of(0, 0, 0, whole(random, 20)))] : []),
        ...(random() < 0.2 ? [http2Frame(8, 0, whole(random, 2) * stream, Buffer.of(0x7f, 255, 255, 255))] : []),
      ]);
    }
  }
}

/** Sends bytes to an address and leaves: at once, or after the node has answered something or closed. */
export async function attack(address: string, bytes: Buffer, lingers: boolean): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined);
  await once(socket, 'connect').catch(() => undefined);
  const heard = new Promise<void>((resolve) => {
    socket.once('data', () => resolve());
    socket.once('close', () => resolve());
  });
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  if (lingers) {
    // An end of ours makes the node answer or close, so this wait has an end.
    socket.end();
    await heard;
  }
  socket.destroy();
}
