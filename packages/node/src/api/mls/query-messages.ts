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
import { KeptPages } from './kept-pages.js';

/** `MlsApi.QueryGroupMessages`. Refuses an empty group id with UNKNOWN. Pages that many members read are read from the log once. */
export function queryGroupMessages(context: NodeContext): Rpc {
  const pages = new KeptPages(context);
  return unaryRpc(MlsApi.method.queryGroupMessages, ({ groupId, pagingInfo }) =>
    queryTopic(context, 'group', groupId, pagingInfo, pages),
  );
}

/** `MlsApi.QueryWelcomeMessages`. One installation alone reads them. Refuses an empty installation key with UNKNOWN. */
export function queryWelcomeMessages(context: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.queryWelcomeMessages, ({ installationKey, pagingInfo }) =>
    queryTopic(context, 'welcome', installationKey, pagingInfo),
  );
}

/** The encoded answer, which has the same fields for both: 1 the messages, 2 the paging. */
async function queryTopic(
  { log, limits, metrics }: NodeContext,
  kind: TopicKind,
  topic: Uint8Array,
  pagingInfo: PagingInfo | undefined,
  pages?: KeptPages,
): Promise<Uint8Array> {
  checkNamed(topic, kind === 'group' ? 'group_id' : 'installation_key', 0);
  const paging = readPaging(pagingInfo, limits.pageMessages);
  const { direction, cursor, limit: maxMessages } = paging;
  const name = { topic, cursor, limit: maxMessages };
  const kept = direction === 'ascending' ? pages?.get(name) : undefined;
  if (kept !== undefined) {
    metrics.keptPages.inc();
    return kept;
  }
  const page = await log.page({ kind, topic, direction, cursor, maxMessages, maxBytes: limits.pageBytes });
  const messages = page.items.map(({ message }): EncodedField => [1, message]);
  const answer = encodeFields([...messages, [2, encodePaging(paging, page.full, page.items.at(-1)?.id)]]);
  if (page.full && direction === 'ascending') pages?.wasRead(name, answer);
  return answer;
}
