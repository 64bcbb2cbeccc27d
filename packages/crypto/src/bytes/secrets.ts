/** The secrets of one call: whatever becomes of it, none of them outlives its use. */
import { wipe } from './bytes.js';

/** Where a call notes the secrets that it derives. */
export interface CallSecrets {
  /** Notes a secret that is overwritten when the call ends. */
  passing<T extends Uint8Array | undefined>(secret: T): T;
  /** Notes a secret that the call hands on when it succeeds; it is overwritten when the call throws. */
  handedOn<T extends Uint8Array>(secret: T): T;
}

/** Runs a call that notes its secrets; throws what `step` throws. Cost: next to nothing. */
export function withSecrets<T>(step: (secrets: CallSecrets) => T): T {
  const passing: (Uint8Array | undefined)[] = [];
  const handedOn: Uint8Array[] = [];
  const secrets: CallSecrets = {
    passing(secret) {
      passing.push(secret);
      return secret;
    },
    handedOn(secret) {
      handedOn.push(secret);
      return secret;
    },
  };
  try {
    return step(secrets);
  } catch (error) {
    wipe(...handedOn);
    throw error;
  } finally {
    wipe(...passing);
  }
}
