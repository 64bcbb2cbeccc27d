/** What the node hands out for installations: for people who want to know why somebody cannot be added. */
import { ConclaveError, fromHex } from '@conclave/crypto';
import { type CipherSuite, decodeKeyPackage, type Lifetime } from '@conclave/mls';
import { create, FetchKeyPackagesRequestSchema } from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { Host } from '../host.js';
import type { Network } from '../network/network.js';
import { inboxOfCredential } from './credential.js';
import { acceptKeyPackage } from './key-package.js';

/** One installation's key package. */
export interface KeyPackageStatus {
  /** Of its leaf, where that much can be read. */
  readonly lifetime: Lifetime | undefined;
  /** Why it cannot be used; undefined when it can. */
  readonly error: ClientError | undefined;
}

/**
 * Fetches the key packages of installations and checks them as an adder would, but for the inbox: the one that the
 * package claims is taken.
 *
 * @param installationIds - lower-case hex of 32 bytes
 * @returns by installation id, in the order asked
 * @throws NetworkError; ClientError `client/node-answer-malformed`; CryptoError `codec/invalid-text` for an id that is no hex
 */
export async function keyPackageStatuses(
  ctx: { readonly network: Network; readonly suite: CipherSuite; readonly host: Host },
  installationIds: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, KeyPackageStatus>> {
  const asked = [...new Set(installationIds)];
  if (asked.length === 0) return new Map();
  const request = create(FetchKeyPackagesRequestSchema, { installationKeys: asked.map(fromHex) });
  const { keyPackages } = await ctx.network.fetchKeyPackages(request, signal);
  if (keyPackages.length !== asked.length) {
    throw new ClientError('client/node-answer-malformed', { method: 'FetchKeyPackages', expected: asked.length });
  }
  return new Map(
    asked.map((id, index) => [id, statusOf(ctx, fromHex(id), keyPackages[index]?.keyPackageTlsSerialized)]),
  );
}

function statusOf(
  ctx: { readonly suite: CipherSuite; readonly host: Host },
  installationId: Uint8Array,
  bytes: Uint8Array = new Uint8Array(0),
): KeyPackageStatus {
  const claim = readClaim(bytes);
  try {
    acceptKeyPackage(ctx.suite, bytes, { inboxId: claim.inboxId, installationId }, ctx.host.nowNs());
    return { lifetime: claim.lifetime, error: undefined };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { lifetime: claim.lifetime, error };
  }
}

/** What can be read without verifying anything. */
function readClaim(bytes: Uint8Array): { inboxId: string; lifetime: Lifetime | undefined } {
  let lifetime: Lifetime | undefined;
  try {
    const { leafNode } = decodeKeyPackage(bytes);
    lifetime = leafNode.lifetime;
    return { inboxId: inboxOfCredential(leafNode.credential), lifetime };
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    return { inboxId: '', lifetime };
  }
}
