/**
 * What a change of the membership is in MLS: which leaves go, which key packages come, and the membership map that pins
 * every inbox to the position of its identity log that this was computed from.
 *
 * The map is made from the key packages that are really used: an installation whose package is missing or bad is named in
 * `failed_installations`, and no inbox is written at a position whose installations were not looked at.
 */
import { fromHex, toHex } from '@conclave/crypto';
import { installationsOf } from '@conclave/identity';
import { requiredCapabilitiesOf } from '@conclave/mls';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { shortId } from '../host.js';
import { fetchKeyPackages } from '../identity/fetch-key-packages.js';
import type { AcceptedKeyPackage, ExpectedInstallation } from '../identity/key-package.js';
import { diffMembership, type GroupMembership } from '../payloads/membership.js';
import { getInboxSequenceId, getInboxSequenceIds } from '../store/inbox-updates.js';
import { expectedInstallations } from '../validation/installation-diff.js';
import type { InviteStage } from './invitations.js';
import type { LiveGroup } from './live-groups.js';

/** A planned change. */
export interface MembershipPlan {
  /** Of those who were to be added, the inboxes that are left to another commit. */
  readonly deferred: readonly string[];
  readonly membership: GroupMembership;
  readonly added: readonly AcceptedKeyPackage[];
  readonly removedLeaves: readonly { readonly leafIndex: number; readonly signatureKey: Uint8Array }[];
}

/**
 * Plans adding and removing inboxes, and whatever the identity logs of the members have changed since.
 * @param report - told of what is done for those who are added
 * @param askedSince - a moment of the identity logs: those that were asked for after it are not asked for again
 * @returns undefined when there is nothing to change
 * @throws ClientError `client/unknown-inbox`, `client/no-usable-installation`, or a retryable one when logs or packages cannot be fetched
 * Cost: linear in the members once (the map), in the changed inboxes for the rest.
 */
export async function planMembership(
  ctx: ClientContext,
  group: LiveGroup,
  requested: { readonly add: readonly string[]; readonly remove: readonly string[] },
  report: (stage: InviteStage, done: number, total: number) => void = () => {},
  askedSince?: number,
): Promise<MembershipPlan | undefined> {
  const before = group.payloads.membership;
  const concerned = [...before.members.keys(), ...requested.add];
  const asked = concerned.length;
  report('identities', 0, asked);
  const unasked = askedSince === undefined ? concerned : ctx.inboxLog.unaskedSince(askedSince, concerned);
  const { failed: failedLogs } = await ctx.inboxLog.refresh(unasked);
  report('identities', asked, asked);
  const { wanted, deferred } = divide(ctx, group, requested);
  // Whom nothing, or not the newest, is known of cannot be added; of the members, what was verified before is good enough.
  for (const inboxId of wanted.add) {
    const error = failedLogs.get(inboxId);
    if (error === undefined) continue;
    if (error.code === 'client/identity-log-missing' || getInboxSequenceId(ctx.db, inboxId) === 0n) throw error;
  }
  const after = followLogs(ctx, before, wanted);
  const changes = diffMembership(before, { members: after, failedInstallations: [] });
  if (changes.added.length + changes.removed.length + changes.updated.length === 0) return undefined;
  const expected = expectedInstallations(
    before,
    { members: after, failedInstallations: [] },
    changes,
    ctx.inboxLog,
    true,
  );
  if (expected.kind === 'missing') {
    throw new ClientError('client/identity-log-missing', { inboxId: expected.missing[0]?.inboxId ?? '' });
  }

  const toAdd = [...expected.diff.added].filter((id) => group.mls.leafIndexOf(fromHex(id)) === undefined);
  const removedLeaves = [...expected.diff.removed].flatMap((id) => {
    const signatureKey = fromHex(id);
    const leafIndex = group.mls.leafIndexOf(signatureKey);
    return leafIndex === undefined ? [] : [{ leafIndex, signatureKey }];
  });
  const wantedIn = withInboxes(ctx, toAdd, after, [...changes.added, ...changes.updated]);
  const onChecked = (done: number): void => report('key-packages', done, wantedIn.length);
  const requirements = requiredCapabilitiesOf(group.payloads.extensions);
  const results = await fetchKeyPackages(ctx, wantedIn, { onChecked, requirements });
  const added = [...results.values()].filter(
    (result): result is AcceptedKeyPackage => !(result instanceof ClientError),
  );
  leaveOutUnreachable(ctx, changes.added, added, after);
  const failed = wantedIn
    .filter(
      ({ inboxId, installationId }) => after.has(inboxId) && results.get(toHex(installationId)) instanceof ClientError,
    )
    .map(({ installationId }) => installationId);
  const membership = { members: after, failedInstallations: failures(before, failed, [...added, ...removedLeaves]) };
  return { membership, added, removedLeaves, deferred };
}

/** Bytes that an Add takes in a commit: a deployed key package is 1659 bytes. */
const ADD_BYTES = 1_700;
/** Bytes of an inbox in the membership map. */
const MEMBER_BYTES = 75;
/** Bytes of everything else in a commit: signatures, the path's own nodes, the other extensions. */
const COMMIT_OVERHEAD_BYTES = 16_384;
/** Bytes of one ciphertext of the path. */
const PATH_CIPHERTEXT_BYTES = 84;

/** Leaves out those whom a commit of the wished length does not hold; at least one inbox stays. Cost: linear in those to be added. */
function divide(
  ctx: ClientContext,
  group: LiveGroup,
  requested: { readonly add: readonly string[]; readonly remove: readonly string[] },
): { wanted: typeof requested; deferred: readonly string[] } {
  const { members } = group.payloads.membership;
  let left = ctx.options.maxCommitBytes - COMMIT_OVERHEAD_BYTES;
  left -= MEMBER_BYTES * members.size + PATH_CIPHERTEXT_BYTES * group.mls.memberCount;
  for (const [index, inboxId] of requested.add.entries()) {
    const state = ctx.inboxLog.latest(inboxId)?.state;
    left -= MEMBER_BYTES + ADD_BYTES * (state === undefined ? 1 : installationsOf(state).length);
    if (left >= 0 || index === 0) continue;
    const wanted = { add: requested.add.slice(0, index), remove: requested.remove };
    return { wanted, deferred: requested.add.slice(index) };
  }
  return { wanted: requested, deferred: [] };
}

/**
 * An inbox none of whose installations can be added is not written into the map: it would be a member that no commit ever lets in.
 * @throws ClientError `client/no-usable-installation` when that leaves nobody to add
 */
function leaveOutUnreachable(
  ctx: ClientContext,
  inboxIds: readonly string[],
  added: readonly AcceptedKeyPackage[],
  after: Map<string, bigint>,
): void {
  const reachable = new Set(added.map(({ inboxId }) => inboxId));
  const unreachable = inboxIds.filter((inboxId) => !reachable.has(inboxId));
  if (unreachable.length === 0) return;
  if (unreachable.length === inboxIds.length) {
    throw new ClientError('client/no-usable-installation', { inboxes: inboxIds.length });
  }
  for (const inboxId of unreachable) {
    after.delete(inboxId);
    ctx.host.log?.warn('inbox-not-added', { inbox: shortId(inboxId), reason: 'no usable installation' });
  }
}

/** The map with every inbox at the newest position of its log that is stored here. */
function followLogs(
  ctx: ClientContext,
  before: GroupMembership,
  wanted: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Map<string, bigint> {
  const removed = new Set(wanted.remove);
  const after = new Map<string, bigint>();
  const newestStored = getInboxSequenceIds(ctx.db, [...before.members.keys(), ...wanted.add]);
  for (const [inboxId, newest] of newestStored) {
    if (removed.has(inboxId)) continue;
    if (newest === 0n) throw new ClientError('client/unknown-inbox', { inboxId });
    const known = before.members.get(inboxId) ?? 0n;
    after.set(inboxId, newest > known ? newest : known);
  }
  return after;
}

/** The installations with the inbox that each belongs to at its new position. */
function withInboxes(
  ctx: ClientContext,
  installationIds: readonly string[],
  after: ReadonlyMap<string, bigint>,
  inboxIds: readonly string[],
): ExpectedInstallation[] {
  const wanted = new Set(installationIds);
  return inboxIds.flatMap((inboxId) => {
    const state = ctx.inboxLog.at(inboxId, after.get(inboxId) as bigint);
    if (state === undefined) return [];
    const own = installationsOf(state).filter(({ publicKey }) => wanted.has(toHex(publicKey)));
    return own.map(({ publicKey }) => ({ inboxId, installationId: publicKey }));
  });
}

/** Old failures stay (a later removal is judged against them) unless the installation is added or taken out now. */
function failures(
  before: GroupMembership,
  failed: readonly Uint8Array[],
  settled: readonly ({ readonly installationId: Uint8Array } | { readonly signatureKey: Uint8Array })[],
): Uint8Array[] {
  const done = new Set(settled.map((each) => toHex('signatureKey' in each ? each.signatureKey : each.installationId)));
  const all = new Map([...before.failedInstallations, ...failed].map((id) => [toHex(id), id]));
  return [...all].filter(([id]) => !done.has(id)).map(([, id]) => id);
}
