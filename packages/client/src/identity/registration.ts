/**
 * Registration: this installation becomes a member of its inbox.
 *
 * Order: key package made and stored → signatures verified → UploadKeyPackage → PublishIdentityUpdate →
 * GetIdentityUpdates. Whoever sees the installation in the log finds its key package. Every step may be the last one
 * before a crash: keys and key package are in the database before anybody else knows them, an upload repeats itself
 * harmlessly, and whether the update was published is read from the log, not remembered.
 *
 * On a real network each call is a wait. So the log of a new inbox is asked for together with the inbox (`inbox-lookup.ts`), and the key package
 * may be at the node before the wallet has signed (`prepareRegistration`).
 */
import { toHex } from '@conclave/crypto';
import {
  type AssociationState,
  addAssociationUpdate,
  hasInstallation,
  type Identifier,
  identifierKey,
  inboxIdOf,
  installationsOf,
  isMember,
  MAX_INSTALLATIONS_PER_INBOX,
  type PendingIdentityUpdate,
  registrationUpdate,
} from '@conclave/identity';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { hasPassed, NS_PER_SECOND } from '../host.js';
import { getInstallation, markRegistered, setKeyPackageDue } from '../store/installation.js';
import { getCurrentKeyPackage } from '../store/key-packages.js';
import { prepareKeyPackage, ROTATION_INTERVAL_NS, uploadKeyPackage } from './key-package-rotation.js';
import { checkIdentityUpdate, nextUpdateTimeNs, publishIdentityUpdate } from './publish-update.js';
import { SignatureRequest } from './signature-request.js';

/** How long it is believed that nobody has an inbox, and that the node has a key package: while somebody who signs in is asked to sign. */
const LATELY_NS = 600n * NS_PER_SECOND;

/** Where this installation stands with its inbox, as far as stored. */
export type RegistrationStatus = 'unregistered' | 'registered' | 'revoked';

/** The status by the stored log; no network. */
export function registrationStatus(ctx: ClientContext): RegistrationStatus {
  if (getInstallation(ctx.db)?.registeredAtNs === undefined) return 'unregistered';
  const known = ctx.inboxLog.latest(ctx.identity.inboxId);
  const revoked = known !== undefined && !hasInstallation(known.state, ctx.identity.installationIdBytes);
  return revoked ? 'revoked' : 'registered';
}

/** @throws ClientError `client/not-registered`, `client/installation-revoked` */
export function requireRegistered(ctx: ClientContext): void {
  const status = registrationStatus(ctx);
  if (status === 'unregistered') throw new ClientError('client/not-registered', { inboxId: ctx.identity.inboxId });
  if (status === 'revoked') throw new ClientError('client/installation-revoked', { inboxId: ctx.identity.inboxId });
}

/**
 * The request that registers this installation: for a new inbox it creates the inbox, else it adds the installation.
 *
 * @param identifier - who signs; a member of the inbox or its recovery identifier
 * @returns undefined when nothing is left to do: the log shows the installation already
 * @throws ClientError `client/too-many-installations` with `count`, `max` and `oldest` (ids, oldest first),
 *   `client/wrong-inbox`, `client/identity-log-invalid`; NetworkError
 */
export async function registrationRequest(
  ctx: ClientContext,
  identifier: Identifier = ctx.identity.identifier,
  signal?: AbortSignal,
): Promise<SignatureRequest | undefined> {
  const { inboxId, installationIdBytes } = ctx.identity;
  if (getInstallation(ctx.db)?.registeredAtNs !== undefined) return undefined;
  if (!isKnownToBeNew(ctx)) {
    const { failed } = await ctx.inboxLog.refresh([inboxId], signal);
    const error = failed.get(inboxId);
    if (error !== undefined) throw error;
  }
  const state = ctx.inboxLog.latest(inboxId)?.state;
  if (state !== undefined && hasInstallation(state, installationIdBytes)) {
    finishRegistration(ctx);
    return undefined;
  }
  const update = state === undefined ? createUpdate(ctx, identifier) : joinUpdate(ctx, identifier, state);
  return new SignatureRequest({ purpose: 'register', update, ...ctx, installation: ctx.identity });
}

/** Nobody had the inbox when the client was opened, a moment ago. Who has it since is told when the update is refused, and is in the log then. */
function isKnownToBeNew({ unclaimedAtNs, identity, inboxLog, host }: ClientContext): boolean {
  if (unclaimedAtNs === undefined || hasPassed(unclaimedAtNs, LATELY_NS, host.nowNs())) return false;
  return inboxLog.latest(identity.inboxId) === undefined;
}

function createUpdate(ctx: ClientContext, owner: Identifier): PendingIdentityUpdate {
  const { inboxId, nonce, member } = ctx.identity;
  if (inboxIdOf(owner, nonce) !== inboxId) {
    throw new ClientError('client/wrong-inbox', { inboxId, identifier: identifierKey(owner), nonce });
  }
  return registrationUpdate({ owner, nonce, installation: member, clientTimestampNs: ctx.host.nowNs() });
}

function joinUpdate(ctx: ClientContext, identifier: Identifier, state: AssociationState): PendingIdentityUpdate {
  const { inboxId, member } = ctx.identity;
  const isRecovery = identifierKey(state.recoveryIdentifier) === identifierKey(identifier);
  if (!isMember(state, identifier) && !isRecovery) {
    throw new ClientError('client/wrong-inbox', { inboxId, identifier: identifierKey(identifier) });
  }
  const installations = installationsOf(state);
  if (installations.length >= MAX_INSTALLATIONS_PER_INBOX) {
    throw new ClientError('client/too-many-installations', {
      inboxId,
      count: installations.length,
      max: MAX_INSTALLATIONS_PER_INBOX,
      oldest: installations.map(({ publicKey }) => toHex(publicKey)).join(' '),
    });
  }
  return addAssociationUpdate({
    inboxId,
    newMember: member,
    existingMember: identifier,
    clientTimestampNs: nextUpdateTimeNs(ctx, inboxId),
  });
}

/**
 * Does of `register` what needs no signature: makes the key package and uploads it. Nothing happens when the node has it, or for who is registered.
 * Where nobody signs in the end, the node has a key package that nobody finds.
 * @throws NetworkError
 */
export async function prepareRegistration(ctx: ClientContext, signal?: AbortSignal): Promise<void> {
  await ctx.locks.run('key-packages', async () => {
    if (registrationStatus(ctx) === 'unregistered' && !hasUploadedLately(ctx))
      await uploadKeyPackage(ctx, prepareKeyPackage(ctx), signal);
  });
}

function hasUploadedLately({ db, host }: ClientContext): boolean {
  const uploadedAtNs = getCurrentKeyPackage(db)?.uploadedAtNs;
  return uploadedAtNs !== undefined && !hasPassed(uploadedAtNs, LATELY_NS, host.nowNs());
}

/**
 * Registers with a completely signed request of `registrationRequest`. May be repeated after a failure or a crash, with
 * the same request or a new one.
 *
 * @throws as `checkIdentityUpdate` before anything is sent; as `publishIdentityUpdate`
 */
export async function register(ctx: ClientContext, request: SignatureRequest, signal?: AbortSignal): Promise<void> {
  await ctx.locks.run('key-packages', async () => {
    const known = ctx.inboxLog.latest(ctx.identity.inboxId)?.state;
    if (known !== undefined && hasInstallation(known, ctx.identity.installationIdBytes)) {
      finishRegistration(ctx);
      return;
    }
    const keyPackage = hasUploadedLately(ctx) ? undefined : prepareKeyPackage(ctx);
    const update = checkIdentityUpdate(ctx, request);
    if (keyPackage !== undefined) await uploadKeyPackage(ctx, keyPackage, signal);
    await publishIdentityUpdate(ctx, update, signal);
    finishRegistration(ctx);
  });
}

/** The log shows the installation: note it, and when its key package is due. */
function finishRegistration(ctx: ClientContext): void {
  const nowNs = ctx.host.nowNs();
  ctx.db.transaction(() => {
    markRegistered(ctx.db, nowNs);
    if (getInstallation(ctx.db)?.keyPackageDueNs !== undefined) return;
    // Not marked as uploaded: a crash came in between, and what the node has is replaced to be sure.
    const hasUploaded = getCurrentKeyPackage(ctx.db)?.uploadedAtNs !== undefined;
    setKeyPackageDue(ctx.db, hasUploaded ? nowNs + ROTATION_INTERVAL_NS : nowNs);
  });
}
