/** Failures of calls in the client's words. */
import { answerTooLarge, GRPC_STATUS, NetworkError } from '@conclave/client';

/**
 * What @grpc/grpc-js says of an answer beyond its limit, and a node in Go of one beyond its own. The status is that of a caller who asks too
 * often, for whom waiting helps.
 */
const TOO_LARGE =
  /^Received message (larger than max|that decompresses to a size larger)|trying to send message larger than max/;

/** The error of a call that ended with a gRPC status. */
export function networkError(code: number, text: string, path: string, cause?: unknown): NetworkError {
  if (code === GRPC_STATUS.RESOURCE_EXHAUSTED && TOO_LARGE.test(text)) return answerTooLarge(path, cause);
  return new NetworkError(code, text === '' ? { method: path } : { method: path, reason: text }, cause);
}
