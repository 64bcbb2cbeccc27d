/**
 * The port to the node: the rpcs of MlsApi and IdentityApi that a client uses, as functions over the protobuf messages
 * of `@conclave/proto`. Above it nothing knows about gRPC; below it a transport (gRPC, gRPC-web, in memory) does the
 * rest. Every failure is a NetworkError.
 */
import type {
  BatchPublishCommitLogRequest,
  BatchQueryCommitLogRequest,
  BatchQueryCommitLogResponse,
  Empty,
  FetchKeyPackagesRequest,
  FetchKeyPackagesResponse,
  GetIdentityUpdatesRequest,
  GetIdentityUpdatesResponse,
  GetInboxIdsRequest,
  GetInboxIdsResponse,
  GetNewestGroupMessageRequest,
  GetNewestGroupMessageResponse,
  GroupMessage,
  PublishIdentityUpdateRequest,
  PublishIdentityUpdateResponse,
  QueryGroupMessagesRequest,
  QueryGroupMessagesResponse,
  QueryWelcomeMessagesRequest,
  QueryWelcomeMessagesResponse,
  SendGroupMessagesRequest,
  SendWelcomeMessagesRequest,
  SubscribeGroupMessagesRequest,
  SubscribeWelcomeMessagesRequest,
  UploadKeyPackageRequest,
  VerifySmartContractWalletSignaturesRequest,
  VerifySmartContractWalletSignaturesResponse,
  WelcomeMessage,
} from '@conclave/proto';

/** A call with one request and one answer. Rejects with NetworkError; with status CANCELLED when the signal aborts. */
export type UnaryCall<Request, Response> = (request: Request, signal?: AbortSignal) => Promise<Response>;

/** How a stream is opened. */
export interface SubscribeOptions {
  /** Ends the stream without an error. */
  readonly signal: AbortSignal;
  /** Called once, when the node has accepted the subscription: nothing sent afterwards is missed. */
  readonly onOpen?: () => void;
}

/** A call with one request and many answers: history after the cursors, then what comes. Ends or throws NetworkError. */
export type StreamCall<Request, Response> = (request: Request, options: SubscribeOptions) => AsyncIterable<Response>;

/** The node as the client sees it. */
export interface Network {
  readonly uploadKeyPackage: UnaryCall<UploadKeyPackageRequest, Empty>;
  /** One answer per requested installation, in order; empty bytes when there is none. */
  readonly fetchKeyPackages: UnaryCall<FetchKeyPackagesRequest, FetchKeyPackagesResponse>;
  /** Idempotent per message: the same bytes are stored once. */
  readonly sendGroupMessages: UnaryCall<SendGroupMessagesRequest, Empty>;
  /** Idempotent per welcome. */
  readonly sendWelcomeMessages: UnaryCall<SendWelcomeMessagesRequest, Empty>;
  readonly queryGroupMessages: UnaryCall<QueryGroupMessagesRequest, QueryGroupMessagesResponse>;
  readonly queryWelcomeMessages: UnaryCall<QueryWelcomeMessagesRequest, QueryWelcomeMessagesResponse>;
  /** 1 to 10 entries. Not idempotent. */
  readonly publishCommitLog: UnaryCall<BatchPublishCommitLogRequest, Empty>;
  /** 1 to 20 requests. */
  readonly queryCommitLog: UnaryCall<BatchQueryCommitLogRequest, BatchQueryCommitLogResponse>;
  /** At most 1000 groups. */
  readonly newestGroupMessages: UnaryCall<GetNewestGroupMessageRequest, GetNewestGroupMessageResponse>;
  /** Not idempotent: the second time the update is refused as a replay. */
  readonly publishIdentityUpdate: UnaryCall<PublishIdentityUpdateRequest, PublishIdentityUpdateResponse>;
  /** At most 50 inboxes. */
  readonly getIdentityUpdates: UnaryCall<GetIdentityUpdatesRequest, GetIdentityUpdatesResponse>;
  readonly getInboxIds: UnaryCall<GetInboxIdsRequest, GetInboxIdsResponse>;
  readonly verifySmartContractWalletSignatures: UnaryCall<
    VerifySmartContractWalletSignaturesRequest,
    VerifySmartContractWalletSignaturesResponse
  >;
  readonly subscribeGroupMessages: StreamCall<SubscribeGroupMessagesRequest, GroupMessage>;
  readonly subscribeWelcomeMessages: StreamCall<SubscribeWelcomeMessagesRequest, WelcomeMessage>;
}

/** Names of the unary calls. */
export type UnaryMethod = {
  [Name in keyof Network]: Network[Name] extends UnaryCall<never, unknown> ? Name : never;
}[keyof Network];

/** Largest message either way: 25 MiB, the limit of the deployed clients. */
export const MAX_NETWORK_MESSAGE_BYTES = 26_214_400;
/** Inboxes in one GetIdentityUpdates. */
export const MAX_INBOXES_PER_CALL = 50;
/** Groups in one GetNewestGroupMessage. */
export const MAX_GROUPS_PER_NEWEST_CALL = 1000;
/** Entries of a page at most. */
export const PAGE_SIZE = 100;
