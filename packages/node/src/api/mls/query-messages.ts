/**
 * MlsApi.QueryGroupMessages and QueryWelcomeMessages: one page of one topic.
 *
 * Source: node API section "Reading".
 */
import { MlsApi, type PagingInfo } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { type EncodedField, encodeFields } from '../../encode-fields.js';
import type { TopicKind } from '../../log/log.js';
import { checkNamed } from '../checks.js';
import { encodePaging, readPaging } from '../paging.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `MlsApi.QueryGroupMessages`. Refuses an empty group id with UNKNOWN. */
export function queryGroupMessages(context: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.queryGroupMessages, ({ groupId, pagingInfo }) =>
    queryTopic(context, 'group', groupId, pagingInfo),
  );
}

/** `MlsApi.QueryWelcomeMessages`. Refuses an empty installation key with UNKNOWN. */
export function queryWelcomeMessages(context: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.queryWelcomeMessages, ({ installationKey, pagingInfo }) =>
    queryTopic(context, 'welcome', installationKey, pagingInfo),
  );
}

/** The encoded answer, which has the same fields for both: 1 the messages, 2 the paging. */
async function queryTopic(
  { log, limits }: NodeContext,
  kind: TopicKind,
  topic: Uint8Array,
  pagingInfo: PagingInfo | undefined,
): Promise<Uint8Array> {
  checkNamed(topic, kind === 'group' ? 'group_id' : 'installation_key', 0);
  const paging = readPaging(pagingInfo, limits.pageMessages);
  const { direction, cursor, limit: maxMessages } = paging;
  const page = await log.page({ kind, topic, direction, cursor, maxMessages, maxBytes: limits.pageBytes });
  const messages = page.items.map(({ message }): EncodedField => [1, message]);
  return encodeFields([...messages, [2, encodePaging(paging, page.full, page.items.at(-1)?.id)]]);
}
