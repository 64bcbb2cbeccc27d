/**
 * Failures of calls to the node. A transport turns whatever its library throws into a NetworkError with the gRPC
 * status; nothing above knows which transport it is.
 */
import type { ErrorDetails } from '@conclave/crypto';
import { ClientError, type ClientErrorCode } from '../errors.js';
import { MAX_NETWORK_MESSAGE_BYTES } from './network.js';

/** Status codes of gRPC by name (grpc/grpc doc/statuscodes.md). */
export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcStatus = (typeof GRPC_STATUS)[keyof typeof GRPC_STATUS];

/** What each status means to the client; what is not listed is a refusal. */
const CODE_OF_STATUS: Partial<Record<GrpcStatus, ClientErrorCode>> = {
  [GRPC_STATUS.CANCELLED]: 'client/cancelled',
  [GRPC_STATUS.UNKNOWN]: 'client/network-failed',
  [GRPC_STATUS.DEADLINE_EXCEEDED]: 'client/deadline',
  [GRPC_STATUS.RESOURCE_EXHAUSTED]: 'client/rate-limited',
  [GRPC_STATUS.ABORTED]: 'client/network-failed',
  [GRPC_STATUS.OUT_OF_RANGE]: 'client/answer-too-large',
  [GRPC_STATUS.INTERNAL]: 'client/network-failed',
  [GRPC_STATUS.UNAVAILABLE]: 'client/network-unreachable',
};

const STATUS_NAMES = new Map(Object.entries(GRPC_STATUS).map(([name, status]) => [status, name]));

/**
 * A call to the node that did not succeed. Retryable for UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED,
 * INTERNAL and UNKNOWN; the other statuses would come again.
 */
export class NetworkError extends ClientError {
  override readonly name = 'NetworkError';
  readonly status: GrpcStatus;

  /**
   * @param status - gRPC status; a number outside the table counts as UNKNOWN, as gRPC demands
   * @param details - `method` and, if the node gave one, its sentence as `reason`
   */
  constructor(status: number, details: ErrorDetails = {}, cause?: unknown) {
    const known = (STATUS_NAMES.has(status as GrpcStatus) ? status : GRPC_STATUS.UNKNOWN) as GrpcStatus;
    super(
      CODE_OF_STATUS[known] ?? 'client/network-refused',
      { status: STATUS_NAMES.get(known) as string, ...details },
      cause,
    );
    this.status = known;
  }
}

/** Rule that an answer breaks whose bytes are no message of the method. */
const READABLE_ANSWER = 'readable-answer';

/** Reads the bytes of an answer for a transport. @throws NetworkError INTERNAL, which counts as a malformed answer */
export function readAnswer<T>(method: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new NetworkError(GRPC_STATUS.INTERNAL, { method, rule: READABLE_ANSWER }, cause);
  }
}

/** The error of a transport for an answer that is larger than it receives: OUT_OF_RANGE, as the deployed clients' transport says it. */
export function answerTooLarge(method: string, cause?: unknown): NetworkError {
  return new NetworkError(GRPC_STATUS.OUT_OF_RANGE, { method, maxBytes: MAX_NETWORK_MESSAGE_BYTES }, cause);
}

/** Whether an answer was larger than the transport receives: asked for in smaller parts it may come. */
export function isAnswerTooLarge(error: unknown): error is NetworkError {
  return error instanceof NetworkError && error.status === GRPC_STATUS.OUT_OF_RANGE;
}

/** Whether a transport could not read what the node answered. */
export function isUnreadableAnswer(error: unknown): error is NetworkError {
  return error instanceof NetworkError && error.details.rule === READABLE_ANSWER;
}
