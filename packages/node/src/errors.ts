/**
 * Errors of the node: a closed table of code → sentence, whether trying again may help, and the gRPC status that a
 * client sees. A client repeats most calls five times whatever the status, so a condition that repeating cannot
 * change and that does no harm (a duplicate, an unknown key) is an answer, not an error.
 */
import { ConclaveError, type ErrorDetails, type ErrorMeaning } from '@conclave/crypto';
import { GrpcStatus, type GrpcStatusCode } from './grpc-status.js';

interface NodeErrorMeaning extends ErrorMeaning {
  readonly status: GrpcStatusCode;
}

/** Codes of `packages/node`. */
export const NODE_ERRORS = {
  'node/malformed-request': {
    message: 'The request is not a message of the type that this rpc takes.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/empty-request': {
    message: 'The request names nothing to do; it needs at least one element.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/missing-field': {
    message: 'A required field is absent or empty.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/batch-too-large': {
    message: 'The request has more elements than this rpc takes; split it.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/message-too-large': {
    message: 'An element is larger than the node stores, since a client could not read it back; nothing was stored.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/topic-too-long': {
    message: 'A group id or installation key is longer than the node stores; nothing was stored.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/request-too-large': {
    message: 'The request is larger than the node receives.',
    retryable: false,
    status: GrpcStatus.RESOURCE_EXHAUSTED,
  },
  'node/request-late': {
    message: 'The request did not arrive in time; send it again.',
    retryable: true,
    status: GrpcStatus.DEADLINE_EXCEEDED,
  },
  'node/answer-too-large': {
    message: 'The answer is larger than a client can receive; ask for less at once.',
    retryable: false,
    status: GrpcStatus.RESOURCE_EXHAUSTED,
  },
  'node/invalid-group-message': {
    message: 'invalid group message: the data is not an MLSMessage with a PrivateMessage or PublicMessage.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/invalid-welcome-message': {
    message: 'invalid welcome message: its wrapper algorithm does not fit its form.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/invalid-key-package': {
    message: 'invalid identity: the key package was refused; nothing was stored.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/invalid-identity-update': {
    message: 'invalid identity update: it was refused; nothing was stored.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/identity-conflict': {
    message: 'Another update of this inbox was stored meanwhile; load the log and try again.',
    retryable: true,
    status: GrpcStatus.ABORTED,
  },
  'node/inbox-log-full': {
    message: 'inbox log is full: the inbox has as many updates as a log may hold.',
    retryable: false,
    status: GrpcStatus.UNKNOWN,
  },
  'node/empty-topic': {
    message: 'The group id or installation key is empty.',
    retryable: false,
    status: GrpcStatus.UNKNOWN,
  },
  'node/descending-commit-log': {
    message: 'Commit logs are read in ascending order only.',
    retryable: false,
    status: GrpcStatus.UNKNOWN,
  },
  'node/unknown-service': {
    message: 'This node does not have the named service.',
    retryable: false,
    status: GrpcStatus.NOT_FOUND,
  },
  'node/slow-subscriber': {
    message: 'caller did not read all messages fast enough; open the stream again from the last cursor.',
    retryable: true,
    status: GrpcStatus.ABORTED,
  },
  'node/silent-subscriber': {
    message: 'The client did not answer a ping of this stream; open it again from the last cursor.',
    retryable: true,
    status: GrpcStatus.UNAVAILABLE,
  },
  'node/too-many-pings': {
    message: 'The client pings this stream faster than it reads the answers; open it again from the last cursor.',
    retryable: false,
    status: GrpcStatus.RESOURCE_EXHAUSTED,
  },
  'node/invalid-mutation': {
    message: 'The change of the subscription was refused; nothing of it was applied.',
    retryable: false,
    status: GrpcStatus.INVALID_ARGUMENT,
  },
  'node/shutting-down': {
    message: 'The node is shutting down; connect again in a moment.',
    retryable: true,
    status: GrpcStatus.UNAVAILABLE,
  },
  'node/overloaded': {
    message: 'The node has more unwritten data than it may hold; try again in a moment.',
    retryable: true,
    status: GrpcStatus.RESOURCE_EXHAUSTED,
  },
  'node/disk-full': {
    message: "The node's disk is full; nothing was stored. Its operator has to free space.",
    retryable: true,
    status: GrpcStatus.RESOURCE_EXHAUSTED,
  },
  'node/storage-failed': {
    message: "The node's database failed; nothing was stored.",
    retryable: true,
    status: GrpcStatus.INTERNAL,
  },
  'node/storage-unavailable': {
    message: "The node's database does not answer; try again in a moment. A repeated publish is stored once.",
    retryable: true,
    status: GrpcStatus.UNAVAILABLE,
  },
  'node/internal': {
    message: 'The node failed on this request; its log says why.',
    retryable: true,
    status: GrpcStatus.INTERNAL,
  },
  'node/not-served': {
    message: 'This node does not serve the rpc.',
    retryable: false,
    status: GrpcStatus.UNIMPLEMENTED,
  },
  'node/invalid-setting': {
    message: 'A setting of the node is unknown or does not fit; "conclave node config" prints what holds.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/config-unreadable': {
    message: 'The configuration file cannot be read; check its path and permissions.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/tls-incomplete': {
    message: 'A TLS port needs a certificate and its key: --tls-cert and --tls-key.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/tls-unusable': {
    message: 'The certificate or its key cannot be used; check that both are PEM, readable and belong together.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/unknown-encoding': {
    message: 'The request is compressed in a way that this node does not read; it reads identity and gzip.',
    retryable: false,
    status: GrpcStatus.UNIMPLEMENTED,
  },
  'node/rate-limited': {
    message: 'This address has used up its calls for now; try again later.',
    retryable: true,
    status: GrpcStatus.RESOURCE_EXHAUSTED,
  },
  'node/deadline-exceeded': {
    message: 'The deadline that the caller set has passed.',
    retryable: true,
    status: GrpcStatus.DEADLINE_EXCEEDED,
  },
  'node/cancelled': {
    message: 'The caller has cancelled the call.',
    retryable: false,
    status: GrpcStatus.CANCELLED,
  },
  'node/invalid-address': {
    message: 'A listening address must have the form HOST:PORT, with a port from 0 to 65535.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/address-in-use': {
    message: 'Another process already listens on this address; stop it or choose another port.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/cannot-listen': {
    message: 'The node cannot listen on this address; check that the host is one of this machine.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/page-missing': {
    message: 'The folder of the chat page holds no index.html; build the page, or leave the option out.',
    retryable: false,
    status: GrpcStatus.INTERNAL,
  },
  'node/data-directory-unusable': {
    message: 'The data directory cannot be created or written; check the path and its permissions.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/data-directory-in-use': {
    message: 'Another node holds this data directory; stop it or choose another directory.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/database-too-new': {
    message: 'The database was written by a newer version of the node; start that version.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/database-unusable': {
    message: 'The database in the data directory cannot be opened; restore it from a backup or remove it.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/invalid-postgres-url': {
    message: 'The address of a PostgreSQL database must have the form postgres://USER:PASSWORD@HOST:PORT/DATABASE.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/postgres-unusable': {
    message: 'The PostgreSQL database cannot be used; check its address, its login, and that it may create tables.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/invalid-nats-url': {
    message:
      'The address of a NATS server must have the form nats://USER:PASSWORD@HOST:PORT or tls://…, the login percent-encoded or absent.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/nats-without-postgres': {
    message: 'NATS connects nodes that share a PostgreSQL database; a node on SQLite has no other to tell.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/shards-differ': {
    message: 'The database was set up with another number of shards; start the node with that number or with none.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/migration-unfinished': {
    message: 'The database is being filled from SQLite; finish "conclave node migrate" first.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/migration-stopped': {
    message: 'The migration was stopped; begin it again with the same options and it goes on where it was.',
    retryable: true,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/migration-differs': {
    message:
      'After the copy the two databases do not have the same rows; nothing was switched over. Begin again with an empty database.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/database-not-empty': {
    message: 'There is a database already, and nothing is overwritten; name an empty place.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/nothing-to-back-up': {
    message: 'The data directory has no database.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/backup-exists': {
    message: 'There is something where the backup should go, and nothing is overwritten; name another folder.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/backup-folder-unusable': {
    message: 'The folder of the backup cannot be created; check the path and the permissions above it.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/backup-failed': {
    message: 'The database could not be copied; the reason says why.',
    retryable: true,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/not-a-backup': {
    message: 'The folder is not a backup that this version can read.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/backup-damaged': {
    message: 'A file of the backup is missing or not what it was; nothing was restored.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/postgres-needed': {
    message: 'The backup is of a PostgreSQL database; say which one to restore it to.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/tool-missing': {
    message: 'The program comes with PostgreSQL and is not installed here, or not on the PATH.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
  'node/tool-failed': {
    message: 'The program of PostgreSQL failed; the last line that it wrote says why.',
    retryable: false,
    status: GrpcStatus.FAILED_PRECONDITION,
  },
} as const satisfies Readonly<Record<string, NodeErrorMeaning>>;

export type NodeErrorCode = keyof typeof NODE_ERRORS;

/** Error of `packages/node`. */
export class NodeError extends ConclaveError {
  override readonly name = 'NodeError';
  declare readonly code: NodeErrorCode;

  constructor(code: NodeErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, NODE_ERRORS[code], details, cause);
  }

  /** What a gRPC client sees. */
  get status(): GrpcStatusCode {
    return NODE_ERRORS[this.code].status;
  }
}

/** True for a code of the table; used where errors cross a thread as data. */
export function isNodeErrorCode(code: string): code is NodeErrorCode {
  return Object.hasOwn(NODE_ERRORS, code);
}

/**
 * The refusal of a client's input that a lower layer found: keeps its sentence as `reason`.
 * Anything that is not a typed error of a lower layer is a bug of ours and is passed on unchanged.
 */
export function refusal(code: NodeErrorCode, cause: unknown, details: ErrorDetails = {}): unknown {
  if (!(cause instanceof ConclaveError) || cause instanceof NodeError) return cause;
  return new NodeError(code, { ...details, reason: cause.message }, cause);
}

/** Every thrown value as a NodeError; what is not typed becomes `node/internal` with the original as its cause. */
export function toNodeError(thrown: unknown): NodeError {
  return thrown instanceof NodeError ? thrown : new NodeError('node/internal', {}, thrown);
}
