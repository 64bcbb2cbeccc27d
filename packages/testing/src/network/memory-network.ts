/**
 * A client's port to a MemoryNode, with the faults a network has: calls that fail before they arrive, answers that are
 * lost on the way back, streams that break.
 */
import {
  answerTooLarge,
  GRPC_STATUS,
  type Network,
  NetworkError,
  type StreamCall,
  type SubscribeOptions,
  type UnaryCall,
  type UnaryMethod,
} from '@conclave/client';
import { toHex } from '@conclave/crypto';
import {
  BatchQueryCommitLogResponseSchema,
  create,
  EmptySchema,
  FetchKeyPackagesResponseSchema,
  GetIdentityUpdatesResponseSchema,
  GetInboxIdsResponseSchema,
  GetNewestGroupMessageResponseSchema,
  type GroupMessage,
  PublishIdentityUpdateResponseSchema,
  QueryGroupMessagesResponseSchema,
  QueryWelcomeMessagesResponseSchema,
  VerifySmartContractWalletSignaturesResponseSchema,
  type WelcomeMessage,
} from '@conclave/proto';
import { copyOf, encodedLength, idOf, type MemoryNode, pageOf, withoutContent } from './memory-node.js';

/** What a test may do to a call. Throwing in `before` keeps it from the node, in `after` loses the answer. */
export interface CallHooks {
  before?: (method: UnaryMethod, request: unknown) => void | Promise<void>;
  after?: (method: UnaryMethod, request: unknown, response: unknown) => void | Promise<void>;
}

/** Calls whose answers may be of any size. */
const READS: ReadonlySet<UnaryMethod> = new Set<UnaryMethod>([
  'queryGroupMessages',
  'queryWelcomeMessages',
  'queryCommitLog',
  'fetchKeyPackages',
  'getIdentityUpdates',
]);

function checkSize(node: MemoryNode, method: string, answer: { readonly $typeName: string }): void {
  if (node.answerBytes !== Number.POSITIVE_INFINITY && encodedLength(answer) > node.answerBytes) {
    throw answerTooLarge(method);
  }
}

/** A Network over a MemoryNode. */
export interface MemoryNetwork extends Network {
  readonly node: MemoryNode;
  /** Names of the calls made, in order. */
  readonly calls: UnaryMethod[];
  /** Faults of this client; set and cleared by tests. */
  hooks: CallHooks;
  /** Breaks every open stream, as a node does that restarts. */
  breakStreams(): void;
  /** Streams open now. */
  readonly openStreams: number;
}

/** A new client of the node. */
export function memoryNetwork(node: MemoryNode): MemoryNetwork {
  const calls: UnaryMethod[] = [];
  const breakers = new Set<() => void>();
  const network: { hooks: CallHooks } = { hooks: {} };

  function unary<Request, Response>(
    method: UnaryMethod,
    answer: (request: Request) => Response,
  ): UnaryCall<Request, Response> {
    return async (request, signal) => {
      if (signal?.aborted) throw new NetworkError(GRPC_STATUS.CANCELLED, { method });
      calls.push(method);
      await network.hooks.before?.(method, request);
      const response = answer(request);
      await network.hooks.after?.(method, request, response);
      if (READS.has(method)) checkSize(node, method, response as never);
      return response;
    };
  }

  const empty = () => create(EmptySchema);
  const unaryCalls: Pick<Network, UnaryMethod> = {
    uploadKeyPackage: unary('uploadKeyPackage', (request) => {
      node.uploadKeyPackage(request.keyPackage?.keyPackageTlsSerialized ?? new Uint8Array(0));
      return empty();
    }),
    fetchKeyPackages: unary('fetchKeyPackages', ({ installationKeys }) =>
      create(FetchKeyPackagesResponseSchema, {
        keyPackages: installationKeys.map((key) => ({
          keyPackageTlsSerialized: node.keyPackages.get(toHex(key)) ?? new Uint8Array(0),
        })),
      }),
    ),
    sendGroupMessages: unary('sendGroupMessages', ({ messages }) => {
      node.sendGroupMessages(messages);
      return empty();
    }),
    sendWelcomeMessages: unary('sendWelcomeMessages', ({ messages }) => {
      node.sendWelcomeMessages(messages);
      return empty();
    }),
    queryGroupMessages: unary('queryGroupMessages', ({ groupId, pagingInfo }) => {
      if (groupId.length === 0) throw new NetworkError(GRPC_STATUS.UNKNOWN, { reason: 'group id is empty' });
      const answer = pageOf(node.groupMessages.get(toHex(groupId)) ?? [], pagingInfo, node.pageBytes);
      return create(QueryGroupMessagesResponseSchema, {
        messages: answer.page.map(copyOf),
        pagingInfo: answer.pagingInfo,
      });
    }),
    queryWelcomeMessages: unary('queryWelcomeMessages', ({ installationKey, pagingInfo }) => {
      if (installationKey.length === 0) throw new NetworkError(GRPC_STATUS.UNKNOWN, { reason: 'key is empty' });
      const answer = pageOf(node.welcomes.get(toHex(installationKey)) ?? [], pagingInfo, node.pageBytes);
      return create(QueryWelcomeMessagesResponseSchema, {
        messages: answer.page.map(copyOf),
        pagingInfo: answer.pagingInfo,
      });
    }),
    publishCommitLog: unary('publishCommitLog', ({ requests }) => {
      node.publishCommitLog(requests);
      return empty();
    }),
    queryCommitLog: unary('queryCommitLog', ({ requests }) =>
      create(BatchQueryCommitLogResponseSchema, {
        responses: requests.map(({ groupId, pagingInfo }) => {
          const answer = pageOf(node.commitLogs.get(toHex(groupId)) ?? [], pagingInfo);
          return { groupId, commitLogEntries: answer.page, pagingInfo: answer.pagingInfo };
        }),
      }),
    ),
    newestGroupMessages: unary('newestGroupMessages', ({ groupIds, includeContent }) =>
      create(GetNewestGroupMessageResponseSchema, {
        responses: groupIds.map((groupId) => {
          const newest = node.groupMessages.get(toHex(groupId))?.at(-1);
          if (newest === undefined) return {};
          return { groupMessage: includeContent ? newest : withoutContent(newest) };
        }),
      }),
    ),
    publishIdentityUpdate: unary('publishIdentityUpdate', ({ identityUpdate }) => {
      node.publishIdentityUpdate(identityUpdate);
      return create(PublishIdentityUpdateResponseSchema);
    }),
    getIdentityUpdates: unary('getIdentityUpdates', ({ requests }) =>
      create(GetIdentityUpdatesResponseSchema, {
        responses: requests.map(({ inboxId, sequenceId }) => ({
          inboxId,
          updates: node.identityUpdates(inboxId, sequenceId),
        })),
      }),
    ),
    getInboxIds: unary('getInboxIds', ({ requests }) =>
      create(GetInboxIdsResponseSchema, {
        responses: requests.map(({ identifier }) => {
          const inboxId = node.inboxOf(identifier);
          return inboxId === undefined ? { identifier } : { identifier, inboxId };
        }),
      }),
    ),
    verifySmartContractWalletSignatures: unary('verifySmartContractWalletSignatures', ({ signatures }) =>
      create(VerifySmartContractWalletSignaturesResponseSchema, {
        responses: signatures.map(({ accountId, hash, signature, blockNumber }) =>
          node.askChain({ accountId, digest: hash, signature, blockNumber }),
        ),
      }),
    ),
  };

  /** History after the cursors, then what is stored from the subscription on; each id of a topic once, in order. */
  function stream<
    Request extends { filters: readonly { idCursor: bigint }[] },
    Message extends GroupMessage | WelcomeMessage,
  >(kind: 'group' | 'welcome', topicOf: (filter: Request['filters'][number]) => string): StreamCall<Request, Message> {
    return async function* (request: Request, options: SubscribeOptions) {
      const stored = (kind === 'group' ? node.groupMessages : node.welcomes) as Map<string, Message[]>;
      const marks = new Map(request.filters.map((filter) => [topicOf(filter), filter.idCursor]));
      const queue: Message[] = [];
      let wake = (): void => {};
      let isBroken = false;
      for (const [topic, cursor] of marks)
        queue.push(...(stored.get(topic) ?? []).filter((each) => idOf(each) > cursor));
      const stop = node.onStored((each) => {
        if (each.kind !== kind || !marks.has(each.topic)) return;
        queue.push(each.message as Message);
        wake();
      });
      const breakStream = (): void => {
        isBroken = true;
        wake();
      };
      const onAbort = (): void => wake();
      breakers.add(breakStream);
      options.signal.addEventListener('abort', onAbort);
      try {
        options.onOpen?.();
        while (!options.signal.aborted) {
          if (isBroken) throw new NetworkError(GRPC_STATUS.UNAVAILABLE, { reason: 'the node restarts' });
          const next = queue.shift();
          if (next !== undefined) {
            checkSize(node, kind, next);
            yield copyOf(next);
          } else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        stop();
        breakers.delete(breakStream);
        options.signal.removeEventListener('abort', onAbort);
      }
    };
  }

  return {
    ...unaryCalls,
    subscribeGroupMessages: stream('group', (filter) =>
      toHex((filter as { groupId: Uint8Array } & typeof filter).groupId),
    ),
    subscribeWelcomeMessages: stream('welcome', (filter) =>
      toHex((filter as { installationKey: Uint8Array } & typeof filter).installationKey),
    ),
    node,
    calls,
    get hooks() {
      return network.hooks;
    },
    set hooks(hooks: CallHooks) {
      network.hooks = hooks;
    },
    breakStreams: () => {
      for (const breakStream of [...breakers]) breakStream();
    },
    get openStreams() {
      return breakers.size;
    },
  };
}
