/**
 * From an identifier to its inbox. The node's answer is only a hint: it counts when the inbox's own signed log says
 * that the identifier is a member, so a dishonest node can hide somebody but not put somebody else in their place.
 */

import {
  type Identifier,
  identifierKey,
  identifierKindToProto,
  identifierText,
  isInboxId,
  isMember,
} from '@conclave/identity';
import { create, GetIdentityUpdatesRequestSchema, GetInboxIdsRequestSchema } from '@conclave/proto';
import type { Database } from '@conclave/sqlite';
import type { ClientError } from '../errors.js';
import { type Host, shortId } from '../host.js';
import type { Network } from '../network/network.js';
import { malformedAnswer, type Refusals } from '../refusals.js';
import { deleteIdentifierInbox, getIdentifierInbox, putIdentifierInbox } from '../store/identifier-inboxes.js';
import type { InboxLog } from './inbox-log.js';

/** The log is in order, and does not name the identifier. */
const NOT_CONFIRMED = { code: 'client/wrong-inbox', details: {} } as const;

interface LookupDeps {
  readonly db: Database;
  readonly network: Network;
  readonly host: Host;
  readonly inboxLog: InboxLog;
  /** Where answers that an inbox's log does not confirm are counted. More than a few are a sign. */
  readonly refusals: Refusals;
}

/** Looks identifiers up. */
export class InboxLookup {
  readonly #deps: LookupDeps;

  constructor(deps: LookupDeps) {
    this.#deps = deps;
  }

  /**
   * Asks the node about identifiers, in one call, and checks what it answers against the logs.
   *
   * @returns inbox ids by `identifierKey`; an identifier that is unknown, or whose answer was not confirmed, is missing
   * @throws NetworkError; ClientError `client/node-answer-malformed`; the error of a log that cannot be checked just now,
   *   since "unknown" would then be a wrong answer
   * Cost: one call, and the logs of the inboxes named that are not stored yet.
   */
  async lookup(identifiers: readonly Identifier[], signal?: AbortSignal): Promise<Map<string, string>> {
    const { found, unchecked } = await this.#resolve(identifiers, signal);
    for (const error of unchecked) throw error;
    return found;
  }

  async #resolve(
    identifiers: readonly Identifier[],
    signal: AbortSignal | undefined,
  ): Promise<{ found: Map<string, string>; unchecked: ClientError[] }> {
    const found = new Map<string, string>();
    const unchecked: ClientError[] = [];
    const asked = [...new Map(identifiers.map((identifier) => [identifierKey(identifier), identifier])).values()];
    if (asked.length === 0) return { found, unchecked };
    // The deployed clients send addresses before passkeys, and a node may rely on it.
    asked.sort((a, b) => Number(a.kind === 'passkey') - Number(b.kind === 'passkey'));
    const claims = await this.#ask(asked, signal);
    const { failed } = await this.#deps.inboxLog.refresh(claims.values(), signal);
    for (const identifier of asked) {
      const inboxId = claims.get(identifierKey(identifier));
      if (inboxId === undefined) {
        deleteIdentifierInbox(this.#deps.db, identifier);
        continue;
      }
      const error = failed.get(inboxId);
      if (error?.retryable) {
        unchecked.push(error);
        continue;
      }
      if (error === undefined && this.#isMember(inboxId, identifier)) {
        putIdentifierInbox(this.#deps.db, identifier, inboxId);
        found.set(identifierKey(identifier), inboxId);
        continue;
      }
      deleteIdentifierInbox(this.#deps.db, identifier);
      const { refusals, host } = this.#deps;
      refusals.note('inbox-lookup', error ?? NOT_CONFIRMED, host.nowNs());
      this.#deps.host.log?.warn('inbox-lookup-refused', { inboxId: shortId(inboxId) });
    }
    return { found, unchecked };
  }

  /**
   * The inbox of one identifier: from earlier answers where the stored log still has it, else from the node.
   * @throws NetworkError
   */
  async inboxIdOf(identifier: Identifier, signal?: AbortSignal): Promise<string | undefined> {
    return this.local(identifier) ?? (await this.lookup([identifier], signal)).get(identifierKey(identifier));
  }

  /** The inbox of one identifier as far as it is known here, without the network. */
  local(identifier: Identifier): string | undefined {
    const inboxId = getIdentifierInbox(this.#deps.db, identifier);
    return inboxId !== undefined && this.#isMember(inboxId, identifier) ? inboxId : undefined;
  }

  /**
   * Whether each identifier has an inbox that can be written to now, by its text (lower-case address, or hex of a
   * passkey). Always asks the node. One inbox that cannot be checked just now is a no for itself alone.
   * @throws NetworkError
   */
  async canMessage(identifiers: readonly Identifier[], signal?: AbortSignal): Promise<Map<string, boolean>> {
    const { found } = await this.#resolve(identifiers, signal);
    return new Map(identifiers.map((each) => [identifierText(each), found.has(identifierKey(each))]));
  }

  #isMember(inboxId: string, identifier: Identifier): boolean {
    const snapshot = this.#deps.inboxLog.latest(inboxId);
    return snapshot !== undefined && isMember(snapshot.state, identifier);
  }

  /** What the node says, by `identifierKey`. */
  async #ask(asked: readonly Identifier[], signal: AbortSignal | undefined): Promise<Map<string, string>> {
    const claims = await askInboxIds(this.#deps.network, asked, signal);
    if (claims === undefined) throw malformedAnswer(this.#deps, { method: 'GetInboxIds' });
    return claims;
  }
}

/**
 * Whether the node says that nobody is registered under an identifier, and that nobody has the inbox that it would create: for who opens a new
 * database, and can ask both while that is made.
 * @returns false as well where the node gives no answer; then the client asks again
 */
export async function isUnclaimed(
  network: Pick<Network, 'getInboxIds' | 'getIdentityUpdates'>,
  identifier: Identifier,
  inboxId: string,
): Promise<boolean> {
  const request = create(GetIdentityUpdatesRequestSchema, { requests: [{ inboxId, sequenceId: 0n }] });
  try {
    const [claims, { responses }] = await Promise.all([
      askInboxIds(network, [identifier], undefined),
      network.getIdentityUpdates(request),
    ]);
    const [log] = responses;
    return claims?.size === 0 && responses.length === 1 && log?.inboxId === inboxId && log.updates.length === 0;
  } catch {
    return false;
  }
}

/** @returns undefined when the answer does not fit the question. @throws NetworkError */
async function askInboxIds(
  network: Pick<Network, 'getInboxIds'>,
  asked: readonly Identifier[],
  signal: AbortSignal | undefined,
): Promise<Map<string, string> | undefined> {
  const request = create(GetInboxIdsRequestSchema, {
    requests: asked.map((identifier) => ({
      identifier: identifierText(identifier),
      identifierKind: identifierKindToProto(identifier),
    })),
  });
  const { responses } = await network.getInboxIds(request, signal);
  const claims = new Map<string, string>();
  const fits =
    responses.length === asked.length &&
    asked.every((identifier, index) => {
      const answer = responses[index];
      if (answer === undefined || answer.identifier !== identifierText(identifier)) return false;
      if (answer.inboxId === undefined || answer.inboxId === '') return true;
      claims.set(identifierKey(identifier), answer.inboxId);
      return isInboxId(answer.inboxId);
    });
  return fits ? claims : undefined;
}
