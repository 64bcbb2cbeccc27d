/**
 * Welcomes: fetched from the own topic, opened, judged, and turned into conversations.
 *
 * A welcome that can never be used is recorded and passed. One that may be used later (a network error while the members' logs
 * are fetched) stops the batch with the cursor in front of it: what comes after it must not carry the cursor past it. A pointer
 * whose pointee is not there yet goes to the task queue and is passed.
 */
import { ConclaveError } from '@conclave/crypto';
import { decodeKeyPackage, MlsGroup } from '@conclave/mls';
import {
  create,
  PagingInfoSchema,
  QueryWelcomeMessagesRequestSchema,
  SortDirection,
  type WelcomeMessage,
  type WelcomeMessage_V1,
} from '@conclave/proto';
import type { ClientContext } from '../context.js';
import { ClientError } from '../errors.js';
import { queueKeyPackageRotation } from '../identity/key-package-rotation.js';
import { PAGE_SIZE } from '../network/network.js';
import { getCursor, raiseCursor } from '../store/cursors.js';
import { getKeyPackageByRef, getKeyPackageByWrapperKey } from '../store/key-packages.js';
import { insertRejectedEnvelope } from '../store/rejected-envelopes.js';
import { joinConversation } from './join.js';
import { decodePointer, openPointee } from './pointer.js';
import { queuePointer } from './pointer-tasks.js';
import {
  decodeWelcomeMetadata,
  type UnwrappedWelcome,
  unwrapWelcome,
  wipeUnwrapped,
  wrapperAlgorithmOf,
} from './wrapper.js';

/** Tries for a pointee before the pointer waits in the task queue: they are sent in the same call, the pointee first. */
const POINTEE_WAITS_MS = [50, 150, 450, 1350, 4050] as const;

/**
 * Fetches and follows what is new.
 * @returns ids of the conversations joined, in order
 * @throws ClientError retryable, when the batch stopped
 */
export function syncWelcomes(ctx: ClientContext): Promise<string[]> {
  return ctx.locks.run(WELCOME_LOCK, async () => {
    const joined: string[] = [];
    const topic = ctx.identity.installationId;
    for (let idCursor = getCursor(ctx.db, topic, 'welcome'); ; ) {
      const page = await queryWelcomes(ctx, ctx.identity.installationIdBytes, idCursor);
      for (const welcome of page) {
        const id = await receiveWelcome(ctx, welcome);
        if (id !== undefined) joined.push(id);
        idCursor = welcome.version.value?.id ?? idCursor;
      }
      if (page.length < PAGE_SIZE) return joined;
    }
  });
}

/** One at a time: two welcomes to the same group must not race. */
const WELCOME_LOCK = 'welcomes';

/** Takes one welcome that a stream brought. @returns the conversation's id when it was joined */
export function receiveStreamedWelcome(ctx: ClientContext, welcome: WelcomeMessage): Promise<string | undefined> {
  return ctx.locks.run(WELCOME_LOCK, () => receiveWelcome(ctx, welcome));
}

async function receiveWelcome(ctx: ClientContext, { version }: WelcomeMessage): Promise<string | undefined> {
  if (version.case === undefined)
    throw new ClientError('client/node-answer-malformed', { rpc: 'QueryWelcomeMessages' });
  const { id: sequenceId, createdNs: createdAtNs } = version.value;
  const topic = ctx.identity.installationId;
  if (sequenceId <= getCursor(ctx.db, topic, 'welcome')) return undefined;
  // Used or not, somebody holds our key package: a fresh one is due.
  queueKeyPackageRotation(ctx.db, ctx.host.nowNs());
  try {
    const unwrapped = version.case === 'v1' ? unwrapV1(ctx, version.value) : await followPointer(ctx, version.value);
    return await joinFrom(ctx, unwrapped, { sequenceId, createdAtNs });
  } catch (error) {
    if (!(error instanceof ConclaveError)) throw error;
    if (error instanceof ClientError && error.code === 'client/pointee-missing') {
      ctx.db.transaction(() => {
        queuePointer(ctx, version.value as PointerFields, sequenceId);
        raiseCursor(ctx.db, topic, 'welcome', sequenceId);
      });
      return undefined;
    }
    if (error.retryable || error.code.startsWith('sqlite/')) throw error;
    ctx.db.transaction(() => {
      const { rule } = error.details;
      insertRejectedEnvelope(ctx.db, {
        topic,
        kind: 'welcome',
        sequenceId,
        code: error.code,
        rule: rule === undefined ? undefined : String(rule),
        rejectedAtNs: ctx.host.nowNs(),
      });
      raiseCursor(ctx.db, topic, 'welcome', sequenceId);
    });
    ctx.host.log?.info('welcome-rejected', { sequenceId, code: error.code });
    return undefined;
  }
}

function unwrapV1(ctx: ClientContext, welcome: WelcomeMessage_V1): UnwrappedWelcome {
  return unwrapWelcome(ctx.crypto, ...wrapperKeyOf(ctx, welcome.wrapperAlgorithm, welcome.hpkePublicKey), {
    data: welcome.data,
    welcomeMetadata: welcome.welcomeMetadata,
  });
}

/** The private key that a welcome was wrapped to. @throws ClientError `client/welcome-invalid` with rule `known-key` */
function wrapperKeyOf(
  ctx: ClientContext,
  algorithmNumber: number,
  publicKey: Uint8Array,
): ['curve25519' | 'xwing', Uint8Array] {
  const algorithm = wrapperAlgorithmOf(algorithmNumber);
  const row = algorithm === undefined ? undefined : getKeyPackageByWrapperKey(ctx.db, algorithm, publicKey);
  if (algorithm === undefined || row === undefined)
    throw new ClientError('client/welcome-invalid', { rule: 'known-key' });
  return [algorithm, algorithm === 'xwing' ? row.wrapperSeed : row.initPrivateKey];
}

/** What a pointer needs to be followed, now or later. */
export interface PointerFields {
  readonly welcomePointer: Uint8Array;
  readonly hpkePublicKey: Uint8Array;
  readonly wrapperAlgorithm: number;
}

/**
 * Opens the pointer and fetches what it points to.
 * @throws ClientError `client/pointee-missing` (retryable) when it is not there yet
 */
export async function followPointer(
  ctx: ClientContext,
  pointer: PointerFields,
  waitsMs: readonly number[] = POINTEE_WAITS_MS,
): Promise<UnwrappedWelcome> {
  const key = wrapperKeyOf(ctx, pointer.wrapperAlgorithm, pointer.hpkePublicKey);
  const wrapped = { data: pointer.welcomePointer, welcomeMetadata: new Uint8Array(0) };
  const opened = unwrapWelcome(ctx.crypto, ...key, wrapped);
  const secrets = decodePointer(opened.welcome.slice());
  wipeUnwrapped(opened);
  for (let tries = 0; ; tries++) {
    const [first] = await queryWelcomes(ctx, secrets.destination, 0n);
    if (first !== undefined) {
      if (first.version.case !== 'v1') throw new ClientError('client/welcome-invalid', { rule: 'pointee-shape' });
      const { data, welcomeMetadata } = first.version.value;
      return openPointee(ctx.crypto, secrets, { data, welcomeMetadata });
    }
    const waitMs = waitsMs[tries];
    if (waitMs === undefined) throw new ClientError('client/pointee-missing');
    await ctx.host.delay(waitMs);
  }
}

/** Joins the MLS group and the conversation. @returns its id, or undefined when nothing is to be shown */
export async function joinFrom(
  ctx: ClientContext,
  unwrapped: UnwrappedWelcome,
  position: { readonly sequenceId: bigint; readonly createdAtNs: bigint },
): Promise<string | undefined> {
  try {
    const { group, signerLeafIndex } = MlsGroup.join({
      suite: ctx.suite,
      welcome: unwrapped.welcome,
      keyPackage: (ref) => {
        const row = getKeyPackageByRef(ctx.db, ref);
        return row === undefined ? undefined : { ...row, keyPackage: decodeKeyPackage(row.keyPackage) };
      },
      signatureKey: ctx.identity.signatureKey,
    });
    const messageCursor = decodeWelcomeMetadata(unwrapped.metadata) ?? 0n;
    return await joinConversation(ctx, group, signerLeafIndex, { ...position, messageCursor });
  } finally {
    wipeUnwrapped(unwrapped);
  }
}

async function queryWelcomes(
  ctx: ClientContext,
  installationKey: Uint8Array,
  idCursor: bigint,
): Promise<WelcomeMessage[]> {
  const pagingInfo = create(PagingInfoSchema, { direction: SortDirection.ASCENDING, limit: PAGE_SIZE, idCursor });
  const request = create(QueryWelcomeMessagesRequestSchema, { installationKey, pagingInfo });
  return (await ctx.network.queryWelcomeMessages(request)).messages;
}
