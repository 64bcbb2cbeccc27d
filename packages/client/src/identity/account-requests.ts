/** Changes to an inbox after its registration: each is a request to be signed, then applied. */
import { equalBytes } from '@conclave/crypto';
import {
  type AssociationState,
  addAssociationUpdate,
  changeRecoveryUpdate,
  type Identifier,
  type InstallationIdentifier,
  identifierKey,
  installationIdentifier,
  installationsOf,
  isMember,
  type MemberIdentifier,
  revokeUpdate,
} from '@conclave/identity';
import type { ClientContext, Directory } from '../context.js';
import { ClientError } from '../errors.js';
import { checkIdentityUpdate, isInLog, nextUpdateTimeNs, publishIdentityUpdate } from './publish-update.js';
import { register, requireRegistered } from './registration.js';
import { identityStep, SignatureRequest, type SignatureRequestPurpose } from './signature-request.js';

/** The newest state of an inbox, fetched. @throws ClientError `client/unknown-inbox`, `client/identity-log-invalid` */
async function fetchState(directory: Directory, inboxId: string, signal?: AbortSignal): Promise<AssociationState> {
  const { failed } = await directory.inboxLog.refresh([inboxId], signal);
  const error = failed.get(inboxId);
  if (error !== undefined) throw error;
  return directory.inboxLog.requireLatest(inboxId).state;
}

/**
 * Adds an account or passkey to our inbox; it signs, and so does this installation.
 *
 * @param options - `allowReassign` adds it even when it belongs to another inbox, whose name it then no longer answers to
 * @throws ClientError `client/already-associated` with `inboxId`, `client/not-registered`, `client/installation-revoked`;
 *   NetworkError
 */
export async function addAccountRequest(
  ctx: ClientContext,
  identifier: Identifier,
  options: { readonly allowReassign?: boolean; readonly signal?: AbortSignal } = {},
): Promise<SignatureRequest> {
  const { inboxId, member } = ctx.identity;
  const state = await fetchState(ctx, inboxId, options.signal);
  requireRegistered(ctx);
  const isOurs = isMember(state, identifier);
  const found = isOurs
    ? inboxId
    : (await ctx.inboxLookup.lookup([identifier], options.signal)).get(identifierKey(identifier));
  if (isOurs || (found !== undefined && !options.allowReassign)) {
    throw new ClientError('client/already-associated', { inboxId: found as string });
  }
  const update = addAssociationUpdate({
    inboxId,
    newMember: identifier,
    existingMember: member,
    clientTimestampNs: nextUpdateTimeNs(ctx, inboxId),
  });
  return new SignatureRequest({ purpose: 'add-account', update, ...ctx, installation: ctx.identity });
}

/** Removes an account or passkey, and the installations it added; the recovery identifier signs. */
export async function removeAccountRequest(
  ctx: ClientContext,
  identifier: Identifier,
  signal?: AbortSignal,
): Promise<SignatureRequest> {
  return revokeRequest(ctx, 'remove-account', ctx.identity.inboxId, [identifier], signal);
}

/**
 * Revokes installations of an inbox, ours or one that we own by its recovery identifier alone.
 *
 * @param installationIds - 32 bytes each; one that is not in the inbox is passed over by everybody
 * @throws ClientError `client/invalid-argument` when there is none, `client/unknown-inbox`; NetworkError
 */
export async function revokeInstallationsRequest(
  directory: Directory,
  inboxId: string,
  installationIds: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<SignatureRequest> {
  if (installationIds.length === 0) throw new ClientError('client/invalid-argument', { installations: 0 });
  const members: InstallationIdentifier[] = installationIds.map((id) => {
    if (id.length !== 32) throw new ClientError('client/invalid-argument', { installationIdLength: id.length });
    return installationIdentifier(id);
  });
  return revokeRequest(directory, 'revoke-installations', inboxId, members, signal);
}

/** Revokes every installation of our inbox but this one. @returns undefined when there is no other */
export async function revokeAllOthersRequest(
  ctx: ClientContext,
  signal?: AbortSignal,
): Promise<SignatureRequest | undefined> {
  const { inboxId, installationIdBytes } = ctx.identity;
  const others = installationsOf(await fetchState(ctx, inboxId, signal))
    .map(({ publicKey }) => publicKey)
    .filter((publicKey) => !equalBytes(publicKey, installationIdBytes));
  return others.length === 0 ? undefined : revokeInstallationsRequest(ctx, inboxId, others, signal);
}

/** Gives the right to revoke to another identifier; the present recovery identifier signs, the new one is not asked. */
export async function changeRecoveryRequest(
  ctx: ClientContext,
  newRecoveryIdentifier: Identifier,
  signal?: AbortSignal,
): Promise<SignatureRequest> {
  const { inboxId } = ctx.identity;
  const { recoveryIdentifier } = await fetchState(ctx, inboxId, signal);
  const clientTimestampNs = nextUpdateTimeNs(ctx, inboxId);
  const update = identityStep(() =>
    changeRecoveryUpdate({ inboxId, newRecoveryIdentifier, recoveryIdentifier, clientTimestampNs }),
  );
  return new SignatureRequest({ purpose: 'change-recovery', update, ...ctx });
}

async function revokeRequest(
  directory: Directory,
  purpose: SignatureRequestPurpose,
  inboxId: string,
  members: readonly MemberIdentifier[],
  signal: AbortSignal | undefined,
): Promise<SignatureRequest> {
  const { recoveryIdentifier } = await fetchState(directory, inboxId, signal);
  const clientTimestampNs = nextUpdateTimeNs(directory, inboxId);
  const update = revokeUpdate({ inboxId, members, recoveryIdentifier, clientTimestampNs });
  return new SignatureRequest({ purpose, update, ...directory });
}

/**
 * Publishes a signed request of any inbox, other than a registration.
 * @throws as `checkIdentityUpdate` before anything is sent; as `publishIdentityUpdate`
 */
export async function publishSignatureRequest(
  directory: Directory,
  request: SignatureRequest,
  signal?: AbortSignal,
): Promise<void> {
  if (request.isComplete && isInLog(directory, request.signed(), 0n)) return;
  await publishIdentityUpdate(directory, checkIdentityUpdate(directory, request), signal);
}

/**
 * Applies a completely signed request, one at a time. Repeating it after a failure is safe.
 * @throws as `register` and `publishSignatureRequest`
 */
export async function applySignatureRequest(
  ctx: ClientContext,
  request: SignatureRequest,
  signal?: AbortSignal,
): Promise<void> {
  await ctx.locks.run('identity', () =>
    request.purpose === 'register' ? register(ctx, request, signal) : publishSignatureRequest(ctx, request, signal),
  );
}
