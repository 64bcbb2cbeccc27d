/**
 * A node in memory with the semantics of xmtp-node-go: global serial ids, per-topic order, exclusive cursors, pages of
 * 100, duplicates stored once, identity updates validated before they are appended.
 */
import { GRPC_STATUS, NetworkError } from '@conclave/client';
import { ConclaveError, type CryptoProvider, concatBytes, toHex } from '@conclave/crypto';
import {
  type AssociationState,
  applyUpdates,
  type ContractWalletQuery,
  identifiersOf,
  identifierText,
  identityUpdateFromProto,
  SignatureCache,
  verifyUpdate,
} from '@conclave/identity';
import { decodeKeyPackage, peekMlsMessage } from '@conclave/mls';
import {
  BatchQueryCommitLogResponseSchema,
  type CommitLogEntry,
  CommitLogEntrySchema,
  create,
  FetchKeyPackagesResponseSchema,
  fromBinary,
  GetIdentityUpdatesResponseSchema,
  type GroupMessage,
  type GroupMessage_V1,
  type GroupMessageInput,
  GroupMessageSchema,
  type IdentityUpdate,
  type PagingInfo,
  PagingInfoSchema,
  type PublishCommitLogRequest,
  QueryGroupMessagesResponseSchema,
  QueryWelcomeMessagesResponseSchema,
  SortDirection,
  toBinary,
  type WelcomeMessage,
  type WelcomeMessageInput,
  WelcomeMessageSchema,
  WelcomeWrapperAlgorithm,
} from '@conclave/proto';
import { TestingError } from '../errors.js';
import { isApproved } from '../wallet.js';

/** Entries of a full page. */
const PAGE_SIZE = 100;
/** Updates that an inbox log may have. */
const MAX_UPDATES = 256;
const COMMIT_CONTENT_TYPE = 3;

/** An entry of an identity log. */
export interface LoggedUpdate {
  readonly sequenceId: bigint;
  readonly serverTimestampNs: bigint;
  readonly update: IdentityUpdate;
}

/** What `onStored` tells of. */
export type Stored = { readonly topic: string } & (
  | { readonly kind: 'group'; readonly message: GroupMessage }
  | { readonly kind: 'welcome'; readonly message: WelcomeMessage }
);

function refuse(reason: string, cause?: unknown): NetworkError {
  return new NetworkError(GRPC_STATUS.INVALID_ARGUMENT, { reason }, cause);
}

/** The node's state and rules; `memory-network.ts` gives clients their port to it. */
export class MemoryNode {
  readonly inboxLogs = new Map<string, LoggedUpdate[]>();
  readonly keyPackages = new Map<string, Uint8Array>();
  readonly groupMessages = new Map<string, GroupMessage[]>();
  readonly welcomes = new Map<string, WelcomeMessage[]>();
  readonly commitLogs = new Map<string, CommitLogEntry[]>();
  /** What was verified in this process, by the node or by clients that share it: everybody reads the same logs. */
  readonly signatureCache = new SignatureCache();
  /** Bytes of messages from which on a page is cut short; one message at least is in each. */
  pageBytes = Number.POSITIVE_INFINITY;
  /** Largest answer that the transports of clients take. */
  answerBytes = Number.POSITIVE_INFINITY;
  /** Block that an unpinned contract wallet question is answered at. */
  newestBlock = 12_345n;
  readonly #crypto: CryptoProvider;
  readonly #nowNs: () => bigint;
  readonly #states = new Map<string, AssociationState>();
  readonly #stored = new Set<string>();
  readonly #listeners = new Set<(stored: Stored) => void>();
  #nextSequenceId = 1n;
  #nextGroupMessageId = 1n;
  #nextWelcomeId = 1n;
  #nextCommitLogId = 1n;
  #lastStampNs = 0n;

  constructor(crypto: CryptoProvider, nowNs: () => bigint) {
    this.#crypto = crypto;
    this.#nowNs = nowNs;
  }

  publishIdentityUpdate(update: IdentityUpdate | undefined): void {
    try {
      const signed = identityUpdateFromProto(update);
      const log = this.inboxLogs.get(signed.inboxId) ?? [];
      if (log.length >= MAX_UPDATES) throw new NetworkError(GRPC_STATUS.UNKNOWN, { reason: 'inbox log is full' });
      const contractWallet = (query: ContractWalletQuery) => this.askChain(query);
      const verified = verifyUpdate({ crypto: this.#crypto, contractWallet, cache: this.signatureCache }, signed);
      this.#states.set(signed.inboxId, applyUpdates(this.#states.get(signed.inboxId), [verified]));
      const entry = {
        sequenceId: this.#nextSequenceId++,
        serverTimestampNs: this.#nowNs(),
        update: update as IdentityUpdate,
      };
      this.inboxLogs.set(signed.inboxId, [...log, entry]);
    } catch (error) {
      if (error instanceof NetworkError || !(error instanceof ConclaveError)) throw error;
      throw refuse(error.code, error);
    }
  }

  askChain(query: ContractWalletQuery): { isValid: boolean; blockNumber: bigint } {
    return {
      isValid: isApproved(query.digest, query.signature),
      blockNumber: query.blockNumber ?? this.newestBlock,
    };
  }

  identityUpdates(inboxId: string, after: bigint): LoggedUpdate[] {
    return (this.inboxLogs.get(inboxId) ?? []).filter(({ sequenceId }) => sequenceId > after);
  }

  /** The inbox whose newest association with the address stands; passkeys are not indexed. */
  inboxOf(identifier: string): string | undefined {
    let found: { inboxId: string; sequenceId: bigint } | undefined;
    for (const [inboxId, log] of this.inboxLogs) {
      const state = this.#states.get(inboxId) as AssociationState;
      const isIn = identifiersOf(state).some((each) => each.kind === 'ethereum' && identifierText(each) === identifier);
      if (!isIn) continue;
      const sequenceId = lastMention(log, identifier);
      if (found === undefined || sequenceId > found.sequenceId) found = { inboxId, sequenceId };
    }
    return found?.inboxId;
  }

  uploadKeyPackage(bytes: Uint8Array): void {
    try {
      this.keyPackages.set(toHex(decodeKeyPackage(bytes).leafNode.signatureKey), bytes.slice());
    } catch (error) {
      throw refuse('invalid key package', error);
    }
  }

  sendGroupMessages(inputs: readonly GroupMessageInput[]): void {
    if (inputs.length === 0) throw refuse('no messages');
    const prepared = inputs.map(({ version }) => {
      if (version.case !== 'v1') throw refuse('invalid group message: no version');
      try {
        const { groupId, contentType } = peekMlsMessage(version.value.data);
        if (groupId === undefined || groupId.length === 0) throw refuse('invalid group message: no group');
        return { input: version.value, groupId, isCommit: contentType === COMMIT_CONTENT_TYPE };
      } catch (error) {
        if (error instanceof NetworkError) throw error;
        throw refuse('invalid group message', error);
      }
    });
    for (const { input, groupId, isCommit } of prepared) {
      if (!this.#isNew(groupId, input.data)) continue;
      const { data, senderHmac, shouldPush } = input;
      const value = {
        id: this.#nextGroupMessageId++,
        createdNs: this.#stampNs(),
        groupId,
        data: data.slice(),
        senderHmac,
        shouldPush,
        isCommit,
      };
      const message = create(GroupMessageSchema, { version: { case: 'v1', value } });
      const topic = toHex(groupId);
      append(this.groupMessages, topic, message);
      this.#tell({ kind: 'group', topic, message });
    }
  }

  sendWelcomeMessages(inputs: readonly WelcomeMessageInput[]): void {
    if (inputs.length === 0) throw refuse('no welcomes');
    for (const { version } of inputs) {
      if (version.case === undefined) throw refuse('invalid welcome: no version');
      const { installationKey, hpkePublicKey } = version.value;
      const data = version.case === 'v1' ? version.value.data : version.value.welcomePointer;
      const isPointee =
        version.case === 'v1' && version.value.wrapperAlgorithm === WelcomeWrapperAlgorithm.SYMMETRIC_KEY;
      if (installationKey.length === 0 || data.length === 0) throw refuse('invalid welcome: empty');
      if (hpkePublicKey.length === 0 && !isPointee) throw refuse('invalid welcome: no key');
    }
    for (const { version } of inputs) {
      if (version.case === undefined) continue;
      const data = version.case === 'v1' ? version.value.data : version.value.welcomePointer;
      if (!this.#isNew(version.value.installationKey, data)) continue;
      const stamped = { id: this.#nextWelcomeId++, createdNs: this.#stampNs() };
      const stored = create(WelcomeMessageSchema, {
        version:
          version.case === 'v1'
            ? { case: 'v1', value: { ...withoutType(version.value), ...stamped } }
            : { case: 'welcomePointer', value: { ...withoutType(version.value), ...stamped } },
      });
      // The sender's bytes stay the sender's.
      const message = copyOf(stored);
      const topic = toHex(version.value.installationKey);
      append(this.welcomes, topic, message);
      this.#tell({ kind: 'welcome', topic, message });
    }
  }

  publishCommitLog(requests: readonly PublishCommitLogRequest[]): void {
    if (requests.length === 0 || requests.length > 10) throw refuse('batch size');
    for (const { groupId, serializedCommitLogEntry, signature } of requests) {
      if (groupId.length === 0 || serializedCommitLogEntry.length === 0 || !signature) throw refuse('empty entry');
      const entry = create(CommitLogEntrySchema, {
        sequenceId: this.#nextCommitLogId++,
        serializedCommitLogEntry,
        signature,
      });
      append(this.commitLogs, toHex(groupId), entry);
    }
  }

  /** Calls `listener` with everything stored from now on. @returns a function that ends it */
  onStored(listener: (stored: Stored) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(stored: Stored): void {
    for (const listener of [...this.#listeners]) listener(stored);
  }

  /** The node's time in whole microseconds, later with every message: as good as a database's insert time. */
  #stampNs(): bigint {
    const nowNs = (this.#nowNs() / 1000n) * 1000n;
    this.#lastStampNs = nowNs > this.#lastStampNs ? nowNs : this.#lastStampNs + 1000n;
    return this.#lastStampNs;
  }

  #isNew(topic: Uint8Array, data: Uint8Array): boolean {
    const key = toHex(this.#crypto.hash('sha256', concatBytes(topic, data)));
    if (this.#stored.has(key)) return false;
    this.#stored.add(key);
    return true;
  }
}

function append<T>(topics: Map<string, T[]>, topic: string, value: T): void {
  const list = topics.get(topic);
  if (list === undefined) topics.set(topic, [value]);
  else list.push(value);
}

function withoutType<T extends { $typeName: string }>(message: T): Omit<T, '$typeName'> {
  const { $typeName: _, ...rest } = message;
  return rest;
}

function lastMention(log: readonly LoggedUpdate[], identifier: string): bigint {
  const mention = log.findLast(({ update }) =>
    update.actions.some(
      ({ kind }) =>
        (kind.case === 'createInbox' && kind.value.initialIdentifier === identifier) ||
        (kind.case === 'add' &&
          kind.value.newMemberIdentifier?.kind.case === 'ethereumAddress' &&
          kind.value.newMemberIdentifier.kind.value === identifier),
    ),
  );
  return mention?.sequenceId ?? 0n;
}

/** Id of a stored message. */
export function idOf(message: GroupMessage | WelcomeMessage): bigint {
  return (message.version.value as { id: bigint }).id;
}

/** One page of a topic, as the node cuts it. */
export function pageOf<T extends CommitLogEntry | GroupMessage | WelcomeMessage>(
  all: readonly T[],
  paging: PagingInfo | undefined,
  pageBytes = Number.POSITIVE_INFINITY,
): { page: T[]; pagingInfo: PagingInfo } {
  const id = (each: T): bigint => ('sequenceId' in each ? each.sequenceId : idOf(each as GroupMessage));
  const cursor = paging?.idCursor ?? 0n;
  const isAscending = paging?.direction === SortDirection.ASCENDING;
  const asked = paging?.limit ?? 0;
  const limit = asked === 0 || asked > PAGE_SIZE ? PAGE_SIZE : asked;
  const matching = all.filter((each) => cursor === 0n || (isAscending ? id(each) > cursor : id(each) < cursor));
  const page = withinBytes((isAscending ? matching : matching.toReversed()).slice(0, limit), pageBytes);
  const last = page.at(-1);
  const isFull = page.length === limit || page.length < matching.length;
  const pagingInfo = create(PagingInfoSchema, {
    direction: isAscending ? SortDirection.ASCENDING : SortDirection.DESCENDING,
    limit,
    idCursor: isFull && last !== undefined ? id(last) : 0n,
  });
  return { page, pagingInfo };
}

function withinBytes<T extends CommitLogEntry | GroupMessage | WelcomeMessage>(items: T[], maxBytes: number): T[] {
  if (maxBytes === Number.POSITIVE_INFINITY) return items;
  let left = maxBytes;
  const end = items.findIndex((each, index) => {
    left -= encodedLength(each);
    return left < 0 && index > 0;
  });
  return end < 0 ? items : items.slice(0, end);
}

/** Bytes of a message on the wire. */
export function encodedLength(message: { readonly $typeName: string }): number {
  const schema = SCHEMAS.find(({ typeName }) => typeName === message.$typeName);
  if (schema === undefined) throw new TestingError('testing/misuse', { reason: 'unknown message' });
  return toBinary(schema as never, message as never).length;
}

const SCHEMAS = [
  BatchQueryCommitLogResponseSchema,
  CommitLogEntrySchema,
  FetchKeyPackagesResponseSchema,
  GetIdentityUpdatesResponseSchema,
  GroupMessageSchema,
  QueryGroupMessagesResponseSchema,
  QueryWelcomeMessagesResponseSchema,
  WelcomeMessageSchema,
];

/** A message as one more receiver gets it: with bytes of its own, as from a real network. */
export function copyOf<T extends GroupMessage | WelcomeMessage>(message: T): T {
  const schema = message.$typeName === 'xmtp.mls.api.v1.GroupMessage' ? GroupMessageSchema : WelcomeMessageSchema;
  return fromBinary(schema as never, toBinary(schema as never, message as never)) as T;
}

/** The content of a group message; what an answer of `newestGroupMessages` without content leaves out is left out. */
export function withoutContent(message: GroupMessage): GroupMessage {
  const { id, createdNs, groupId, isCommit } = message.version.value as GroupMessage_V1;
  return create(GroupMessageSchema, { version: { case: 'v1', value: { id, createdNs, groupId, isCommit } } });
}
