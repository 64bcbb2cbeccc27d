/**
 * gRPC calls in HTTP/2 frames straight on a TCP socket: a generator of load that takes a small part of what an HTTP/2 library takes, so
 * that on a machine with few cores the node is measured and not the one who asks. It says what any client says: header fields by the table
 * after the first call, flow control both ways (RFC 9113 section 5.2), pings and settings answered. What one turn of the event loop asks
 * leaves in one write, from memory that is used again, as is what is read: otherwise two fifths of the generator's time are the collector's.
 * Every answer's gRPC status is looked at.
 */
import { connect } from 'node:net';
import { HeaderReader, HeaderWriter } from './header-blocks.mjs';

const PREFIX_BYTES = 5;
const HEAD_BYTES = 9;
const FRAME_BYTES = 16_384;
/** What a node may send on a stream, and on a connection, before it hears that it was read. */
const STREAM_WINDOW = 16 * 2 ** 20;
const CONNECTION_WINDOW = 64 * 2 ** 20;
const DEFAULT_WINDOW = 65_535;
/** What is written at a time, and read at a time. */
const BUFFER_BYTES = 2 ** 18;

const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 };
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const INITIAL_WINDOW_SIZE = 4;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function writeHead(out, at, length, type, flags, id) {
  out.writeUIntBE(length, at, 3);
  out[at + 3] = type;
  out[at + 4] = flags;
  out.writeUInt32BE(id, at + 5);
}

function frame(type, flags, id, payload) {
  const out = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  writeHead(out, 0, payload.length, type, flags, id);
  out.set(payload, HEAD_BYTES);
  return out;
}

const uint32 = (value) => {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(value);
  return out;
};
const windowUpdate = (id, bytes) => frame(TYPE.windowUpdate, 0, id, uint32(bytes));

/** Takes gRPC messages out of chunks: counts them, or collects them. */
class Messages {
  #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #missing = 0;
  #parts;
  collected;

  constructor(collects) {
    if (collects) this.collected = [];
  }

  /** @returns how many messages the chunk completed */
  take(chunk) {
    let complete = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#prefixBytes < PREFIX_BYTES) {
        this.#prefix[this.#prefixBytes++] = chunk[at++];
        if (this.#prefixBytes < PREFIX_BYTES) continue;
        this.#missing = this.#prefix.readUInt32BE(1);
        this.#parts = [];
      }
      const taken = Math.min(this.#missing, chunk.length - at);
      if (this.collected !== undefined) this.#parts.push(Buffer.from(chunk.subarray(at, at + taken)));
      this.#missing -= taken;
      at += taken;
      if (this.#missing > 0) continue;
      this.#prefixBytes = 0;
      this.collected?.push(Buffer.concat(this.#parts));
      complete++;
    }
    return complete;
  }
}

class Connection {
  #socket;
  #authority;
  #writer = new HeaderWriter();
  #reader = new HeaderReader();
  /** Header blocks by path, with what the table held when they were made. */
  #blocks = new Map();
  #streams = new Map();
  #nextId = 1;
  /** What leaves at the end of this turn, and buffers whose bytes have left. */
  #out = Buffer.allocUnsafe(BUFFER_BYTES);
  #outBytes = 0;
  #free = [];
  #isFlushing = false;
  /** What may still be sent, and bodies that wait for it, in order. */
  #window = DEFAULT_WINDOW;
  #streamWindow = DEFAULT_WINDOW;
  #bodies = [];
  /** Read since the node was last told. */
  #unreported = 0;
  /** A frame that has not come whole: its beginning, or for DATA the stream and the bytes that are missing. */
  #rest;
  #dataId = 0;
  #dataMissing = 0;

  constructor(url) {
    const { hostname, port, host } = new URL(url);
    this.#authority = host;
    const read = (size, buffer) => this.#read(buffer.subarray(0, size));
    const onread = { buffer: Buffer.allocUnsafe(BUFFER_BYTES), callback: read };
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true, onread });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => this.#failAll('the connection is closed'));
    this.#send(PREFACE);
    const settings = Buffer.allocUnsafe(6);
    settings.writeUInt16BE(INITIAL_WINDOW_SIZE);
    settings.writeUInt32BE(STREAM_WINDOW, 2);
    this.#send(frame(TYPE.settings, 0, 0, settings));
    this.#send(windowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW));
  }

  /**
   * Asks; the listener hears `headers(ok)`, `data(chunk)`, `end(ok)` and `fail(reason)`. A chunk is not its own: it is overwritten after the call.
   * @param mark - `mark(bytes, end)` changes the message where it stands in what leaves
   */
  open(path, message, listener, mark) {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, { ...listener, ok: undefined, unreported: 0 });
    const block = this.#block(path);
    const body = PREFIX_BYTES + message.length;
    if (body > FRAME_BYTES || body > this.#window || body > this.#streamWindow || this.#bodies.length > 0) {
      this.#send(frame(TYPE.headers, END_HEADERS, id, block));
      const bytes = Buffer.alloc(body);
      bytes.writeUInt32BE(message.length, 1);
      bytes.set(message, PREFIX_BYTES);
      mark?.(bytes, bytes.length);
      this.#bodies.push({ id, bytes, window: this.#streamWindow });
      return this.#sendBodies();
    }
    // The usual case: both frames at once.
    let at = this.#reserve(2 * HEAD_BYTES + block.length + body);
    const out = this.#out;
    writeHead(out, at, block.length, TYPE.headers, END_HEADERS, id);
    out.set(block, at + HEAD_BYTES);
    at += HEAD_BYTES + block.length;
    writeHead(out, at, body, TYPE.data, END_STREAM, id);
    at += HEAD_BYTES;
    out[at] = 0;
    out.writeUInt32BE(message.length, at + 1);
    out.set(message, at + PREFIX_BYTES);
    mark?.(out, at + body);
    this.#window -= body;
  }

  /** The fields of a call, by their places in the table once they are there. */
  #block(path) {
    const known = this.#blocks.get(path);
    if (known?.entries === this.#writer.entries) return known.block;
    const { entries } = this.#writer;
    const block = this.#writer.block([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', this.#authority],
      [':path', path],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
    ]);
    if (entries === this.#writer.entries) this.#blocks.set(path, { block, entries });
    return block;
  }

  close() {
    this.#socket.destroy();
  }

  #sendBodies() {
    for (const body of [...this.#bodies]) {
      while (body.bytes.length > 0) {
        const size = Math.min(body.bytes.length, body.window, this.#window, FRAME_BYTES);
        if (size === 0) break;
        const flags = size === body.bytes.length ? END_STREAM : 0;
        this.#send(frame(TYPE.data, flags, body.id, body.bytes.subarray(0, size)));
        body.bytes = body.bytes.subarray(size);
        body.window -= size;
        this.#window -= size;
      }
    }
    this.#bodies = this.#bodies.filter(({ bytes }) => bytes.length > 0);
  }

  #send(bytes) {
    const at = this.#reserve(bytes.length);
    this.#out.set(bytes, at);
  }

  /** @returns where in `#out` so many bytes may be written at once; they leave at the end of this turn */
  #reserve(bytes) {
    if (this.#outBytes + bytes > this.#out.length) this.#flush(bytes);
    const at = this.#outBytes;
    this.#outBytes += bytes;
    if (this.#isFlushing) return at;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush(0);
    });
    return at;
  }

  #flush(wanted) {
    const out = this.#out;
    const freed = () => {
      if (out.length === BUFFER_BYTES) this.#free.push(out);
    };
    if (this.#outBytes > 0) this.#socket.write(out.subarray(0, this.#outBytes), freed);
    else freed();
    this.#out =
      wanted > BUFFER_BYTES ? Buffer.allocUnsafe(wanted) : (this.#free.pop() ?? Buffer.allocUnsafe(BUFFER_BYTES));
    this.#outBytes = 0;
  }

  #read(received) {
    let chunk = received;
    let at = 0;
    if (this.#dataMissing > 0) at = this.#data(chunk, 0);
    else if (this.#rest !== undefined) chunk = Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    while (chunk.length - at >= HEAD_BYTES) {
      const length = chunk.readUIntBE(at, 3);
      const type = chunk[at + 3];
      const flags = chunk[at + 4];
      const id = chunk.readUInt32BE(at + 5);
      if (type === TYPE.data) {
        this.#dataId = id;
        this.#dataMissing = length;
        this.#dataEnds = (flags & END_STREAM) !== 0;
        at = this.#data(chunk, at + HEAD_BYTES);
        continue;
      }
      const end = at + HEAD_BYTES + length;
      if (end > chunk.length) break;
      this.#frame(type, flags, id, chunk.subarray(at + HEAD_BYTES, end));
      at = end;
    }
    if (at < chunk.length) this.#rest = Buffer.from(chunk.subarray(at));
    return true;
  }

  #dataEnds = false;

  /** What there is of a DATA frame. @returns where it ends in the chunk */
  #data(chunk, at) {
    const size = Math.min(this.#dataMissing, chunk.length - at);
    const stream = this.#streams.get(this.#dataId);
    this.#dataMissing -= size;
    this.#unreported += size;
    if (this.#unreported > CONNECTION_WINDOW / 2) {
      this.#send(windowUpdate(0, this.#unreported));
      this.#unreported = 0;
    }
    if (stream !== undefined) {
      stream.data(chunk.subarray(at, at + size));
      stream.unreported += size;
      if (stream.unreported > STREAM_WINDOW / 2) {
        this.#send(windowUpdate(this.#dataId, stream.unreported));
        stream.unreported = 0;
      }
      if (this.#dataMissing === 0 && this.#dataEnds) this.#end(this.#dataId, stream);
    }
    return at + size;
  }

  #frame(type, flags, id, payload) {
    const stream = this.#streams.get(id);
    switch (type) {
      case TYPE.headers: {
        if ((flags & END_HEADERS) === 0) throw new Error('A header block in parts is not expected here.');
        const ok = this.#reader.isOk(payload);
        if (stream === undefined) return;
        stream.ok ??= ok;
        if (flags & END_STREAM) this.#end(id, stream);
        else stream.headers?.();
        return;
      }
      case TYPE.reset:
        this.#streams.delete(id);
        return stream?.fail(`the stream is reset with ${payload.readUInt32BE()}`);
      case TYPE.settings:
        if (flags & ACK) return;
        for (let at = 0; at < payload.length; at += 6) {
          if (payload.readUInt16BE(at) === INITIAL_WINDOW_SIZE) this.#changeStreamWindow(payload.readUInt32BE(at + 2));
        }
        return this.#send(frame(TYPE.settings, ACK, 0, Buffer.alloc(0)));
      case TYPE.ping:
        return flags & ACK ? undefined : this.#send(frame(TYPE.ping, ACK, 0, payload));
      case TYPE.goAway:
        return this.#failAll(`the node says goodbye with ${payload.readUInt32BE(4)}`);
      case TYPE.windowUpdate: {
        const body = this.#bodies.find((one) => one.id === id);
        if (id === 0) this.#window += payload.readUInt32BE();
        else if (body !== undefined) body.window += payload.readUInt32BE();
        return this.#sendBodies();
      }
    }
  }

  #changeStreamWindow(bytes) {
    for (const body of this.#bodies) body.window += bytes - this.#streamWindow;
    this.#streamWindow = bytes;
    this.#sendBodies();
  }

  #end(id, stream) {
    this.#streams.delete(id);
    if (stream.ok) stream.end();
    else stream.fail(stream.ok === undefined ? 'there is no gRPC status' : 'the gRPC status is not 0');
  }

  #failAll(reason) {
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.fail(reason);
  }
}

/** One connection. */
export function openCalls(url) {
  const connection = new Connection(url);
  return {
    /** Resolves with the number of bytes of the answer; rejects on any status but OK. `mark` as of `open`. */
    call(path, message, mark) {
      return new Promise((resolve, reject) => {
        let bytes = 0;
        const listener = {
          data: (chunk) => {
            bytes += chunk.length;
          },
          end: () => resolve(bytes),
          fail: (reason) => reject(new Error(`${path}: ${reason}`)),
        };
        connection.open(path, message, listener, mark);
      });
    },
    /** A stream of answers. `onMessages` is told how many messages each chunk completed. @returns when it is open */
    subscribe(path, message, onMessages) {
      return new Promise((resolve, reject) => {
        const messages = new Messages(false);
        connection.open(path, message, {
          headers: resolve,
          data: (chunk) => {
            const complete = messages.take(chunk);
            if (complete > 0) onMessages(complete);
          },
          end: () => undefined,
          fail: (reason) => reject(new Error(`${path}: ${reason}`)),
        });
      });
    },
    /** The first `count` messages of a stream. */
    collect(path, message, count) {
      return new Promise((resolve, reject) => {
        const messages = new Messages(true);
        let missing = count;
        connection.open(path, message, {
          data: (chunk) => {
            missing -= messages.take(chunk);
            if (missing <= 0) resolve(messages.collected);
          },
          end: () => undefined,
          fail: (reason) => reject(new Error(`${path}: ${reason}`)),
        });
      });
    },
    close: () => connection.close(),
  };
}
