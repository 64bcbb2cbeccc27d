/**
 * What was refused of what came from outside, counted by name since the start of this process: for whoever asks why something does not
 * arrive, and whether the node can be trusted. The envelopes themselves are in table `rejected_envelopes`.
 */
import type { ConclaveError, ErrorDetails } from '@conclave/crypto';
import { ClientError } from './errors.js';
import type { Host } from './host.js';

/** What was refused. `node-answer`: an answer that breaks the protocol; `inbox-lookup`: an inbox id that its own log does not confirm. */
export type RefusedThing = 'group-envelope' | 'welcome' | 'identity-log' | 'inbox-lookup' | 'node-answer';

/** How often something was refused for one reason. */
export interface Refusal {
  readonly what: RefusedThing;
  /** Code of the error, of whatever package. */
  readonly code: string;
  /** Name of the rule that was broken, where the error names one. */
  readonly rule: string | undefined;
  readonly count: number;
  readonly lastAtNs: bigint;
}

/** Different refusals that are told apart; whatever comes beyond is not counted. There are fewer rules than that. */
export const MAX_REFUSAL_KINDS = 1000;

/** Counts by what, code and rule. */
export class Refusals {
  readonly #counts = new Map<string, Refusal>();

  /** Counts one. */
  note(what: RefusedThing, error: Pick<ConclaveError, 'code' | 'details'>, nowNs: bigint): void {
    const rule = error.details.rule === undefined ? undefined : String(error.details.rule);
    const key = `${what} ${error.code} ${rule ?? ''}`;
    const known = this.#counts.get(key);
    if (known === undefined && this.#counts.size >= MAX_REFUSAL_KINDS) return;
    this.#counts.set(key, { what, code: error.code, rule, count: (known?.count ?? 0) + 1, lastAtNs: nowNs });
  }

  /** The most frequent first. */
  list(): Refusal[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count);
  }
}

/** Where refusals are counted. */
export interface Refusing {
  readonly refusals: Refusals;
  readonly host: Pick<Host, 'nowNs'>;
}

/** The error for an answer of the node that breaks the protocol, counted. */
export function malformedAnswer({ refusals, host }: Refusing, details: ErrorDetails): ClientError {
  const error = new ClientError('client/node-answer-malformed', details);
  refusals.note('node-answer', error, host.nowNs());
  return error;
}
