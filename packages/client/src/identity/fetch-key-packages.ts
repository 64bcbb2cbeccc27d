/** Key packages of others: fetched from the node, checked one by one. A bad one is an outcome, not a failure. */
import { toHex } from '@conclave/crypto';
import type { CipherSuite } from '@conclave/mls';
import { create, FetchKeyPackagesRequestSchema } from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { Host } from '../host.js';
import type { Network } from '../network/network.js';
import { type AcceptedKeyPackage, acceptKeyPackage, type ExpectedInstallation } from './key-package.js';

/** Installations in one call: their key packages, under 2 kB each, stay far below the size of an answer. */
const MAX_INSTALLATIONS_PER_CALL = 1000;

/** What came of each installation, by its lower-case hex id. */
export type KeyPackageResults = Map<string, AcceptedKeyPackage | ClientError>;

/**
 * Fetches and checks the key packages of installations.
 *
 * @throws NetworkError; ClientError `client/node-answer-malformed` when the node does not answer one for one
 * Cost: one call per 1000 installations, and about a millisecond of checking for each.
 */
export async function fetchKeyPackages(
  ctx: { readonly network: Network; readonly suite: CipherSuite; readonly host: Host },
  installations: readonly ExpectedInstallation[],
  signal?: AbortSignal,
): Promise<KeyPackageResults> {
  const results: KeyPackageResults = new Map();
  for (let start = 0; start < installations.length; start += MAX_INSTALLATIONS_PER_CALL) {
    const asked = installations.slice(start, start + MAX_INSTALLATIONS_PER_CALL);
    const installationKeys = asked.map(({ installationId }) => installationId);
    const request = create(FetchKeyPackagesRequestSchema, { installationKeys });
    const { keyPackages } = await ctx.network.fetchKeyPackages(request, signal);
    if (keyPackages.length !== asked.length) {
      throw new ClientError('client/node-answer-malformed', {
        method: 'FetchKeyPackages',
        expected: asked.length,
        got: keyPackages.length,
      });
    }
    for (const [index, expected] of asked.entries()) {
      const bytes = keyPackages[index]?.keyPackageTlsSerialized ?? new Uint8Array(0);
      results.set(toHex(expected.installationId), accept(ctx, bytes, expected));
    }
  }
  return results;
}

function accept(
  ctx: { readonly suite: CipherSuite; readonly host: Host },
  bytes: Uint8Array,
  expected: ExpectedInstallation,
): AcceptedKeyPackage | ClientError {
  try {
    return acceptKeyPackage(ctx.suite, bytes, expected, ctx.host.nowNs());
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
}
