/** Details of an error about what somebody else wrote. */
import type { ErrorDetails } from '@conclave/crypto';

/** Enough for an inbox id or an installation id in hex. */
const MAX_TEXT = 64;

/** The details with their texts cut: a commit chooses attribute keys and inbox ids, and errors are shown and logged. */
export function boundedDetails(details: ErrorDetails): ErrorDetails {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value]),
  );
}
