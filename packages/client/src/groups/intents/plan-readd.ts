/** The commit that adds installations again: each leaf is removed and its new key package added; the membership stays. */
import { fromHex, toHex } from '@conclave/crypto';
import { hasInstallation } from '@conclave/identity';
import type { LeafNode, Proposal } from '@conclave/mls';
import type { ClientContext } from '../../context.js';
import { fetchKeyPackages } from '../../identity/fetch-key-packages.js';
import type { AcceptedKeyPackage } from '../../identity/key-package.js';
import { listOpenReaddRequests, withdrawReaddRequest } from '../../store/readd-requests.js';
import { leafIdentity } from '../../validation/leaf-identity.js';
import type { LiveGroup } from '../live-groups.js';
import { ANSWER_INTERVAL_NS, MAX_READDS_PER_COMMIT } from './readd-limits.js';

/** What to propose, and whom to welcome. */
export interface ReaddPlan {
  readonly proposals: readonly Proposal[];
  readonly joiners: readonly AcceptedKeyPackage[];
}

interface Waiting {
  readonly id: string;
  readonly leafIndex: number;
}

/** Members that wait to be added again and may be answered now, ours not among them. Wishes of others are forgotten. */
export function waitingForReadd(ctx: ClientContext, group: LiveGroup): Waiting[] {
  const { mls } = group;
  const answeredBefore = ctx.host.nowNs() - ANSWER_INTERVAL_NS;
  const waiting: Waiting[] = [];
  for (const { installationId: id, respondedAtNs } of listOpenReaddRequests(ctx.db, group.id)) {
    if (id === ctx.identity.installationId) continue;
    const leafIndex = mls.leafIndexOf(fromHex(id));
    if (leafIndex === undefined || isRevoked(ctx, mls.leaf(leafIndex))) withdrawReaddRequest(ctx.db, group.id, id);
    else if ((respondedAtNs ?? 0n) <= answeredBefore) waiting.push({ id, leafIndex });
  }
  return waiting.slice(0, MAX_READDS_PER_COMMIT);
}

/** An installation that its inbox has revoked is on its way out; it is not given fresh keys. */
function isRevoked(ctx: ClientContext, leaf: LeafNode | undefined): boolean {
  if (leaf === undefined) return true;
  const { inboxId, installationId } = leafIdentity(leaf);
  const state = ctx.inboxLog.latest(inboxId)?.state;
  return state === undefined || !hasInstallation(state, installationId);
}

/**
 * Plans the commit for those who wait now. An installation without a usable key package keeps its leaf and its wish is
 * forgotten: to remove it would only shut it out.
 *
 * @returns undefined when nobody waits any more: another super admin was quicker
 * @throws NetworkError when the key packages cannot be fetched
 */
export async function planReadd(ctx: ClientContext, group: LiveGroup): Promise<ReaddPlan | undefined> {
  const waiting = waitingForReadd(ctx, group);
  const leaves = new Map(waiting.map(({ id, leafIndex }) => [id, leafIndex]));
  const expected = waiting.flatMap(({ leafIndex }) => {
    const leaf = group.mls.leaf(leafIndex);
    return leaf === undefined ? [] : [leafIdentity(leaf)];
  });
  const joiners: AcceptedKeyPackage[] = [];
  for (const [id, result] of await fetchKeyPackages(ctx, expected)) {
    if (result instanceof Error) withdrawReaddRequest(ctx.db, group.id, id);
    else joiners.push(result);
  }
  if (joiners.length === 0) return undefined;
  const leafOf = (joiner: AcceptedKeyPackage): number => leaves.get(toHex(joiner.installationId)) as number;
  const proposals: Proposal[] = [
    ...joiners.map((joiner): Proposal => ({ type: 'remove', leafIndex: leafOf(joiner) })),
    ...joiners.map(({ keyPackage }): Proposal => ({ type: 'add', keyPackage })),
  ];
  return { proposals, joiners };
}
