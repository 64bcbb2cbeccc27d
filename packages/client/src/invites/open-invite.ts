/** A group that lets people join by a commit of their own: opened and closed by a super admin, kept up to date by whoever vouches for it. */
import { toHex } from '@conclave/crypto';
import { COMPONENT } from '../app-data/component-ids.js';
import { encodeComponentMetadata, readRegistry, registryKey } from '../app-data/component-registry.js';
import { metadataFor } from '../app-data/dictionary.js';
import {
  CLOSED_POLICY,
  type ExternalCommitPolicy,
  encodeExternalCommitPolicy,
  INVITE_KEY_BYTES,
  policyOf,
} from '../app-data/external-commit-policy.js';
import { COMPONENT_KEY, encodeMapDelta } from '../app-data/tls-collections.js';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import type { LiveGroup } from '../groups/live-groups.js';
import { settleChange } from '../groups/settle-change.js';
import { wrapGroupInfo } from './group-info-blob.js';
import { encodeInvite } from './invite-link.js';

/** Bytes of a slot's name. */
const SLOT_BYTES = 16;
/** The policy counts uses in a uint32, and says when it ends in a uint64. */
const MAX_USES = 0xffff_ffff;
const MAX_NS = (1n << 64n) - 1n;

/** Where the wrapped state of a group lies for those who have its link; the application's, and not trusted. */
export interface InviteSlots {
  /** Adds a blob to a slot; the last few stay. */
  put(slot: Uint8Array, blob: Uint8Array): Promise<void>;
  /** What a slot holds. */
  list(slot: Uint8Array): Promise<readonly Uint8Array[]>;
}

/** How an invitation is. */
export interface OpenInviteOptions {
  /** Default: no end. */
  readonly expiresAtNs?: bigint;
  /** Members that may be in by it at a time. Default: any number. */
  readonly maxUses?: number;
  /** What the link begins with, for example `https://example.org/join`. Without it the link is the secret part alone. */
  readonly baseUrl?: string;
  /** Inboxes besides our own whose installations may vouch for the group. */
  readonly vouchers?: readonly string[];
}

/**
 * Opens the group with a fresh key and puts its state into the slot. An invitation that was open before is over.
 * @returns the link
 * @throws ClientError `client/invalid-argument` for bounds that the policy does not hold, `client/app-data-unsupported` for a group without
 *   app data, `client/commit-invalid` for who is no super admin; what `slots` throws
 */
export async function openInvite(
  ctx: ClientContext,
  groupId: string,
  slots: InviteSlots,
  options: OpenInviteOptions = {},
): Promise<string> {
  const { expiresAtNs = 0n, maxUses = 0, baseUrl, vouchers = [] } = options;
  const isHeld = Number.isInteger(maxUses) && maxUses >= 0 && maxUses <= MAX_USES;
  if (!isHeld) throw new ClientError('client/invalid-argument', { maxUses });
  if (expiresAtNs < 0n || expiresAtNs > MAX_NS) throw new ClientError('client/invalid-argument', { expiresAtNs });
  const { dictionary, permissions } = ctx.liveGroups.get(groupId).payloads;
  if (dictionary === undefined) throw new ClientError('client/app-data-unsupported', { reason: 'not enabled' });
  const registry = readRegistry(dictionary.get(COMPONENT.registry) as Uint8Array);
  const id = COMPONENT.externalCommitPolicy;
  const metadata = metadataFor(id, permissions);
  if (!registry.has(registryKey(id)) && metadata !== undefined) {
    const value = encodeComponentMetadata(metadata);
    const entry = encodeMapDelta([{ op: 'insert', key: registryKey(id), value }], COMPONENT_KEY);
    await settleUpdate(ctx, groupId, COMPONENT.registry, entry);
  }
  const key = ctx.host.random(INVITE_KEY_BYTES);
  const slot = ctx.host.random(SLOT_BYTES);
  await settleUpdate(ctx, groupId, id, encodeExternalCommitPolicy({ isOpen: true, expiresAtNs, key, slot, maxUses }));
  await refreshInvite(ctx, groupId, slots);
  return encodeInvite({ key, slot, groupId, vouchers: [...new Set([ctx.identity.inboxId, ...vouchers])] }, baseUrl);
}

/** An invitation that is open. */
export interface OpenInvite {
  /** Our own inbox vouches for it: of use once an installation of it has left the state of the group (`refreshInvite`). */
  readonly link: string;
  /** 0 for no end. */
  readonly expiresAtNs: bigint;
  /** Members that may be in by it at a time; 0 for any number. */
  readonly maxUses: number;
}

/** The invitation that is open now, with a link made anew. @returns undefined where there is none */
export function currentInvite(ctx: ClientContext, groupId: string, baseUrl?: string): OpenInvite | undefined {
  const policy = policyOf(ctx.liveGroups.get(groupId).payloads.dictionary);
  if (policy?.isOpen !== true) return undefined;
  const { expiresAtNs, maxUses } = policy;
  const [key, slot] = [policy.key as Uint8Array, policy.slot as Uint8Array];
  const link = encodeInvite({ key, slot, groupId, vouchers: [ctx.identity.inboxId] }, baseUrl);
  return { link, expiresAtNs, maxUses };
}

/**
 * Nobody joins by a link any more. @throws as `openInvite`
 * @param slots - where the closed state is left, so that those who follow the link are told that it is over, and do not wait
 */
export async function closeInvite(ctx: ClientContext, groupId: string, slots?: InviteSlots): Promise<void> {
  const policy = policyOf(ctx.liveGroups.get(groupId).payloads.dictionary);
  if (policy?.isOpen !== true) return;
  await settleUpdate(ctx, groupId, COMPONENT.externalCommitPolicy, encodeExternalCommitPolicy(CLOSED_POLICY));
  if (slots === undefined) return;
  const { slot, blob } = wrap(ctx, ctx.liveGroups.get(groupId), policy);
  await slots.put(slot, blob);
}

/** Puts the state of the group as it now is into the slot, signed by this installation. @returns whether there is an open invitation */
export async function refreshInvite(ctx: ClientContext, groupId: string, slots: InviteSlots): Promise<boolean> {
  const wrapped = wrappedState(ctx, ctx.liveGroups.get(groupId));
  if (wrapped === undefined) return false;
  await slots.put(wrapped.slot, wrapped.blob);
  return true;
}

/** The group as it now is, under the key of its invitation; undefined where there is none. Cost: the whole tree. */
export function wrappedState(ctx: ClientContext, group: LiveGroup): { slot: Uint8Array; blob: Uint8Array } | undefined {
  const policy = policyOf(group.payloads.dictionary);
  return policy?.isOpen === true ? wrap(ctx, group, policy) : undefined;
}

function wrap(
  ctx: ClientContext,
  { mls }: LiveGroup,
  policy: ExternalCommitPolicy,
): { slot: Uint8Array; blob: Uint8Array } {
  const { random } = ctx.host;
  const groupInfo = mls.exportGroupInfo({ withRatchetTree: true, withExternalPub: true, random });
  const digest = ctx.crypto.hash('sha256', mls.context.raw);
  const header = { epoch: mls.epoch, digest, expiresAtNs: policy.expiresAtNs };
  return {
    slot: policy.slot as Uint8Array,
    blob: wrapGroupInfo(ctx.crypto, random, policy.key as Uint8Array, groupInfo, header),
  };
}

function settleUpdate(ctx: ClientContext, groupId: string, componentId: number, update: Uint8Array): Promise<void> {
  return settleChange(ctx, groupId, 'update-app-data', { componentId, update: toHex(update) });
}
