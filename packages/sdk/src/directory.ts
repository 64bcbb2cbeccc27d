/** Questions about inboxes that need no installation: asked of the node, answered over a database in memory. */
import {
  type Directory,
  inboxViews,
  openDirectory,
  publishSignatureRequest,
  resolveInboxId,
  revokeInstallationsRequest,
} from '@conclave/client';
import { equalBytes } from '@conclave/crypto';
import { DEFAULT_NONCE, inboxIdOf, sameIdentifier } from '@conclave/identity';
import type { Backend } from './backend.js';
import { chainCalls } from './chains.js';
import { systemHost } from './host.js';
import { connect, fetchOf, type Platform } from './platform.js';
import { toCoreIdentifier } from './session.js';
import { addSignature } from './signature-request.js';
import type { CallCounts } from './transport/call-counts.js';
import type { Identifier, InboxState, Signer } from './types.js';
import { toInboxState } from './values.js';

/** Runs `work` with a directory of its own and lets go of everything afterwards. */
async function withDirectory<T>(
  platform: Platform,
  backend: Backend,
  work: (directory: Directory) => Promise<T>,
  counts?: CallCounts,
): Promise<T> {
  const network = connect(platform, backend, counts);
  const db = await platform.memoryDatabase();
  try {
    return await work(
      openDirectory({
        db,
        network,
        crypto: platform.crypto,
        host: systemHost(platform.crypto.random),
        chains: chainCalls(platform.chains?.() ?? {}, fetchOf(platform, backend)),
      }),
    );
  } finally {
    db.close();
    network.close();
  }
}

/**
 * The id of the inbox that an identifier would create. No network.
 * @param nonce - default 1
 * @throws ClientError `client/invalid-address`, `client/invalid-identifier`
 */
export function generateInboxId(identifier: Identifier, nonce: bigint = DEFAULT_NONCE): string {
  return inboxIdOf(toCoreIdentifier(identifier), nonce);
}

/**
 * The inbox that an identifier belongs to; null when nobody registered it.
 * @throws ClientError `client/invalid-address`; NetworkError
 */
export function inboxIdForIdentifier(
  platform: Platform,
  backend: Backend,
  identifier: Identifier,
): Promise<string | null> {
  return withDirectory(
    platform,
    backend,
    async (directory) => (await directory.inboxLookup.inboxIdOf(toCoreIdentifier(identifier))) ?? null,
  );
}

/** The inbox of an identifier, else the one that it would create. */
export function inboxIdFromNode(
  platform: Platform,
  backend: Backend,
  identifier: Identifier,
  nonce: bigint,
  counts: CallCounts,
): Promise<string> {
  return withDirectory(
    platform,
    backend,
    (directory) => resolveInboxId(directory, toCoreIdentifier(identifier), nonce),
    counts,
  );
}

/** Who can be written to, by lower-case identifier. One request, however many they are. */
export function canMessageFrom(
  platform: Platform,
  backend: Backend,
  identifiers: readonly Identifier[],
): Promise<Map<string, boolean>> {
  return withDirectory(platform, backend, (directory) =>
    directory.inboxLookup.canMessage(identifiers.map(toCoreIdentifier)),
  );
}

/** @throws ClientError `client/unknown-inbox` */
export function inboxStatesFrom(
  platform: Platform,
  backend: Backend,
  inboxIds: readonly string[],
): Promise<InboxState[]> {
  return withDirectory(platform, backend, async (directory) =>
    (await inboxViews(directory, inboxIds, { refresh: true })).map(toInboxState),
  );
}

/** How many updates the logs of inboxes hold. @throws ClientError `client/unknown-inbox` */
export function updateCountsFrom(
  platform: Platform,
  backend: Backend,
  inboxIds: readonly string[],
): Promise<Map<string, number>> {
  return withDirectory(platform, backend, async (directory) => {
    await inboxViews(directory, inboxIds, { refresh: true });
    return new Map(inboxIds.map((inboxId) => [inboxId, directory.inboxLog.count(inboxId)]));
  });
}

/** Whether the address is a member of the inbox. @throws ClientError `client/unknown-inbox`, `client/invalid-address` */
export function hasAddress(platform: Platform, backend: Backend, inboxId: string, address: string): Promise<boolean> {
  const identifier = toCoreIdentifier({ identifier: address, identifierKind: 0 });
  return withDirectory(platform, backend, async (directory) => {
    const [view] = await inboxViews(directory, [inboxId], { refresh: true });
    return view?.identifiers.some((each) => sameIdentifier(each, identifier)) ?? false;
  });
}

/** Whether the installation is a member of the inbox. @throws ClientError `client/unknown-inbox` */
export function hasInstallation(
  platform: Platform,
  backend: Backend,
  inboxId: string,
  installationId: Uint8Array,
): Promise<boolean> {
  return withDirectory(platform, backend, async (directory) => {
    const [view] = await inboxViews(directory, [inboxId], { refresh: true });
    return view?.installations.some(({ bytes }) => equalBytes(bytes, installationId)) ?? false;
  });
}

/** Revokes installations of an inbox whose recovery identifier signs. @throws as `revokeInstallationsRequest` of the client */
export function revokeFrom(
  platform: Platform,
  backend: Backend,
  signer: Signer,
  inboxId: string,
  installationIds: readonly Uint8Array[],
): Promise<void> {
  return withDirectory(platform, backend, async (directory) => {
    const request = await revokeInstallationsRequest(directory, inboxId, installationIds);
    await addSignature(request, signer);
    await publishSignatureRequest(directory, request);
  });
}
