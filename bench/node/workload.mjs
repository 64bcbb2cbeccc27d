/** What the node is asked in its benchmark: encoded requests of the shapes that clients send. */
import { randomBytes } from 'node:crypto';
import {
  create,
  fromBinary,
  GetNewestGroupMessageRequestSchema,
  GroupMessageInputSchema,
  GroupMessageSchema,
  MlsApi,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SendGroupMessagesRequestSchema,
  SortDirection,
  SubscribeGroupMessagesRequest_FilterSchema,
  SubscribeGroupMessagesRequestSchema,
  toBinary,
} from '@conclave/proto';

const pathOf = (method) => `/${method.parent.typeName}/${method.name}`;

/** Paths of the rpcs. */
export const SEND = pathOf(MlsApi.method.sendGroupMessages);
export const QUERY = pathOf(MlsApi.method.queryGroupMessages);
export const NEWEST = pathOf(MlsApi.method.getNewestGroupMessage);
export const SUBSCRIBE = pathOf(MlsApi.method.subscribeGroupMessages);

/** Bytes of a message's content. */
export const MESSAGE_BYTES = 1024;

/** An MLSMessage of the shape that the node looks at: a PrivateMessage with application content (RFC 9420 section 6.3). */
export function groupMessage(groupId, bytes = MESSAGE_BYTES) {
  const header = [0, 1, 0, 2, groupId.length, ...groupId, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0];
  const ciphertext = randomBytes(bytes - header.length - 31);
  const length = [0x40 | (ciphertext.length >> 8), ciphertext.length & 255];
  return Buffer.concat([Buffer.from([...header, 28]), randomBytes(28), Buffer.from(length), ciphertext]);
}

/** SendGroupMessages with fresh messages. */
export function sendRequest(groupId, count = 1) {
  const messages = Array.from({ length: count }, () =>
    create(GroupMessageInputSchema, {
      version: { case: 'v1', value: { data: groupMessage(groupId), senderHmac: randomBytes(32), shouldPush: false } },
    }),
  );
  return toBinary(SendGroupMessagesRequestSchema, create(SendGroupMessagesRequestSchema, { messages }));
}

const HMAC_FIELD_BYTES = 2 + 32;
const NUMBER_BYTES = 6;

/**
 * Publishes of one message each to some groups. Every message carries a number behind its content, so that at the end all that was
 * acknowledged is looked for among what is stored.
 */
export class NumberedPublishes {
  #groups;
  #number = 0;

  constructor(groups) {
    this.#groups = Array.from({ length: groups }, () => {
      const groupId = randomBytes(16);
      return { groupId, request: sendRequest(groupId), acknowledged: new Set() };
    });
  }

  /** Publishes to the lane's group: `call(path, request, mark)`, where `mark` writes the number into the request as it leaves. */
  async publish(lane, call) {
    const { request, acknowledged } = this.#groups[lane % this.#groups.length];
    const number = ++this.#number;
    await call(SEND, request, (bytes, end) =>
      bytes.writeUIntBE(number, end - HMAC_FIELD_BYTES - NUMBER_BYTES, NUMBER_BYTES),
    );
    acknowledged.add(number);
  }

  /** Reads every group. @throws when something that was acknowledged is not there once, or the ids do not rise */
  async checkStored(collect) {
    for (const { groupId, acknowledged } of this.#groups) {
      if (acknowledged.size === 0) continue;
      const stored = await collect(SUBSCRIBE, subscribeRequest([groupId]), acknowledged.size);
      let lastId = 0n;
      for (const bytes of stored) {
        const { id, data } = fromBinary(GroupMessageSchema, bytes).version.value;
        const number = Buffer.from(data.buffer, data.byteOffset, data.length).readUIntBE(
          data.length - NUMBER_BYTES,
          NUMBER_BYTES,
        );
        if (id <= lastId || !acknowledged.delete(number))
          throw new Error(`Message ${number} with id ${id} should not be here.`);
        lastId = id;
      }
      if (acknowledged.size > 0) throw new Error(`${acknowledged.size} acknowledged messages are not stored.`);
    }
  }
}

/** QueryGroupMessages, ascending from the beginning. */
export function queryRequest(groupId, limit, direction = SortDirection.ASCENDING) {
  const pagingInfo = create(PagingInfoSchema, { direction, limit, idCursor: 0n });
  return toBinary(QueryGroupMessagesRequestSchema, create(QueryGroupMessagesRequestSchema, { groupId, pagingInfo }));
}

/** The same from the newest message on, which may be another with every call. */
export const newestPageRequest = (groupId, limit) => queryRequest(groupId, limit, SortDirection.DESCENDING);

/** GetNewestGroupMessage of a group that nobody knows: the smallest call there is. */
export function smallestRequest() {
  return toBinary(
    GetNewestGroupMessageRequestSchema,
    create(GetNewestGroupMessageRequestSchema, { groupIds: [randomBytes(16)], includeContent: false }),
  );
}

/** SubscribeGroupMessages from a cursor on. */
export function subscribeRequest(groupIds, idCursor = 0n) {
  const filters = groupIds.map((groupId) => create(SubscribeGroupMessagesRequest_FilterSchema, { groupId, idCursor }));
  return toBinary(SubscribeGroupMessagesRequestSchema, create(SubscribeGroupMessagesRequestSchema, { filters }));
}

/** Calls one after the other in `inFlight` lanes for a while. @returns how many were made in how many seconds */
export async function load(inFlight, ms, call) {
  const start = performance.now();
  const lanes = Array.from({ length: inFlight }, async (_, lane) => {
    let done = 0;
    while (performance.now() < start + ms) {
      await call(lane);
      done++;
    }
    return done;
  });
  const done = (await Promise.all(lanes)).reduce((sum, each) => sum + each, 0);
  return { done, seconds: (performance.now() - start) / 1000 };
}
