/** Whether installations can be added to conversations: the key packages that the node has of them, looked at one by one. */
import { ConclaveError, fromHex } from '@conclave/crypto';
import { decodeKeyPackage, type Lifetime } from '@conclave/mls';
import { inboxOfCredential } from './credential.js';
import { fetchKeyPackageBytes, type KeyPackageAsker } from './fetch-key-packages.js';
import { acceptKeyPackage } from './key-package.js';

/** What is known of an installation's key package. */
export interface KeyPackageStatus {
  /** Unix seconds; absent when the package cannot be read. */
  readonly lifetime?: Lifetime;
  /** Why it cannot be used. */
  readonly error?: ConclaveError;
}

/**
 * Fetches and checks the key packages, whichever inbox they belong to.
 * @param installationIds - hex of 32 bytes each
 * @returns by installation id, in the order asked
 * @throws NetworkError; ClientError `client/node-answer-malformed`; CryptoError `codec/invalid-text` on an id that is not hex
 * Cost: one call per 1000 installations, and about a millisecond of checking for each.
 */
export async function keyPackageStatuses(
  ctx: KeyPackageAsker,
  installationIds: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, KeyPackageStatus>> {
  const packages = await fetchKeyPackageBytes(ctx, installationIds.map(fromHex), signal);
  return new Map(
    installationIds.map((id, index) => [id, statusOf(ctx, fromHex(id), packages[index] ?? new Uint8Array(0))]),
  );
}

function statusOf(
  { suite, host }: Pick<KeyPackageAsker, 'suite' | 'host'>,
  installationId: Uint8Array,
  bytes: Uint8Array,
): KeyPackageStatus {
  let lifetime: Lifetime | undefined;
  let inboxId = '';
  try {
    if (bytes.length > 0) {
      const { leafNode } = decodeKeyPackage(bytes);
      lifetime = leafNode.lifetime;
      inboxId = inboxOfCredential(leafNode.credential);
    }
    acceptKeyPackage(suite, bytes, { inboxId, installationId }, host.nowNs());
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    return { ...(lifetime === undefined ? {} : { lifetime }), error };
  }
  return lifetime === undefined ? {} : { lifetime };
}
