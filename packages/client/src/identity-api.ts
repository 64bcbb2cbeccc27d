/** The inbox of this client and the inboxes of others, as an SDK uses them. */
import { toHex } from '@conclave/crypto';
import {
  type AssociationState,
  type Identifier,
  identifierKey,
  identifiersOf,
  installationsOf,
} from '@conclave/identity';
import type { ClientContext, Directory } from './context.js';
import {
  addAccountRequest,
  applySignatureRequest,
  changeRecoveryRequest,
  removeAccountRequest,
  revokeAllOthersRequest,
  revokeInstallationsRequest,
} from './identity/account-requests.js';
import { type KeyPackageStatus, keyPackageStatuses } from './identity/key-package-status.js';
import {
  prepareRegistration,
  type RegistrationStatus,
  registrationRequest,
  registrationStatus,
} from './identity/registration.js';
import { rotateKeyPackage } from './identity/rotate-key-package.js';
import type { SignatureRequest } from './identity/signature-request.js';

/** An inbox as people see it. */
export interface InboxView {
  readonly inboxId: string;
  readonly recoveryIdentifier: Identifier;
  /** By time of joining, the creator last. */
  readonly identifiers: readonly Identifier[];
  readonly installations: readonly {
    readonly id: string;
    readonly bytes: Uint8Array;
    readonly clientTimestampNs: bigint | undefined;
  }[];
}

/** Reading of a verified state. */
export function inboxView(state: AssociationState): InboxView {
  return {
    inboxId: state.inboxId,
    recoveryIdentifier: state.recoveryIdentifier,
    identifiers: identifiersOf(state),
    installations: installationsOf(state).map(({ publicKey, clientTimestampNs }) => ({
      id: toHex(publicKey),
      bytes: publicKey,
      clientTimestampNs,
    })),
  };
}

/**
 * States of inboxes, fetched first with `refresh`; without it, as they are stored.
 * @throws ClientError `client/unknown-inbox`, the error of a log that was refused, or a network error
 */
export async function inboxViews(
  directory: Directory,
  inboxIds: readonly string[],
  options: { readonly refresh: boolean },
): Promise<InboxView[]> {
  if (options.refresh) {
    const { failed } = await directory.inboxLog.refresh(inboxIds);
    for (const error of failed.values()) throw error;
  }
  return inboxIds.map((inboxId) => inboxView(directory.inboxLog.requireLatest(inboxId).state));
}

/** Registration, accounts, installations, look-ups. */
export class IdentityApi {
  readonly #ctx: ClientContext;

  constructor(ctx: ClientContext) {
    this.#ctx = ctx;
  }

  /** By the stored log. */
  get status(): RegistrationStatus {
    return registrationStatus(this.#ctx);
  }

  /** @returns undefined when this installation is registered */
  registrationRequest(identifier?: Identifier): Promise<SignatureRequest | undefined> {
    return registrationRequest(this.#ctx, identifier);
  }

  /** Makes and uploads the key package that registering needs: for the time in which somebody is asked to sign. Nothing happens when it is registered. */
  prepareRegistration(): Promise<void> {
    return prepareRegistration(this.#ctx);
  }

  addAccountRequest(identifier: Identifier, options?: { readonly allowReassign?: boolean }): Promise<SignatureRequest> {
    return addAccountRequest(this.#ctx, identifier, options);
  }

  removeAccountRequest(identifier: Identifier): Promise<SignatureRequest> {
    return removeAccountRequest(this.#ctx, identifier);
  }

  /** @param installationIds - 32 bytes each */
  revokeInstallationsRequest(installationIds: readonly Uint8Array[]): Promise<SignatureRequest> {
    return revokeInstallationsRequest(this.#ctx, this.#ctx.identity.inboxId, installationIds);
  }

  /** @returns undefined when there are no others */
  revokeAllOthersRequest(): Promise<SignatureRequest | undefined> {
    return revokeAllOthersRequest(this.#ctx);
  }

  changeRecoveryRequest(identifier: Identifier): Promise<SignatureRequest> {
    return changeRecoveryRequest(this.#ctx, identifier);
  }

  /** Publishes a request whose signatures are complete. */
  apply(request: SignatureRequest): Promise<void> {
    return applySignatureRequest(this.#ctx, request);
  }

  /** Whether somebody is registered, by the text of the identifier. */
  canMessage(identifiers: readonly Identifier[]): Promise<Map<string, boolean>> {
    return this.#ctx.inboxLookup.canMessage(identifiers);
  }

  /** The inbox of an identifier, as far as known here, else from the node and checked against the inbox's own log. */
  inboxIdOf(identifier: Identifier): Promise<string | undefined> {
    return this.#ctx.inboxLookup.inboxIdOf(identifier);
  }

  /** As `inboxIdOf`, in the order of the identifiers; one request for all that are not known here. */
  async inboxIdsOf(identifiers: readonly Identifier[]): Promise<(string | undefined)[]> {
    const { inboxLookup } = this.#ctx;
    const unknown = identifiers.filter((identifier) => inboxLookup.local(identifier) === undefined);
    const found = await inboxLookup.lookup(unknown);
    return identifiers.map((identifier) => inboxLookup.local(identifier) ?? found.get(identifierKey(identifier)));
  }

  /** @throws ClientError `client/unknown-inbox` */
  localInboxView(inboxId: string): InboxView {
    return inboxView(this.#ctx.inboxLog.requireLatest(inboxId).state);
  }

  /** Replaces the key package of this installation now; results and errors as `identity/rotate-key-package.ts`. */
  rotateKeyPackage(): Promise<boolean> {
    return rotateKeyPackage(this.#ctx);
  }

  inboxViews(inboxIds: readonly string[], options: { readonly refresh: boolean }): Promise<InboxView[]> {
    return inboxViews(this.#ctx, inboxIds, options);
  }

  /** Whether installations can be added to conversations. @param installationIds - hex; errors as `keyPackageStatuses` */
  keyPackageStatuses(installationIds: readonly string[]): Promise<Map<string, KeyPackageStatus>> {
    return keyPackageStatuses(this.#ctx, installationIds);
  }

  /**
   * How many updates the logs of inboxes hold; a log takes 256 in its life.
   * @throws as `inboxViews`
   */
  async updateCounts(
    inboxIds: readonly string[],
    options: { readonly refresh: boolean },
  ): Promise<Map<string, number>> {
    await this.inboxViews(inboxIds, options);
    return new Map(inboxIds.map((inboxId) => [inboxId, this.#ctx.inboxLog.count(inboxId)]));
  }
}
