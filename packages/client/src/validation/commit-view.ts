/** What the rules see of a commit and of the group that it is for: parts of StagedCommit and MlsGroup. */
import type { ErrorDetails } from '@conclave/crypto';
import type { Extension } from '@conclave/mls';
import type { GroupPayloads } from '../app-data/group-payloads.js';
import { ClientError } from '../errors.js';
import type { InboxStates, MissingState } from '../identity/inbox-states.js';
import type { CommitRule } from './commit-rule-table.js';
import type { IdentityLeaf } from './leaf-identity.js';
import { boundedDetails } from './rule-details.js';
import type { ValidatedCommit } from './validated-commit.js';

/** A proposal of a commit; only these kinds have rules of their own. */
export type ProposalView =
  | { readonly type: 'group-context-extensions'; readonly extensions: readonly Extension[] }
  | { readonly type: 'update'; readonly leafNode: IdentityLeaf }
  | { readonly type: 'psk' }
  | { readonly type: string };

/** A StagedCommit: MLS has verified it, the group has not merged it. */
export interface CommitView {
  readonly proposals: readonly {
    readonly proposal: ProposalView;
    /** Undefined when somebody outside the group proposed it. */
    readonly senderLeafIndex?: number | undefined;
  }[];
  /** The committer's new leaf when the commit has a path. */
  readonly pathLeaf?: IdentityLeaf | undefined;
  readonly added: readonly { readonly leafNode: IdentityLeaf }[];
  readonly removed: readonly { readonly leafNode: IdentityLeaf }[];
  /** Of the new epoch. */
  readonly context: { readonly extensions: readonly Extension[] };
}

/** An MlsGroup before the commit. */
export interface MemberLeaves {
  leaf(leafIndex: number): IdentityLeaf | undefined;
  leafIndexOf(signatureKey: Uint8Array): number | undefined;
}

/** Everything that the verdict depends on besides the commit. */
export interface CommitContext {
  /** Payloads of the current epoch. */
  readonly current: GroupPayloads;
  readonly members: MemberLeaves;
  readonly states: InboxStates;
  /** `OWN_PROTOCOL_VERSION`, except in tests. */
  readonly ownVersion: string;
  /**
   * True once what an earlier verdict named as missing was fetched. What is still absent then does not exist on the
   * network, and the verdict is final.
   */
  readonly fetched: boolean;
}

/** Valid; or not to be judged before these states are fetched; or refused, with the rule in `error.details.rule`. */
export type CommitVerdict =
  | { readonly ok: true; readonly validated: ValidatedCommit }
  | { readonly ok: false; readonly missing: readonly MissingState[] }
  | { readonly ok: false; readonly missing?: undefined; readonly error: ClientError };

/** The error of a broken rule. */
export function commitInvalid(rule: CommitRule, details: ErrorDetails = {}, cause?: unknown): ClientError {
  return new ClientError('client/commit-invalid', { rule, ...boundedDetails(details) }, cause);
}

/**
 * Runs a decoder under a rule.
 * @throws ClientError `client/commit-invalid` with that rule when a payload is malformed
 */
export function payloadUnder<T>(rule: CommitRule, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ClientError && error.code === 'client/payload-malformed') {
      throw commitInvalid(rule, {}, error);
    }
    throw error;
  }
}
