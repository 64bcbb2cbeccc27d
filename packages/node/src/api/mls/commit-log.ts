/**
 * MlsApi.BatchPublishCommitLog and BatchQueryCommitLog: signed records that let members notice a forked group. The node
 * checks no signature: only members know whose it should be.
 *
 * Source: node API section "Commit log".
 */
import {
  CommitLogEntrySchema,
  create,
  MlsApi,
  type PublishCommitLogRequest,
  type QueryCommitLogRequest,
  RecoverableEd25519SignatureSchema,
  SortDirection,
  toBinary,
} from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { type EncodedField, encodeFields } from '../../encode-fields.js';
import { NodeError } from '../../errors.js';
import type { NodeLimits } from '../../limits.js';
import type { CommitLogInput, CommitLogStored, Page } from '../../log/log.js';
import { checkCount, checkNamed, checkPresent, checkSize, checkTopic } from '../checks.js';
import { encodePaging, type Paging, readPaging } from '../paging.js';
import { type Rpc, unaryRpc } from '../rpc.js';

/** `MlsApi.BatchPublishCommitLog`. Refuses none or more than ten entries, an entry with an empty part, and one beyond the size bound. */
export function batchPublishCommitLog({ log, limits }: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.batchPublishCommitLog, async ({ requests }) => {
    checkCount(requests.length, limits.commitLogPublishes, 'requests');
    await log.appendCommitLog(requests.map((request, index) => readEntry(request, index, limits)));
    return {};
  });
}

/** `MlsApi.BatchQueryCommitLog`. Refuses none or more than twenty queries, an empty group id, and descending order. */
export function batchQueryCommitLog({ log, limits }: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.batchQueryCommitLog, async ({ requests }) => {
    checkCount(requests.length, limits.commitLogQueries, 'requests');
    const queries = requests.map((request, index) => readQuery(request, index, limits.pageMessages));
    const pages = await log.commitLogPages(
      queries.map(({ groupId, paging }) => ({ groupId, after: paging.cursor, limit: paging.limit })),
    );
    return encodeFields(
      queries.map(
        ({ groupId, paging }, index): EncodedField => [
          1,
          encodePage(groupId, paging, pages[index] as Page<CommitLogStored>),
        ],
      ),
    );
  });
}

/** @throws NodeError `node/missing-field`, `node/topic-too-long`, `node/message-too-large` */
function readEntry(request: PublishCommitLogRequest, index: number, limits: NodeLimits): CommitLogInput {
  const { groupId, serializedCommitLogEntry: entry } = request;
  checkTopic(groupId, 'group_id', limits.topicBytes, index);
  checkPresent(entry, 'serialized_commit_log_entry', index);
  if (request.signature === undefined) throw new NodeError('node/missing-field', { field: 'signature', index });
  const signature = toBinary(RecoverableEd25519SignatureSchema, request.signature);
  checkPresent(signature, 'signature', index);
  checkSize(groupId.length + entry.length + signature.length, limits.commitLogEntryBytes, 'requests', index);
  return { groupId, entry, signature };
}

/** @throws NodeError `node/empty-topic`, `node/descending-commit-log` */
function readQuery({ groupId, pagingInfo }: QueryCommitLogRequest, index: number, maxLimit: number): CommitLogQuery {
  checkNamed(groupId, 'group_id', index);
  if (pagingInfo?.direction === SortDirection.DESCENDING) throw new NodeError('node/descending-commit-log');
  return { groupId, paging: { ...readPaging(pagingInfo, maxLimit), direction: 'ascending' } };
}

interface CommitLogQuery {
  readonly groupId: Uint8Array;
  readonly paging: Paging;
}

function encodePage(groupId: Uint8Array, paging: Paging, page: Page<CommitLogStored>): Uint8Array {
  const entries = page.items.map(({ sequenceId, entry, signature }): EncodedField => {
    const head = toBinary(
      CommitLogEntrySchema,
      create(CommitLogEntrySchema, { sequenceId, serializedCommitLogEntry: entry }),
    );
    return [2, Buffer.concat([head, encodeFields([[3, signature]])])];
  });
  return encodeFields([[1, groupId], ...entries, [3, encodePaging(paging, page.full, page.items.at(-1)?.sequenceId)]]);
}
