/** When the members of groups were last looked at before a message; a new process looks again. */

import { hasPassed } from '../host.js';

/** Times by group. Small: one entry per group written into. */
export class MemberChecks {
  readonly #atNs = new Map<string, bigint>();

  /** Notes a check now. @returns false, and notes nothing, when there was one in the interval that ends now */
  begin(groupId: string, nowNs: bigint, intervalNs: bigint): boolean {
    const lastNs = this.#atNs.get(groupId);
    if (lastNs !== undefined && !hasPassed(lastNs, intervalNs, nowNs)) return false;
    this.#atNs.set(groupId, nowNs);
    return true;
  }
}
