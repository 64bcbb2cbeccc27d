/** Failures of calls in the client's words. */
import { NetworkError } from '@conclave/client';

/** The error of a call that ended with a gRPC status. */
export function networkError(code: number, text: string, path: string, cause?: unknown): NetworkError {
  return new NetworkError(code, text === '' ? { method: path } : { method: path, reason: text }, cause);
}
