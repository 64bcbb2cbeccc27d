/** Key packages of others: fetched from the node, checked one by one. A bad one is an outcome, not a failure. */
import { toHex } from '@conclave/crypto';
import type { CipherSuite } from '@conclave/mls';
import { create, FetchKeyPackagesRequestSchema } from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { Host } from '../host.js';
import type { Network } from '../network/network.js';
import { malformedAnswer, type Refusals } from '../refusals.js';
import { type AcceptedKeyPackage, acceptKeyPackage, type ExpectedInstallation } from './key-package.js';

/** Installations in one call: their key packages, under 2 kB each, stay far below the size of an answer. */
const MAX_INSTALLATIONS_PER_CALL = 1000;

/** Who asks. */
export interface KeyPackageAsker {
  readonly network: Network;
  readonly suite: CipherSuite;
  readonly host: Host;
  readonly refusals: Refusals;
}

/** What came of each installation, by its lower-case hex id. */
export type KeyPackageResults = Map<string, AcceptedKeyPackage | ClientError>;

/**
 * Fetches and checks the key packages of installations.
 *
 * @throws NetworkError; ClientError `client/node-answer-malformed` when the node does not answer one for one
 * Cost: one call per 1000 installations, and about a millisecond of checking for each.
 */
export async function fetchKeyPackages(
  ctx: KeyPackageAsker,
  installations: readonly ExpectedInstallation[],
  signal?: AbortSignal,
): Promise<KeyPackageResults> {
  const packages = await fetchKeyPackageBytes(
    ctx,
    installations.map(({ installationId }) => installationId),
    signal,
  );
  return new Map(
    installations.map((expected, index) => [
      toHex(expected.installationId),
      accept(ctx, packages[index] as Uint8Array, expected),
    ]),
  );
}

/**
 * The key packages that the node has, unchecked, one for one; empty where it has none.
 * @throws NetworkError; ClientError `client/node-answer-malformed` when the node does not answer one for one
 */
export async function fetchKeyPackageBytes(
  ctx: KeyPackageAsker,
  installationIds: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const packages: Uint8Array[] = [];
  for (let start = 0; start < installationIds.length; start += MAX_INSTALLATIONS_PER_CALL) {
    const installationKeys = installationIds.slice(start, start + MAX_INSTALLATIONS_PER_CALL);
    const request = create(FetchKeyPackagesRequestSchema, { installationKeys });
    const { keyPackages } = await ctx.network.fetchKeyPackages(request, signal);
    if (keyPackages.length !== installationKeys.length) {
      throw malformedAnswer(ctx, {
        method: 'FetchKeyPackages',
        expected: installationKeys.length,
        got: keyPackages.length,
      });
    }
    packages.push(...keyPackages.map(({ keyPackageTlsSerialized }) => keyPackageTlsSerialized));
  }
  return packages;
}

function accept(
  ctx: Pick<KeyPackageAsker, 'suite' | 'host'>,
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
