/** From a welcome as the node has it to a conversation: opened with the key that it names, followed if it is a pointer, joined. */
import { EMPTY_BYTES, wipe } from '@conclave/crypto';
import { decodeKeyPackage, MlsGroup } from '@conclave/mls';
import {
  SortDirection,
  type WelcomeMessage,
  type WelcomeMessage_V1,
  type WelcomeMessage_WelcomePointer,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { groupConfig } from '../groups/live-groups.js';
import { checkedPage, pagingOf } from '../network/pages.js';
import {
  getKeyPackageByWrapperKey,
  type KeyPackageRow,
  keyPackageLookup,
  wipeKeyPackage,
} from '../store/key-packages.js';
import { decodePointer, openPointee } from '../wrapping/pointer.js';
import {
  decodeWelcomeMetadata,
  type UnwrappedWelcome,
  unwrapWelcome,
  type WrappedWelcome,
  wipeUnwrapped,
  wrapperAlgorithmOf,
} from '../wrapping/wrapper.js';
import { joinConversation } from './join.js';
import { welcomeTopic } from './welcome-topic.js';

/**
 * Opens a welcome and joins. Call it under the lock of welcomes.
 *
 * @param pointeeWaitsMs - waits between the tries for what a pointer names
 * @returns the conversation's id, or undefined when nothing is to be shown
 * @throws ClientError `client/welcome-invalid` with the rule, `client/welcome-already-processed`, `client/pointee-missing` (retryable);
 *   MlsError; a retryable error when the members' logs cannot be fetched
 */
export async function followWelcome(
  ctx: ClientContext,
  { version }: WelcomeMessage,
  pointeeWaitsMs: readonly number[],
): Promise<string | undefined> {
  if (version.case === undefined) throw new ClientError('client/welcome-invalid', { rule: 'known-version' });
  const { id: sequenceId, createdNs: createdAtNs } = version.value;
  const unwrapped =
    version.case === 'v1' ? unwrapV1(ctx, version.value) : await followPointer(ctx, version.value, pointeeWaitsMs);
  const lookUp = keyPackageLookup(ctx.db);
  const named: KeyPackageRow[] = [];
  try {
    const { group, signerLeafIndex } = await MlsGroup.joinAsync({
      suite: ctx.suite,
      welcome: unwrapped.welcome,
      keyPackage: (ref) => {
        const row = lookUp(ref);
        if (row === undefined) return undefined;
        named.push(row);
        return { ...row, keyPackage: decodeKeyPackage(row.keyPackage) };
      },
      signatureKey: ctx.identity.signatureKey,
      config: groupConfig(ctx.suite),
      verifiedTrees: ctx.verifiedTrees,
    });
    const messageCursor = decodeWelcomeMetadata(unwrapped.metadata) ?? 0n;
    return await joinConversation(ctx, group, signerLeafIndex, { sequenceId, createdAtNs, messageCursor });
  } finally {
    wipeUnwrapped(unwrapped);
    named.forEach(wipeKeyPackage);
  }
}

function unwrapV1(ctx: ClientContext, welcome: WelcomeMessage_V1): UnwrappedWelcome {
  const { data, welcomeMetadata } = welcome;
  return unwrap(ctx, welcome, { data, welcomeMetadata });
}

/** Opens with the private key that a welcome or a pointer was wrapped to. @throws ClientError `client/welcome-invalid` with rule `known-key`; as `unwrapWelcome` */
function unwrap(
  ctx: ClientContext,
  { wrapperAlgorithm, hpkePublicKey }: Pick<WelcomeMessage_V1, 'wrapperAlgorithm' | 'hpkePublicKey'>,
  wrapped: WrappedWelcome,
): UnwrappedWelcome {
  const algorithm = wrapperAlgorithmOf(wrapperAlgorithm);
  const row = algorithm === undefined ? undefined : getKeyPackageByWrapperKey(ctx.db, algorithm, hpkePublicKey);
  if (algorithm === undefined || row === undefined)
    throw new ClientError('client/welcome-invalid', { rule: 'known-key' });
  try {
    return unwrapWelcome(ctx.crypto, algorithm, algorithm === 'xwing' ? row.wrapperSeed : row.initPrivateKey, wrapped);
  } finally {
    wipeKeyPackage(row);
  }
}

/** Opens the pointer and fetches what it points to. */
async function followPointer(
  ctx: ClientContext,
  pointer: WelcomeMessage_WelcomePointer,
  waitsMs: readonly number[],
): Promise<UnwrappedWelcome> {
  const opened = unwrap(ctx, pointer, { data: pointer.welcomePointer, welcomeMetadata: EMPTY_BYTES });
  const secrets = decodePointer(opened.welcome.slice());
  wipeUnwrapped(opened);
  const topic = welcomeTopic(ctx, secrets.destination);
  try {
    for (let tries = 0; ; tries++) {
      // Only the first counts, so what else somebody has put there is not asked for.
      const { items } = checkedPage(ctx, topic, await topic.ask(pagingOf(0n, SortDirection.ASCENDING, 1)), 0n);
      const [first] = items;
      if (first !== undefined) {
        if (first.version.case !== 'v1') throw new ClientError('client/welcome-invalid', { rule: 'pointee-shape' });
        const { data, welcomeMetadata } = first.version.value;
        return openPointee(ctx.crypto, secrets, { data, welcomeMetadata });
      }
      const waitMs = waitsMs[tries];
      if (waitMs === undefined) throw new ClientError('client/pointee-missing');
      await ctx.host.delay(waitMs);
    }
  } finally {
    wipe(secrets.encryptionKey);
  }
}
