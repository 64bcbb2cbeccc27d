/** Errors as Connect has them: a name, a sentence, and for unary calls an HTTP status. Source: Connect protocol, "Error Codes". */
import type { NodeError } from '../../errors.js';
import { GrpcStatus, type GrpcStatusCode, grpcStatusName } from '../../grpc-status.js';

const HTTP_STATUS: Readonly<Record<GrpcStatusCode, number>> = {
  [GrpcStatus.OK]: 200,
  [GrpcStatus.CANCELLED]: 499,
  [GrpcStatus.UNKNOWN]: 500,
  [GrpcStatus.INVALID_ARGUMENT]: 400,
  [GrpcStatus.DEADLINE_EXCEEDED]: 504,
  [GrpcStatus.NOT_FOUND]: 404,
  [GrpcStatus.PERMISSION_DENIED]: 403,
  [GrpcStatus.RESOURCE_EXHAUSTED]: 429,
  [GrpcStatus.FAILED_PRECONDITION]: 400,
  [GrpcStatus.ABORTED]: 409,
  [GrpcStatus.UNIMPLEMENTED]: 501,
  [GrpcStatus.INTERNAL]: 500,
  [GrpcStatus.UNAVAILABLE]: 503,
};

/** The HTTP status of a failed unary call. */
export function httpStatusOf({ status }: NodeError): number {
  return HTTP_STATUS[status];
}

/** The error as JSON object. */
export function connectErrorOf({ status, message }: NodeError): { readonly code: string; readonly message: string } {
  // Connect spells this one with a single l.
  const code = status === GrpcStatus.CANCELLED ? 'canceled' : grpcStatusName(status).toLowerCase();
  return { code, message };
}
