/** Errors across the channel: code, sentence, details and class name stay; stacks and causes do not travel. */
import { ConclaveError, type ErrorDetails } from '@conclave/crypto';

/** An error as it travels. */
export interface WireError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: ErrorDetails;
}

/** An error that happened in the worker. `name` and `code` are those of the error there. */
export class RemoteError extends ConclaveError {
  override readonly name: string;

  constructor({ name, code, message, retryable, details }: WireError) {
    super(code, { message, retryable });
    this.name = name;
    Object.assign(this, { details });
  }
}

/** @param error - whatever was thrown; what is none of ours is a fault of the SDK and told as such, without its text */
export function toWireError(error: unknown): WireError {
  if (error instanceof ConclaveError) {
    const { name, code, message, retryable, details } = error;
    return { name, code, message, retryable, details };
  }
  const name = error instanceof Error ? error.name : 'Error';
  const text = error instanceof Error ? error.message : String(error);
  return { name, code: 'browser/fault', message: `The client failed: ${text}`, retryable: false, details: {} };
}
