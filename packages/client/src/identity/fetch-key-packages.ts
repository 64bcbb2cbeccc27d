/** Key packages of others: fetched from the node, checked one by one. A bad one is an outcome, not a failure. */
import { EMPTY_BYTES, toHex } from '@conclave/crypto';
import {
  type CipherSuite,
  decodeKeyPackage,
  type KeyPackage,
  MlsError,
  type RequiredCapabilities,
  rememberKeyPackageSignatures,
} from '@conclave/mls';
import { create, FetchKeyPackagesRequestSchema } from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { Host } from '../host.js';
import { isAnswerTooLarge } from '../network/errors.js';
import type { Network } from '../network/network.js';
import { malformedAnswer, type Refusals } from '../refusals.js';
import { type AcceptedKeyPackage, acceptKeyPackage, type ExpectedInstallation } from './key-package.js';

/** Installations in one call: their key packages, under 2 kB each, stay far below the size of an answer. */
const MAX_INSTALLATIONS_PER_CALL = 1000;
/** Installations whose packages are fetched together and then checked together, while the next are fetched. */
const PAGE = 250;

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
 * Fetches and checks the key packages of installations: each is fetched once, in pages, and the signatures of a page are checked on
 * threads where the platform has them.
 *
 * @param onChecked - how many are done with, after each page
 * @throws NetworkError; ClientError `client/node-answer-malformed` when the node does not answer one for one
 * Cost: one call per 250 installations, and half a millisecond of checking for each.
 */
export async function fetchKeyPackages(
  ctx: KeyPackageAsker,
  installations: readonly ExpectedInstallation[],
  options: {
    readonly signal?: AbortSignal;
    readonly onChecked?: (done: number) => void;
    /** Of the group that they are to enter. */
    readonly requirements?: RequiredCapabilities | undefined;
  } = {},
): Promise<KeyPackageResults> {
  const { signal, onChecked, requirements } = options;
  const fetchPage = (start: number): Promise<Uint8Array[]> => {
    const ids = installations.slice(start, start + PAGE).map(({ installationId }) => installationId);
    const page = fetchKeyPackageBytes(ctx, ids, signal);
    // It is awaited later; until then its failure is nobody's.
    page.catch(() => {});
    return page;
  };
  const results: KeyPackageResults = new Map();
  let next = fetchPage(0);
  for (let start = 0; start < installations.length; start += PAGE) {
    const packages = await next;
    if (start + PAGE < installations.length) next = fetchPage(start + PAGE);
    const decoded = packages.map(decodeLeniently);
    const readable = decoded.filter((keyPackage) => keyPackage !== undefined);
    await rememberKeyPackageSignatures(ctx.suite, readable);
    for (const [index, bytes] of packages.entries()) {
      const expected = installations[start + index] as ExpectedInstallation;
      results.set(toHex(expected.installationId), accept(ctx, decoded[index] ?? bytes, expected, requirements));
    }
    onChecked?.(Math.min(start + PAGE, installations.length));
  }
  return results;
}

/** undefined for what does not decode: it is refused by name when it is looked at alone. */
function decodeLeniently(bytes: Uint8Array): KeyPackage | undefined {
  try {
    return decodeKeyPackage(bytes);
  } catch (error) {
    if (error instanceof MlsError) return undefined;
    throw error;
  }
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
    packages.push(...(await fetchInParts(ctx, installationKeys, signal)));
  }
  return packages;
}

/** In halves where the answer is too large: somebody's endless key package is as good as none, and nobody else's trouble. */
async function fetchInParts(
  ctx: KeyPackageAsker,
  installationKeys: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const expected = installationKeys.length;
  try {
    const request = create(FetchKeyPackagesRequestSchema, { installationKeys: [...installationKeys] });
    const { keyPackages } = await ctx.network.fetchKeyPackages(request, signal);
    if (keyPackages.length !== expected) {
      throw malformedAnswer(ctx, { method: 'FetchKeyPackages', expected, got: keyPackages.length });
    }
    return keyPackages.map(({ keyPackageTlsSerialized }) => keyPackageTlsSerialized);
  } catch (error) {
    if (!isAnswerTooLarge(error)) throw error;
    if (expected === 1) return [EMPTY_BYTES];
    const middle = Math.ceil(expected / 2);
    const first = await fetchInParts(ctx, installationKeys.slice(0, middle), signal);
    return [...first, ...(await fetchInParts(ctx, installationKeys.slice(middle), signal))];
  }
}

function accept(
  ctx: Pick<KeyPackageAsker, 'suite' | 'host'>,
  fetched: Uint8Array | KeyPackage,
  expected: ExpectedInstallation,
  requirements: RequiredCapabilities | undefined,
): AcceptedKeyPackage | ClientError {
  try {
    return acceptKeyPackage(ctx.suite, fetched, expected, ctx.host.nowNs(), requirements);
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
}
