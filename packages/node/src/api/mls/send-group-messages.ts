/**
 * MlsApi.SendGroupMessages: the messages of a call are checked one and all, then stored in one transaction. What the
 * node learns of a message is its MLS header: the group and whether it is a commit. A message whose content is stored
 * already is answered as if it were new, so that a client may repeat a call whose answer it lost.
 *
 * Source: node API section "Sending".
 */

import { EMPTY_BYTES } from '@conclave/crypto';
import { CONTENT_TYPE, peekMlsMessage, WIRE_FORMAT } from '@conclave/mls/messages';
import { MlsApi } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { NodeError, refusal } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { GroupMessageEntry } from '../../log/log.js';
import { checkCount, checkSize, checkTopic } from '../checks.js';
import { encodedUnaryRpc, type Rpc } from '../rpc.js';
import { decodeSendRequest, type SentGroupMessage } from './decode-send-request.js';

/** `MlsApi.SendGroupMessages`. Refuses with `node/invalid-group-message`, a missing field or a size, and stores nothing then. */
export function sendGroupMessages({ log, limits }: NodeContext): Rpc {
  return encodedUnaryRpc(MlsApi.method.sendGroupMessages, async (request) => {
    const messages = decodeSendRequest(request);
    checkCount(messages.length, limits.lookupsPerCall, 'messages');
    await log.append(messages.map((message, index) => readMessage(message, index, limits)));
    return EMPTY_BYTES;
  });
}

/** @throws NodeError `node/missing-field`, `node/message-too-large`, `node/topic-too-long`, `node/invalid-group-message` */
function readMessage(message: SentGroupMessage | undefined, index: number, limits: NodeLimits): GroupMessageEntry {
  if (message === undefined) throw new NodeError('node/missing-field', { field: 'v1', index });
  const { data, senderHmac, shouldPush } = message;
  checkSize(data.length + senderHmac.length, limits.messageBytes, 'messages', index);
  const { groupId, contentType } = readHeader(data, index);
  checkTopic(groupId, 'group_id', limits.topicBytes, index);
  return { kind: 'group', topic: groupId, data, senderHmac, shouldPush, isCommit: contentType === CONTENT_TYPE.commit };
}

function readHeader(data: Uint8Array, index: number): { groupId: Uint8Array; contentType: number | undefined } {
  try {
    const { wireFormat, groupId, contentType } = peekMlsMessage(data);
    const framed = wireFormat === WIRE_FORMAT.publicMessage || wireFormat === WIRE_FORMAT.privateMessage;
    if (!framed || groupId === undefined) throw new NodeError('node/invalid-group-message', { index, wireFormat });
    return { groupId, contentType };
  } catch (error) {
    throw refusal('node/invalid-group-message', error, { index });
  }
}
