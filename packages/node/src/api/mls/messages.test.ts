import { MlsApi, SortDirection, WelcomePointerWrapperAlgorithm, WelcomeWrapperAlgorithm } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../../grpc-status.js';
import { bytes } from '../../log/log.testkit.js';
import { startTestNode, TEST_TIME_NS } from '../../node.testkit.js';
import { mlsMessage } from '../material.testkit.js';

const { sendGroupMessages, queryGroupMessages, sendWelcomeMessages, queryWelcomeMessages, getNewestGroupMessage } =
  MlsApi.method;

const group = (data: Uint8Array, fields: object = {}) => ({
  version: { case: 'v1' as const, value: { data, senderHmac: bytes('hmac'), shouldPush: true, ...fields } },
});

const welcome = (fields: object = {}) => ({
  version: {
    case: 'v1' as const,
    value: {
      installationKey: bytes('installation'),
      data: bytes('welcome'),
      hpkePublicKey: bytes('hpke'),
      wrapperAlgorithm: WelcomeWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6,
      welcomeMetadata: bytes('metadata'),
      ...fields,
    },
  },
});

const pointer = (fields: object = {}) => ({
  version: {
    case: 'welcomePointer' as const,
    value: {
      installationKey: bytes('installation'),
      welcomePointer: bytes('pointer'),
      hpkePublicKey: bytes('hpke'),
      wrapperAlgorithm: WelcomePointerWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6,
      ...fields,
    },
  },
});

describe('SendGroupMessages', () => {
  it('takes group and commit flag from the MLS header, and returns every field', async () => {
    const { client } = await startTestNode();
    const commit = mlsMessage('a', 'commit', { contentType: 3 });
    const publicCommit = mlsMessage('a', 'public', { contentType: 3, wireFormat: 1 });
    const messages = [group(commit), group(mlsMessage('a', 'text'), { shouldPush: false }), group(publicCommit)];
    await client.call(sendGroupMessages, { messages });
    const stored = (await client.call(queryGroupMessages, { groupId: bytes('a') })).messages.reverse();
    expect(stored.map(({ version }) => version.value)).toMatchObject([
      { id: 1n, isCommit: true, shouldPush: true, data: commit, groupId: bytes('a'), senderHmac: bytes('hmac') },
      { id: 2n, isCommit: false, shouldPush: false },
      { id: 3n, isCommit: true, data: publicCommit },
    ]);
    for (const { version } of stored) expect(version.value?.createdNs).toBeGreaterThanOrEqual(TEST_TIME_NS);
  });

  it('answers a repeated publish with OK and stores it once', async () => {
    const { client } = await startTestNode();
    const request = { messages: [group(mlsMessage('a', 'once'))] };
    await Promise.all([client.call(sendGroupMessages, request), client.call(sendGroupMessages, request)]);
    await client.call(sendGroupMessages, request);
    expect((await client.call(queryGroupMessages, { groupId: bytes('a') })).messages).toHaveLength(1);
  });

  it.each([
    ['no message', [], 'at least one'],
    ['a message without a version', [{}], 'required field'],
    ['bytes that are no MLSMessage', [group(bytes('not mls'))], 'invalid group message'],
    ['a Welcome', [group(mlsMessage('a', 'x', { wireFormat: 3 }))], 'invalid group message'],
    ['an empty group id', [group(mlsMessage('', 'x'))], 'group_id'],
    ['a header cut off', [group(mlsMessage('a', 'x').subarray(0, 9))], 'invalid group message'],
    ['a good one before a bad one', [group(mlsMessage('a', 'good')), group(bytes('bad'))], 'invalid group message'],
  ])('refuses %s and stores nothing', async (_name, messages, text) => {
    const { client } = await startTestNode();
    const refusal = await client.refusal(sendGroupMessages, { messages });
    expect(refusal.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(refusal.details).toContain(text);
    expect((await client.call(queryGroupMessages, { groupId: bytes('a') })).messages).toHaveLength(0);
  });

  it('takes a message up to the size that clients can read back, and refuses a larger one', async () => {
    const { client } = await startTestNode({ limits: { messageBytes: 10_000 } });
    const sized = (size: number) => ({
      messages: [group(mlsMessage('a', 'x'.repeat(size)), { senderHmac: bytes('') })],
    });
    await client.call(sendGroupMessages, sized(9_900));
    const refusal = await client.refusal(sendGroupMessages, sized(10_001));
    expect(refusal).toMatchObject({ code: GrpcStatus.INVALID_ARGUMENT });
    expect(refusal.details).toContain('larger');
  });

  it('takes 25 MiB by default, and answers a request beyond its own bound with RESOURCE_EXHAUSTED', async () => {
    const { client } = await startTestNode();
    const large = { messages: [group(mlsMessage('a', 'x'.repeat(25 * 1024 * 1024 - 8_192)))] };
    await client.call(sendGroupMessages, large);
    const [message] = (await client.call(queryGroupMessages, { groupId: bytes('a') })).messages;
    expect(message?.version.value?.data.length).toBeGreaterThan(26_000_000);
    const over = await client
      .callRaw('/xmtp.mls.api.v1.MlsApi/SendGroupMessages', new Uint8Array(52_428_801))
      .catch((e) => e);
    expect(over.code).toBe(GrpcStatus.RESOURCE_EXHAUSTED);
  });

  it('answers bytes that are no request with INVALID_ARGUMENT', async () => {
    const { client } = await startTestNode();
    const error = await client
      .callRaw('/xmtp.mls.api.v1.MlsApi/SendGroupMessages', Uint8Array.of(0x0a, 0xff))
      .catch((e) => e);
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(error.details).toContain('not a message of the type');
  });
});

describe('a topic', () => {
  it('is refused when it is longer than an index holds, and nothing is stored', async () => {
    const { client } = await startTestNode({ limits: { topicBytes: 16 } });
    const { sendGroupMessages, sendWelcomeMessages, batchPublishCommitLog } = MlsApi.method;
    const long = 'x'.repeat(17);
    const group = { version: { case: 'v1' as const, value: { data: mlsMessage(long, 'a') } } };
    const refusals = [
      await client.refusal(sendGroupMessages, { messages: [group] }),
      await client.refusal(sendWelcomeMessages, { messages: [welcome({ installationKey: bytes(long) })] }),
      await client.refusal(batchPublishCommitLog, { requests: [{ groupId: bytes(long) }] }),
    ];
    for (const { code, details } of refusals) {
      expect(code).toBe(GrpcStatus.INVALID_ARGUMENT);
      expect(details).toContain('longer than the node stores');
    }
    expect((await client.call(MlsApi.method.queryGroupMessages, { groupId: bytes(long) })).messages).toEqual([]);
  });
});

describe('SendWelcomeMessages', () => {
  it('stores welcomes and pointers in order, with every field', async () => {
    const { client } = await startTestNode();
    const symmetric = welcome({
      data: bytes('symmetric'),
      hpkePublicKey: bytes(''),
      wrapperAlgorithm: WelcomeWrapperAlgorithm.SYMMETRIC_KEY,
    });
    const oldest = welcome({ data: bytes('oldest'), wrapperAlgorithm: WelcomeWrapperAlgorithm.UNSPECIFIED });
    await client.call(sendWelcomeMessages, { messages: [welcome(), symmetric, pointer(), oldest, welcome()] });
    const paging = { direction: SortDirection.ASCENDING };
    const request = { installationKey: bytes('installation'), pagingInfo: paging };
    const { messages } = await client.call(queryWelcomeMessages, request);
    expect(messages.map(({ version }) => [version.case, version.value])).toMatchObject([
      [
        'v1',
        {
          id: 1n,
          data: bytes('welcome'),
          hpkePublicKey: bytes('hpke'),
          wrapperAlgorithm: 2,
          welcomeMetadata: bytes('metadata'),
        },
      ],
      ['v1', { id: 2n, data: bytes('symmetric'), wrapperAlgorithm: 3 }],
      [
        'welcomePointer',
        { id: 3n, welcomePointer: bytes('pointer'), hpkePublicKey: bytes('hpke'), wrapperAlgorithm: 2 },
      ],
      ['v1', { id: 4n, data: bytes('oldest'), wrapperAlgorithm: 1 }],
    ]);
  });

  it.each([
    ['nothing', []],
    ['no version', [{}]],
    ['no data', [welcome({ data: bytes('') })]],
    ['no installation', [welcome({ installationKey: bytes('') })]],
    ['no HPKE key though the algorithm needs one', [welcome({ hpkePublicKey: bytes('') })]],
    ['an unknown algorithm', [welcome({ wrapperAlgorithm: 77 })]],
    ['a pointer without content', [pointer({ welcomePointer: bytes('') })]],
    ['a pointer without HPKE key', [pointer({ hpkePublicKey: bytes('') })]],
    ['a pointer without installation', [pointer({ installationKey: bytes('') })]],
    ['a pointer of another algorithm', [pointer({ wrapperAlgorithm: WelcomePointerWrapperAlgorithm.UNSPECIFIED })]],
    ['a good one before a bad one', [welcome(), welcome({ data: bytes('') })]],
  ])('refuses %s and stores nothing', async (_name, messages) => {
    const { client } = await startTestNode();
    expect((await client.refusal(sendWelcomeMessages, { messages })).code).toBe(GrpcStatus.INVALID_ARGUMENT);
    const stored = await client.call(queryWelcomeMessages, { installationKey: bytes('installation') });
    expect(stored.messages).toHaveLength(0);
  });
});

describe('QueryGroupMessages and QueryWelcomeMessages', () => {
  it('pages as clients expect: descending unless asked, 100 at most, a cursor only on a full page', async () => {
    const { client } = await startTestNode();
    const messages = Array.from({ length: 150 }, (_, i) => group(mlsMessage('a', `${i}`)));
    await client.call(sendGroupMessages, { messages });
    const page = async (pagingInfo?: object) => {
      const answer = await client.call(queryGroupMessages, { groupId: bytes('a'), ...(pagingInfo && { pagingInfo }) });
      const ids = answer.messages.map(({ version }) => Number(version.value?.id));
      const { direction, limit, idCursor } = answer.pagingInfo!;
      return [ids[0], ids.at(-1), ids.length, direction, limit, Number(idCursor)];
    };
    const { ASCENDING, DESCENDING } = SortDirection;
    expect(await page()).toEqual([150, 51, 100, DESCENDING, 100, 51]);
    expect(await page({ limit: 101, idCursor: 51n })).toEqual([50, 1, 50, DESCENDING, 100, 0]);
    expect(await page({ direction: ASCENDING, limit: 100 })).toEqual([1, 100, 100, ASCENDING, 100, 100]);
    expect(await page({ direction: ASCENDING, idCursor: 100n })).toEqual([101, 150, 50, ASCENDING, 100, 0]);
    expect(await page({ direction: ASCENDING, limit: 50, idCursor: 100n })).toEqual([101, 150, 50, ASCENDING, 50, 150]);
    expect(await page({ direction: ASCENDING, idCursor: 150n })).toEqual([undefined, undefined, 0, ASCENDING, 100, 0]);
    expect(await page({ direction: 9, limit: 1 })).toEqual([150, 150, 1, DESCENDING, 1, 150]);
  });

  it('ends a page before it outgrows a client, and names the cursor to go on from', async () => {
    const { client } = await startTestNode({ limits: { pageBytes: 2_500 } });
    await client.call(sendGroupMessages, {
      messages: ['1', '2', '3'].map((t) => group(mlsMessage('a', t.repeat(1_000)))),
    });
    const pagingInfo = { direction: SortDirection.ASCENDING };
    const first = await client.call(queryGroupMessages, { groupId: bytes('a'), pagingInfo });
    expect([first.messages.length, first.pagingInfo?.idCursor]).toEqual([2, 2n]);
  });

  it('refuses an empty topic with UNKNOWN', async () => {
    const { client } = await startTestNode();
    expect((await client.refusal(queryGroupMessages, {})).code).toBe(GrpcStatus.UNKNOWN);
    expect((await client.refusal(queryWelcomeMessages, {})).code).toBe(GrpcStatus.UNKNOWN);
  });
});

describe('GetNewestGroupMessage', () => {
  it('answers by position, unset where a group has no message', async () => {
    const { client } = await startTestNode();
    const data = mlsMessage('a', 'new', { contentType: 3 });
    await client.call(sendGroupMessages, { messages: [group(mlsMessage('a', 'old')), group(data)] });
    const groupIds = [bytes('none'), bytes('a'), bytes('a')];
    const heads = (await client.call(getNewestGroupMessage, { groupIds })).responses;
    expect(heads.map(({ groupMessage }) => groupMessage?.version.value?.id)).toEqual([undefined, 2n, 2n]);
    expect(heads[1]?.groupMessage?.version.value).toMatchObject({ isCommit: true, shouldPush: false, data: bytes('') });
    const [whole] = (await client.call(getNewestGroupMessage, { groupIds: [bytes('a')], includeContent: true }))
      .responses;
    expect(whole?.groupMessage?.version.value).toMatchObject({ data, shouldPush: true, senderHmac: bytes('hmac') });
  });

  it('refuses an empty question', async () => {
    const { client } = await startTestNode();
    expect((await client.refusal(getNewestGroupMessage, {})).code).toBe(GrpcStatus.INVALID_ARGUMENT);
  });
});
