/** What is sent to the joiners of one commit: a welcome for each, or one pointee and pointers; and how it is chunked. */
import type { CryptoProvider, Random } from '@conclave/crypto';
import { wipe } from '@conclave/crypto';
import {
  create,
  toBinary,
  type WelcomeMessageInput,
  WelcomeMessageInputSchema,
  WelcomePointerWrapperAlgorithm,
  WelcomeWrapperAlgorithm,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import { MAX_NETWORK_MESSAGE_BYTES } from '../network/network.js';
import { createPointerSecrets, encodePointer, sealPointee } from './pointer.js';
import { encodeWelcomeMetadata, type WrapperKey, wrapperAlgorithmNumber, wrapWelcome } from './wrapper.js';

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
/** Tag and length in front of each welcome. */
const INPUT_OVERHEAD_BYTES = 8;

/** A pointer can only be wrapped with X-Wing: the other algorithm has no number for it. */
function followsPointers(joiner: Joiner): boolean {
  return joiner.supportsPointers && joiner.wrapperKey.algorithm === 'xwing';
}

/**
 * Makes the welcomes of one commit, a pointee first, then one for each joiner in order.
 *
 * @param welcome - the MLS Welcome as MLSMessage; every joiner gets the whole of it
 * @param messageCursor - id of the commit at the node
 * @throws ClientError `client/key-package-invalid` for a joiner whose key cannot be encrypted to
 * Cost: one encapsulation per joiner; without pointers also one encryption of the welcome per joiner.
 */
export function buildWelcomeInputs(params: {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly welcome: Uint8Array;
  readonly messageCursor: bigint;
  readonly joiners: readonly Joiner[];
}): WelcomeMessageInput[] {
  const { crypto, random, welcome, joiners } = params;
  const metadata = encodeWelcomeMetadata(params.messageCursor);
  const usePointers = joiners.filter(followsPointers).length > MAX_JOINERS_WITHOUT_POINTERS;
  const inputs: WelcomeMessageInput[] = [];
  let pointer: Uint8Array | undefined;
  if (usePointers) {
    const secrets = createPointerSecrets(random);
    pointer = encodePointer(secrets);
    const sealed = sealPointee(crypto, secrets, welcome, metadata);
    inputs.push(v1Input(secrets.destination, sealed, new Uint8Array(0), WelcomeWrapperAlgorithm.SYMMETRIC_KEY));
    wipe(secrets.encryptionKey);
  }
  for (const joiner of joiners) {
    const { wrapperKey, installationId } = joiner;
    if (pointer !== undefined && followsPointers(joiner)) {
      // The metadata travels with the pointee; the context's second seal is not sent.
      const wrapped = wrapWelcome(crypto, wrapperKey, pointer, new Uint8Array(0), random);
      inputs.push(pointerInput(installationId, wrapped.data, wrapperKey.publicKey));
    } else {
      const wrapped = wrapWelcome(crypto, wrapperKey, welcome, metadata, random);
      const algorithm = wrapperAlgorithmNumber(wrapperKey.algorithm);
      inputs.push(v1Input(installationId, wrapped, wrapperKey.publicKey, algorithm));
    }
  }
  wipe(pointer);
  return inputs;
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

/**
 * Divides welcomes into calls that fit the network: at most 50 each, and as many of the largest as 25 MiB hold. The
 * first call has the pointee; sending it before the others spares the joiners a search.
 *
 * @throws ClientError `client/message-too-large` when one welcome alone does not fit
 */
export function chunkWelcomeInputs(
  inputs: readonly WelcomeMessageInput[],
  maxCallBytes: number = MAX_NETWORK_MESSAGE_BYTES,
): WelcomeMessageInput[][] {
  let largest = 0;
  for (const input of inputs) {
    largest = Math.max(largest, toBinary(WelcomeMessageInputSchema, input).length + INPUT_OVERHEAD_BYTES);
  }
  const available = maxCallBytes - CALL_OVERHEAD_BYTES;
  if (largest > available) throw new ClientError('client/message-too-large', { bytes: largest, maxBytes: available });
  const perCall = Math.min(MAX_WELCOMES_PER_CALL, Math.floor(available / Math.max(largest, 1)));
  const chunks: WelcomeMessageInput[][] = [];
  for (let start = 0; start < inputs.length; start += perCall) chunks.push(inputs.slice(start, start + perCall));
  return chunks;
}
