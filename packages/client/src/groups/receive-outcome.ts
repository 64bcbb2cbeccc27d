/** What becomes of an envelope. */
import type { ConclaveError } from '@conclave/crypto';
import type { ClientError } from '../errors.js';

/** The ends that receiving one envelope can have. */
export type ReceiveOutcome =
  | { readonly kind: 'done' }
  /** Seen before: the cursor of its kind is at or beyond it. */
  | { readonly kind: 'skipped' }
  /** It can never be used: recorded, and passed. */
  | { readonly kind: 'rejected'; readonly error: ConclaveError }
  /** Its turn comes again: the network failed, the group is paused or this installation is no longer in it. */
  | { readonly kind: 'stopped'; readonly error: ClientError };

/** What taking an envelope came to without waiting for anything: its end, or what has to be waited for first. */
export type ReceiveStep = ReceiveOutcome | ReceiveLater;

/** Nothing has changed yet; `finish` waits for the network and takes the envelope in. */
export interface ReceiveLater {
  readonly kind: 'later';
  finish(): Promise<ReceiveOutcome>;
}

/** It was taken in. */
export const DONE: ReceiveOutcome = { kind: 'done' };
/** It had been taken in before. */
export const SKIPPED: ReceiveOutcome = { kind: 'skipped' };
