/** What can be wrong with how an agent is set up. Failures of the SDK pass through with their own codes. */
import { ConclaveError, type ErrorDetails, type ErrorTable } from '@conclave/node-sdk';

/** Codes of `packages/agent`. */
export const AGENT_ERRORS = {
  'agent/missing-variable': {
    message: 'The environment lacks a variable that the agent needs; the details name it.',
    retryable: false,
  },
  'agent/bad-variable': {
    message: 'A variable of the environment has a value that cannot be used; the details name it and what is expected.',
    retryable: false,
  },
  'agent/bad-command': {
    message: 'A command begins with a slash and is one word, and there is one handler for it.',
    retryable: false,
  },
  'agent/stream-ended': {
    message: 'The stream of messages has ended although nobody stopped the agent; start the agent again.',
    retryable: true,
  },
} as const satisfies ErrorTable<string>;

export type AgentErrorCode = keyof typeof AGENT_ERRORS;

/** Error of the kit itself. */
export class AgentError extends ConclaveError {
  override readonly name = 'AgentError';
  declare readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    super(code, AGENT_ERRORS[code], details, cause);
  }
}
