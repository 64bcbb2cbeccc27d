/**
 * People on the nodes of a round: writers that repeat a publish until it is acknowledged, readers whose streams are opened again
 * from the last id. Everything that was acknowledged and everything that arrived is kept, and judged at the end.
 */
import { randomBytes } from 'node:crypto';
import {
  create,
  fromBinary,
  GroupMessageInputSchema,
  GroupMessageSchema,
  MlsApi,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  QueryGroupMessagesResponseSchema,
  SendGroupMessagesRequestSchema,
  SortDirection,
  SubscribeGroupMessagesRequest_FilterSchema,
  SubscribeGroupMessagesRequestSchema,
  toBinary,
} from '@conclave/proto';
import { Client, credentials, Metadata } from '@grpc/grpc-js';

const pathOf = (method) => `/${method.parent.typeName}/${method.name}`;
const SEND = pathOf(MlsApi.method.sendGroupMessages);
const QUERY = pathOf(MlsApi.method.queryGroupMessages);
const SUBSCRIBE = pathOf(MlsApi.method.subscribeGroupMessages);
const asBuffer = (bytes) => Buffer.from(bytes);
const asIs = (bytes) => bytes;
const CALL_MS = 20_000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A PrivateMessage as the node reads it (RFC 9420 section 6.3), with a text in place of its ciphertext. */
function groupMessage(groupId, text) {
  const head = Buffer.from([0, 1, 0, 2, groupId.length, ...groupId, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 28]);
  const ciphertext = Buffer.from(text.padEnd(200));
  return Buffer.concat([
    head,
    randomBytes(28),
    Buffer.from([0x40 | (ciphertext.length >> 8), ciphertext.length & 255]),
    ciphertext,
  ]);
}

function open(address) {
  return new Client(address, credentials.createInsecure(), {
    ...{ 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 300 },
    ...{ 'grpc.use_local_subchannel_pool': 1, 'grpc.max_receive_message_length': -1 },
  });
}

function unary(client, path, request) {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + CALL_MS;
    client.makeUnaryRequest(path, asBuffer, asIs, request, new Metadata(), { deadline }, (error, bytes) =>
      error === null ? resolve(bytes) : reject(error),
    );
  });
}

/** What a message says, and where it stands. */
function read(bytes) {
  const { id, createdNs, data } = fromBinary(GroupMessageSchema, bytes).version.value;
  return { id, createdNs, text: Buffer.from(data).subarray(-200).toString().trimEnd() };
}

/** Writers and readers of some groups. */
export class Traffic {
  groups = Array.from({ length: 4 }, () => randomBytes(16));
  acknowledged = new Set();
  /** Longest time that a writer was without an acknowledgement, ms. */
  longestWaitMs = 0;
  retries = 0;
  readers = [];
  #clients = [];
  #writing = true;
  #reading = true;
  #writers = [];

  /** `addresses`: whom writers and readers call, in turn. */
  constructor(addresses, { writers = 16, readersPerGroup = 2 } = {}) {
    this.#writers = Array.from({ length: writers }, (_, n) => this.#write(n, addresses[n % addresses.length]));
    for (const [g, groupId] of this.groups.entries()) {
      for (let n = 0; n < readersPerGroup; n++) {
        const reader = { group: g, seen: [], streams: 0, twice: 0, outOfOrder: 0, backwards: 0, wake: () => {} };
        this.readers.push(reader);
        void this.#follow(reader, groupId, addresses[(g + n) % addresses.length]);
      }
    }
  }

  #connect(address) {
    const client = open(address);
    this.#clients.push(client);
    return client;
  }

  async #write(number, address) {
    const client = this.#connect(address);
    for (let i = 0; this.#writing; i++) {
      const text = `${number}/${i}`;
      const group = (number + i) % this.groups.length;
      const value = { data: groupMessage(this.groups[group], text), senderHmac: new Uint8Array(32), shouldPush: false };
      const input = create(GroupMessageInputSchema, { version: { case: 'v1', value } });
      const request = toBinary(
        SendGroupMessagesRequestSchema,
        create(SendGroupMessagesRequestSchema, { messages: [input] }),
      );
      const begun = performance.now();
      while (this.#writing) {
        try {
          await unary(client, SEND, request);
          this.acknowledged.add(`${group} ${text}`);
          break;
        } catch {
          this.retries++;
          await pause(20);
        }
      }
      this.longestWaitMs = Math.max(this.longestWaitMs, performance.now() - begun);
    }
  }

  /** Follows a group through as many streams as it takes. */
  async #follow(reader, groupId, address) {
    const client = this.#connect(address);
    while (this.#reading) {
      reader.streams++;
      const idCursor = reader.seen.at(-1)?.id ?? 0n;
      const filter = create(SubscribeGroupMessagesRequest_FilterSchema, { groupId, idCursor });
      const request = toBinary(
        SubscribeGroupMessagesRequestSchema,
        create(SubscribeGroupMessagesRequestSchema, { filters: [filter] }),
      );
      const stream = client.makeServerStreamRequest(SUBSCRIBE, asBuffer, asIs, request);
      reader.cancel = () => stream.cancel();
      stream.on('data', (bytes) => {
        const message = read(bytes);
        const last = reader.seen.at(-1);
        if (last !== undefined && message.id === last.id) reader.twice++;
        else if (last !== undefined && message.id < last.id) reader.outOfOrder++;
        if (last !== undefined && message.createdNs < last.createdNs) reader.backwards++;
        reader.seen.push(message);
        reader.wake();
      });
      await new Promise((resolve) => {
        stream.once('error', resolve);
        stream.once('end', resolve);
      });
      await pause(20);
    }
  }

  /** An encoded SubscribeGroupMessages of all groups from the beginning. */
  subscribeToEverything() {
    const filters = this.groups.map((groupId) =>
      create(SubscribeGroupMessagesRequest_FilterSchema, { groupId, idCursor: 0n }),
    );
    return toBinary(SubscribeGroupMessagesRequestSchema, create(SubscribeGroupMessagesRequestSchema, { filters }));
  }

  /** So many people open a stream of a group, read its first message or what there is, and leave. */
  async visit(address, count) {
    const visits = Array.from({ length: count }, async (_, i) => {
      const client = open(address);
      const filter = create(SubscribeGroupMessagesRequest_FilterSchema, {
        groupId: this.groups[i % this.groups.length],
        idCursor: 0n,
      });
      const request = toBinary(
        SubscribeGroupMessagesRequestSchema,
        create(SubscribeGroupMessagesRequestSchema, { filters: [filter] }),
      );
      const stream = client.makeServerStreamRequest(SUBSCRIBE, asBuffer, asIs, request);
      stream.on('error', () => {});
      await new Promise((resolve) => stream.once('metadata', resolve).once('status', resolve));
      stream.cancel();
      client.close();
    });
    await Promise.all(visits);
  }

  /** Resolves once so many further publishes are acknowledged. */
  async more(count) {
    const wanted = this.acknowledged.size + count;
    while (this.acknowledged.size < wanted) await pause(10);
  }

  /** Ends the writers, lets the readers read to the end, and judges. @param address a node that is up */
  async judge(address, { dense = true } = {}) {
    this.#writing = false;
    await Promise.all(this.#writers);
    const client = this.#connect(address);
    const stored = [];
    for (const groupId of this.groups) stored.push(await readAll(client, groupId));
    for (const reader of this.readers) {
      const last = stored[reader.group].at(-1)?.id ?? 0n;
      while ((reader.seen.at(-1)?.id ?? 0n) < last) {
        await new Promise((resolve) => {
          reader.wake = resolve;
        });
      }
    }
    this.#reading = false;
    for (const reader of this.readers) reader.cancel?.();
    for (const each of this.#clients) each.close();
    return this.#verdict(stored, dense);
  }

  #verdict(stored, dense) {
    const texts = stored.flatMap((messages, group) => messages.map(({ text }) => `${group} ${text}`));
    const unique = new Set(texts);
    const ids = stored
      .flat()
      .map(({ id }) => id)
      .sort((a, b) => (a < b ? -1 : 1));
    const gaps = dense ? ids.filter((id, index) => id !== BigInt(index + 1)).length : 0;
    const missed = this.readers.reduce((sum, { group, seen }) => {
      const heard = new Set(seen.map(({ id }) => id));
      return sum + stored[group].filter(({ id }) => !heard.has(id)).length;
    }, 0);
    const total = (field) => this.readers.reduce((sum, reader) => sum + reader[field], 0);
    return {
      acknowledged: this.acknowledged.size,
      lost: [...this.acknowledged].filter((text) => !unique.has(text)).length,
      twice: texts.length - unique.size + total('twice'),
      outOfOrder: total('outOfOrder') + total('backwards'),
      missed,
      gaps,
      streams: total('streams'),
      retries: this.retries,
      longestWaitMs: Math.round(this.longestWaitMs),
    };
  }
}

async function readAll(client, groupId) {
  const found = [];
  for (;;) {
    const pagingInfo = create(PagingInfoSchema, {
      ...{ direction: SortDirection.ASCENDING, limit: 100, idCursor: found.at(-1)?.id ?? 0n },
    });
    const request = toBinary(
      QueryGroupMessagesRequestSchema,
      create(QueryGroupMessagesRequestSchema, { groupId, pagingInfo }),
    );
    const { messages } = fromBinary(QueryGroupMessagesResponseSchema, await unary(client, QUERY, request));
    found.push(...messages.map((message) => read(toBinary(GroupMessageSchema, message))));
    if (messages.length < 100) return found;
  }
}
