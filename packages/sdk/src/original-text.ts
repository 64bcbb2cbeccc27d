/**
 * Texts of failures by which applications know the original's native half, `[Type::Variant] …` (libxmtp 1.10.0, error_glossary.md). An error
 * of ours keeps its class, code and details and says the original's text; `explanationOf` gives our own sentence.
 */
import { ConclaveError } from '@conclave/crypto';

type Worded = Pick<ConclaveError, 'code' | 'details' | 'message'>;

/** By code. Applications compare beginnings or wholes, so these are theirs to the letter. */
const TEXTS: Readonly<Record<string, (error: Worded) => string>> = {
  'client/unknown-inbox': () => '[GroupError::MissingSequenceId] SequenceId not found in local db',
  'client/permission-denied': ({ message }) => `[GroupError::Sync] synced 1 messages, 0 failed 1 succeeded: ${message}`,
  'client/too-many-installations': ({ details }) =>
    `[IdentityError::TooManyInstallations] Cannot register a new installation because the InboxID ${details.inboxId} has already registered ${details.count}/${details.max} installations. Please revoke existing installations first.`,
};

/** Words a failure as the original does, where it has words that applications rely on. Rejects with the very error. */
export async function inOriginalWords<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ConclaveError) {
      const text = TEXTS[error.code]?.(error);
      if (text !== undefined) error.reword(text);
    }
    throw error;
  }
}

/** Our own sentence of an error, with what to do about it, whatever its `message` says. */
export function explanationOf(error: Error): string {
  return error instanceof ConclaveError ? error.explanation : error.message;
}
