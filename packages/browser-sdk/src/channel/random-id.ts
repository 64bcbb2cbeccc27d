/** Names that nobody else has. `crypto.randomUUID` exists in secure contexts only; this does everywhere. */
import { toHex } from '@conclave/crypto';

/** 32 hex characters. */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
