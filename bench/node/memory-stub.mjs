/**
 * A node that forgets: the rpcs of the benchmark on @grpc/grpc-js with the messages in memory, nothing checked beyond the
 * group id and nothing written. What a durable node is measured against. Prints `ready` and its address.
 */
import {
  create,
  fromBinary,
  MlsApi,
  PagingInfoSchema,
  QueryGroupMessagesResponseSchema,
  toBinary,
} from '@conclave/proto';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const PAGE = 100;
const topics = new Map();
let lastId = 0n;

function topicOf(groupId) {
  const key = Buffer.from(groupId).toString('latin1');
  let topic = topics.get(key);
  if (topic === undefined) {
    topic = { messages: [], calls: new Set() };
    topics.set(key, topic);
  }
  return topic;
}

/** The group id stands behind versions and its length (RFC 9420 section 6). */
const groupIdOf = (data) => data.subarray(5, 5 + (data[4] ?? 0));

const handlers = {
  sendGroupMessages(call, answer) {
    for (const { version } of call.request.messages) {
      const { data, senderHmac, shouldPush } = version.value;
      const groupId = groupIdOf(data);
      const createdNs = BigInt(Date.now()) * 1_000_000n;
      const value = { id: ++lastId, createdNs, groupId, data, senderHmac, shouldPush, isCommit: false };
      const topic = topicOf(groupId);
      const message = create(MlsApi.method.subscribeGroupMessages.output, { version: { case: 'v1', value } });
      topic.messages.push(message);
      for (const stream of topic.calls) stream.write(message);
    }
    answer(null, create(MlsApi.method.sendGroupMessages.output, {}));
  },
  queryGroupMessages(call, answer) {
    const messages = topicOf(call.request.groupId).messages.slice(0, PAGE);
    const pagingInfo = create(PagingInfoSchema, { limit: PAGE });
    answer(null, create(QueryGroupMessagesResponseSchema, { messages, pagingInfo }));
  },
  getNewestGroupMessage: (call, answer) =>
    answer(
      null,
      create(MlsApi.method.getNewestGroupMessage.output, { responses: call.request.groupIds.map(() => ({})) }),
    ),
  subscribeGroupMessages(call) {
    for (const { groupId, idCursor } of call.request.filters) {
      const topic = topicOf(groupId);
      for (const message of topic.messages) if (message.version.value.id > idCursor) call.write(message);
      topic.calls.add(call);
      call.on('cancelled', () => topic.calls.delete(call));
    }
    call.sendMetadata(call.metadata.clone());
  },
};

const definition = Object.fromEntries(
  Object.keys(handlers).map((name) => {
    const method = MlsApi.method[name];
    return [
      name,
      {
        path: `/${method.parent.typeName}/${method.name}`,
        requestStream: false,
        responseStream: method.methodKind === 'server_streaming',
        requestSerialize: (value) => Buffer.from(toBinary(method.input, value)),
        requestDeserialize: (bytes) => fromBinary(method.input, bytes),
        responseSerialize: (value) => Buffer.from(toBinary(method.output, value)),
        responseDeserialize: (bytes) => fromBinary(method.output, bytes),
      },
    ];
  }),
);

const server = new Server({ 'grpc.max_receive_message_length': -1 });
server.addService(definition, handlers);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`ready http://127.0.0.1:${port}\n`);
});
