/** What an edge tells a client of a failed call, and the log of ours. */
import { type NodeError, toNodeError } from '../errors.js';
import { GrpcStatus } from '../grpc-status.js';
import type { Logger } from '../logger.js';

/**
 * The error to answer with. A bug or a failing disk is logged as an error, a refusal of the client's input only at debug;
 * neither line holds anything of the request.
 */
export function reportFailure(logger: Logger, path: string, thrown: unknown): NodeError {
  const error = toNodeError(thrown);
  if (error.status === GrpcStatus.INTERNAL || error.code === 'node/disk-full') {
    const cause = error.cause instanceof Error ? error.cause : undefined;
    logger.error({ event: 'call-failed', path, code: error.code, reason: error.message, stack: cause?.stack });
  } else {
    logger.debug({ event: 'call-refused', path, code: error.code, reason: error.message });
  }
  return error;
}
