import { MlsApi, SortDirection } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../../grpc-status.js';
import { bytes } from '../../log/log.testkit.js';
import { startTestNode } from '../../node.testkit.js';

const { batchPublishCommitLog, batchQueryCommitLog } = MlsApi.method;
const entry = (group: string, text: string, fields: object = {}) => ({
  groupId: bytes(group),
  serializedCommitLogEntry: bytes(text),
  signature: { bytes: bytes('signature'), publicKey: bytes('key') },
  ...fields,
});

describe('the commit log', () => {
  it('appends without looking for copies and pages in order', async () => {
    const { client } = await startTestNode();
    const requests = [entry('a', '1'), entry('b', '2'), entry('a', '1'), entry('a', '3')];
    await client.call(batchPublishCommitLog, { requests });
    const query = (group: string, pagingInfo: object) => ({ groupId: bytes(group), pagingInfo });
    const { responses } = await client.call(batchQueryCommitLog, {
      requests: [query('a', { limit: 2 }), query('none', {}), query('a', { idCursor: 3n, limit: 2 })],
    });
    expect(responses.map((page) => page.commitLogEntries.map(({ sequenceId }) => Number(sequenceId)))).toEqual([
      [1, 3],
      [],
      [4],
    ]);
    expect(responses.map((page) => Number(page.pagingInfo?.idCursor))).toEqual([3, 0, 0]);
    expect(responses.map((page) => page.pagingInfo?.direction)).toEqual(Array(3).fill(SortDirection.ASCENDING));
    expect(responses[2]?.groupId).toEqual(bytes('a'));
    expect(responses[2]?.commitLogEntries[0]).toMatchObject({
      serializedCommitLogEntry: bytes('3'),
      signature: { bytes: bytes('signature'), publicKey: bytes('key') },
    });
  });

  it.each([
    ['no entry', []],
    ['eleven entries', Array.from({ length: 11 }, (_, i) => entry('a', `${i}`))],
    ['no group', [entry('', '1')]],
    ['no content', [entry('a', '')]],
    ['no signature', [entry('a', '1', { signature: undefined })]],
    ['an empty signature', [entry('a', '1', { signature: {} })]],
    ['an entry larger than any real one', [entry('a', 'x'.repeat(9_000))]],
  ])('refuses to publish %s', async (_name, requests) => {
    const { client } = await startTestNode();
    expect((await client.refusal(batchPublishCommitLog, { requests })).code).toBe(GrpcStatus.INVALID_ARGUMENT);
    const { responses } = await client.call(batchQueryCommitLog, { requests: [{ groupId: bytes('a') }] });
    expect(responses[0]?.commitLogEntries).toEqual([]);
  });

  it('refuses a query of nothing, of too much, of no group, and downwards', async () => {
    const { client } = await startTestNode();
    const status = async (requests: object[]) => (await client.refusal(batchQueryCommitLog, { requests })).code;
    expect(await status([])).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(await status(Array(21).fill({ groupId: bytes('a') }))).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(await status([{}])).toBe(GrpcStatus.UNKNOWN);
    const downwards = { groupId: bytes('a'), pagingInfo: { direction: SortDirection.DESCENDING } };
    expect(await status([downwards])).toBe(GrpcStatus.UNKNOWN);
  });
});
