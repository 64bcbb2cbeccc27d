/** What is sent to the joiners of one commit: a welcome for each, or one pointee and pointers; and how it is chunked. */
import type { CryptoProvider, Random } from '@conclave/crypto';
import { EMPTY_BYTES, wipe } from '@conclave/crypto';
import {
  create,
  type WelcomeMessageInput,
  WelcomeMessageInputSchema,
  WelcomePointerWrapperAlgorithm,
  WelcomeWrapperAlgorithm,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import { MAX_NETWORK_MESSAGE_BYTES } from '../network/network.js';
import { createPointerSecrets, encodePointer, sealPointee } from './pointer.js';
import {
  createPointerWrapper,
  createWelcomeWrapper,
  encodeWelcomeMetadata,
  type WrapperKey,
  wrapperAlgorithmNumber,
} from './wrapper.js';

/** One installation that the commit added. */
export interface Joiner {
  /** 32 bytes. */
  readonly installationId: Uint8Array;
  readonly wrapperKey: WrapperKey;
  /** Its key package lists ChaCha20-Poly1305 in extension 0xff04. */
  readonly supportsPointers: boolean;
}

/** With more joiners than this that can follow a pointer, pointers are used (libxmtp 1.10.0). */
export const MAX_JOINERS_WITHOUT_POINTERS = 2;
/** Welcomes in one SendWelcomeMessages. */
export const MAX_WELCOMES_PER_CALL = 50;
/** Bytes of one call that are not welcomes: tags, lengths and room for the transport's framing. */
const CALL_OVERHEAD_BYTES = 1024;
/** Tags, lengths and numbers of one welcome, at most: three messages, four fields of bytes, one number. */
const INPUT_OVERHEAD_BYTES = 48;

/** A pointer can only be wrapped with X-Wing: the other algorithm has no number for it. */
function followsPointers(joiner: Joiner): boolean {
  return joiner.supportsPointers && joiner.wrapperKey.algorithm === 'xwing';
}

/** One SendWelcomeMessages. */
export interface WelcomeCall {
  readonly messages: readonly WelcomeMessageInput[];
  /** Of the joiners, how many have their welcome when this call and those before it are done. */
  readonly welcomed: number;
}

/**
 * Makes the welcomes of one commit, a pointee first, then one for each joiner in order, in calls that fit the network: at most 50 welcomes
 * and 25 MiB each. Each call is sealed when it is asked for, pointers on the provider's threads, so that the one before can be under way
 * meanwhile. The pointee is in the first: sending that before the others spares the joiners a search.
 *
 * @param welcome - the MLS Welcome as MLSMessage; every joiner gets the whole of it
 * @param messageCursor - id of the commit at the node
 * @throws ClientError `client/key-package-invalid` for a joiner whose key cannot be encrypted to, `client/message-too-large` when one
 *   welcome alone does not fit
 * Cost: one encapsulation per joiner; without pointers also one encryption of the welcome per joiner.
 */
export async function* welcomeCalls(params: {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly welcome: Uint8Array;
  readonly messageCursor: bigint;
  readonly joiners: readonly Joiner[];
  readonly maxCallBytes?: number;
}): AsyncGenerator<WelcomeCall> {
  const available = (params.maxCallBytes ?? MAX_NETWORK_MESSAGE_BYTES) - CALL_OVERHEAD_BYTES;
  let messages: WelcomeMessageInput[] = [];
  let bytes = 0;
  let welcomed = 0;
  for await (const { input, forJoiner } of welcomeInputs(params)) {
    const size = sizeOf(input);
    if (size > available) throw new ClientError('client/message-too-large', { bytes: size, maxBytes: available });
    if (messages.length === MAX_WELCOMES_PER_CALL || bytes + size > available) {
      yield { messages, welcomed };
      messages = [];
      bytes = 0;
    }
    messages.push(input);
    bytes += size;
    if (forJoiner) welcomed += 1;
  }
  if (messages.length > 0) yield { messages, welcomed };
}

/** Bytes on the wire, at most. */
function sizeOf({ version }: WelcomeMessageInput): number {
  if (version.case === undefined) return INPUT_OVERHEAD_BYTES;
  const { installationKey, hpkePublicKey } = version.value;
  const content =
    version.case === 'v1'
      ? version.value.data.length + version.value.welcomeMetadata.length
      : version.value.welcomePointer.length;
  return INPUT_OVERHEAD_BYTES + installationKey.length + hpkePublicKey.length + content;
}

interface Input {
  readonly input: WelcomeMessageInput;
  readonly forJoiner: boolean;
}

async function* welcomeInputs(params: {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly welcome: Uint8Array;
  readonly messageCursor: bigint;
  readonly joiners: readonly Joiner[];
}): AsyncGenerator<Input> {
  const { crypto, random, welcome, joiners } = params;
  const metadata = encodeWelcomeMetadata(params.messageCursor);
  const wrap = createWelcomeWrapper(crypto, random);
  const wrapPointers = createPointerWrapper(crypto, random);
  const usePointers = joiners.filter(followsPointers).length > MAX_JOINERS_WITHOUT_POINTERS;
  let pointer: Uint8Array | undefined;
  if (usePointers) {
    const secrets = createPointerSecrets(random);
    pointer = encodePointer(secrets);
    const sealed = sealPointee(crypto, secrets, welcome, metadata);
    const input = v1Input(secrets.destination, sealed, new Uint8Array(0), WelcomeWrapperAlgorithm.SYMMETRIC_KEY);
    yield { input, forJoiner: false };
    wipe(secrets.encryptionKey);
  }
  for (let start = 0; start < joiners.length; start += MAX_WELCOMES_PER_CALL) {
    const some = joiners.slice(start, start + MAX_WELCOMES_PER_CALL);
    const followers = pointer === undefined ? [] : some.filter(followsPointers);
    // The metadata travels with the pointee.
    const pointers = await wrapPointers(
      followers.map(({ wrapperKey }) => wrapperKey.publicKey),
      pointer ?? EMPTY_BYTES,
    );
    let next = 0;
    for (const joiner of some) {
      const { wrapperKey, installationId } = joiner;
      if (pointer !== undefined && followsPointers(joiner)) {
        yield {
          input: pointerInput(installationId, pointers[next++] as Uint8Array, wrapperKey.publicKey),
          forJoiner: true,
        };
      } else {
        const wrapped = wrap(wrapperKey, welcome, metadata);
        const algorithm = wrapperAlgorithmNumber(wrapperKey.algorithm);
        yield { input: v1Input(installationId, wrapped, wrapperKey.publicKey, algorithm), forJoiner: true };
      }
    }
  }
  wipe(pointer);
}

function v1Input(
  installationKey: Uint8Array,
  sealed: { data: Uint8Array; welcomeMetadata: Uint8Array },
  hpkePublicKey: Uint8Array,
  wrapperAlgorithm: WelcomeWrapperAlgorithm,
): WelcomeMessageInput {
  const { data, welcomeMetadata } = sealed;
  return create(WelcomeMessageInputSchema, {
    version: { case: 'v1', value: { installationKey, data, hpkePublicKey, wrapperAlgorithm, welcomeMetadata } },
  });
}

function pointerInput(installationKey: Uint8Array, welcomePointer: Uint8Array, hpkePublicKey: Uint8Array) {
  const wrapperAlgorithm = WelcomePointerWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6;
  return create(WelcomeMessageInputSchema, {
    version: {
      case: 'welcomePointer',
      value: { installationKey, welcomePointer, hpkePublicKey, wrapperAlgorithm },
    },
  });
}
