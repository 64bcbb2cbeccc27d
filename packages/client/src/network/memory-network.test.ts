import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { getCipherSuite, MlsGroup } from '@conclave/mls';
import {
  create,
  type GroupMessage_V1,
  GroupMessageInputSchema,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SendGroupMessagesRequestSchema,
  SendWelcomeMessagesRequestSchema,
  SortDirection,
  SubscribeGroupMessagesRequestSchema,
  SubscribeWelcomeMessagesRequestSchema,
} from '@conclave/proto';
import { MemoryNode, memoryNetwork } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { testHost } from '../host.testkit.js';
import { inboxCredential } from '../identity/credential.js';
import { KEY_PACKAGE_CAPABILITIES, leafLifetime, XMTP_CIPHER_SUITE } from '../identity/key-package.js';
import { Refusals } from '../refusals.js';
import { GRPC_STATUS } from './errors.js';
import { withRetries } from './retry.js';

/** The test kit has to keep the node's rules, or the tests above it prove nothing. */
describe('the node in memory', () => {
  const suite = getCipherSuite(XMTP_CIPHER_SUITE, nodeCrypto);

  function setup() {
    const host = testHost();
    const node = new MemoryNode(nodeCrypto, () => host.nowNs());
    const network = memoryNetwork(node);
    const group = MlsGroup.create({
      suite,
      groupId: nodeCrypto.random(16),
      extensions: [],
      leaf: {
        credential: inboxCredential('ab'.repeat(32)),
        capabilities: KEY_PACKAGE_CAPABILITIES,
        extensions: [],
        lifetime: leafLifetime(host.nowNs()),
      },
      signatureKey: nodeCrypto.signaturePrivateKey(nodeCrypto.random(32)),
      random: nodeCrypto.random,
    });
    const messageBytes = () => group.createApplicationMessage(nodeCrypto.random(10), nodeCrypto.random);
    const send = (...all: Uint8Array[]) => {
      const messages = all.map((data) => create(GroupMessageInputSchema, { version: { case: 'v1', value: { data } } }));
      return network.sendGroupMessages(create(SendGroupMessagesRequestSchema, { messages }));
    };
    return { host, node, network, group, messageBytes, send };
  }

  const idsOf = (messages: readonly { version: { value?: unknown } }[]) =>
    messages.map(({ version }) => (version.value as GroupMessage_V1).id);

  it('pages a group both ways, with exclusive cursors and at most 100 a page', async () => {
    const { network, group, messageBytes, send } = setup();
    await send(...Array.from({ length: 205 }, messageBytes));
    const query = async (direction: SortDirection, idCursor: bigint, limit = 0) => {
      const pagingInfo = create(PagingInfoSchema, { direction, idCursor, limit });
      const request = create(QueryGroupMessagesRequestSchema, { groupId: group.groupId, pagingInfo });
      const answer = await network.queryGroupMessages(request);
      return { ids: idsOf(answer.messages), next: answer.pagingInfo?.idCursor };
    };
    const first = await query(SortDirection.ASCENDING, 0n);
    expect([first.ids[0], first.ids.at(-1), first.next]).toEqual([1n, 100n, 100n]);
    const last = await query(SortDirection.ASCENDING, 200n);
    expect([last.ids, last.next]).toEqual([[201n, 202n, 203n, 204n, 205n], 0n]);
    const back = await query(SortDirection.DESCENDING, 0n, 2);
    expect([back.ids, back.next]).toEqual([[205n, 204n], 204n]);
    expect((await query(SortDirection.UNSPECIFIED, 3n)).ids).toEqual([2n, 1n]);
    expect((await query(SortDirection.ASCENDING, 0n, 1000)).ids).toHaveLength(100);
  });

  it('stores the same bytes once, and tells commits from messages by their header', async () => {
    const { node, group, messageBytes, send } = setup();
    const message = messageBytes();
    const { message: commit } = group.createCommit({ proposals: [], random: nodeCrypto.random });
    await send(message, commit);
    await send(message);
    const stored = node.groupMessages.get(toHex(group.groupId)) ?? [];
    expect(stored.map(({ version }) => (version.value as GroupMessage_V1).isCommit)).toEqual([false, true]);
  });

  it('refuses what the node refuses', async () => {
    const { network, send } = setup();
    const invalid = expect.objectContaining({ status: GRPC_STATUS.INVALID_ARGUMENT });
    await expect(send()).rejects.toThrow(invalid);
    await expect(send(Uint8Array.of(1, 2, 3))).rejects.toThrow(invalid);
    await expect(network.sendWelcomeMessages(create(SendWelcomeMessagesRequestSchema))).rejects.toThrow(invalid);
    const withoutKey = create(SendWelcomeMessagesRequestSchema, {
      messages: [{ version: { case: 'v1', value: { installationKey: new Uint8Array(32), data: new Uint8Array(1) } } }],
    });
    await expect(network.sendWelcomeMessages(withoutKey)).rejects.toThrow(invalid);
  });

  it('streams history after the cursor and then what comes, each message once, until it is ended', async () => {
    const { network, group, messageBytes, send } = setup();
    await send(messageBytes(), messageBytes(), messageBytes());
    const controller = new AbortController();
    let opened = 0;
    const request = create(SubscribeGroupMessagesRequestSchema, {
      filters: [{ groupId: group.groupId, idCursor: 1n }],
    });
    const stream = network.subscribeGroupMessages(request, { signal: controller.signal, onOpen: () => opened++ });
    const seen: bigint[] = [];
    for await (const message of stream) {
      seen.push(...idsOf([message]));
      if (seen.length === 2) await send(messageBytes());
      if (seen.length === 3) controller.abort();
    }
    expect([seen, opened, network.openStreams]).toEqual([[2n, 3n, 4n], 1, 0]);
  });

  it('breaks streams when a test wants it, and an aborted one ends quietly', async () => {
    const { network, host } = setup();
    const controller = new AbortController();
    const request = create(SubscribeWelcomeMessagesRequestSchema, {
      filters: [{ installationKey: new Uint8Array(32) }],
    });
    const read = async (signal: AbortSignal) => {
      for await (const _ of withRetries(network, host, new Refusals()).subscribeWelcomeMessages(request, { signal }))
        throw new RangeError('unexpected');
    };
    const broken = read(controller.signal);
    network.breakStreams();
    await expect(broken).rejects.toThrow(expect.objectContaining({ status: GRPC_STATUS.UNAVAILABLE }));
    const quiet = read(controller.signal);
    controller.abort();
    await expect(quiet).resolves.toBe(undefined);
  });
});
