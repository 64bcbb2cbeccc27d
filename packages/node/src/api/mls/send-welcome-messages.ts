/**
 * MlsApi.SendWelcomeMessages: welcomes and welcome pointers (XIP-74). Their content is encrypted to the recipient, so the
 * node checks shape alone; the installation need not be known. Repeated content is stored once, as with group messages.
 *
 * Source: node API section "Sending".
 */

import { EMPTY_BYTES } from '@conclave/crypto';
import {
  MlsApi,
  type WelcomeMessageInput,
  type WelcomeMessageInput_V1,
  type WelcomeMessageInput_WelcomePointer,
  WelcomePointerWrapperAlgorithm,
  WelcomeWrapperAlgorithm,
} from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { NodeError } from '../../errors.js';
import type { WelcomeEntry } from '../../log/log.js';
import { checkCount, checkPresent, checkSize, checkTopic } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';

const WRAPPER_ALGORITHMS: ReadonlySet<number> = new Set(Object.values(WelcomeWrapperAlgorithm));

/** `MlsApi.SendWelcomeMessages`. Refuses with `node/invalid-welcome-message`, a missing field or a size, and stores nothing then. */
export function sendWelcomeMessages({ log, limits }: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.sendWelcomeMessages, async ({ messages }) => {
    checkCount(messages.length, limits.lookupsPerCall, 'messages');
    const entries = messages.map((input, index) => readInput(input, index));
    for (const [index, { topic, data, hpkePublicKey, welcomeMetadata }] of entries.entries()) {
      const bytes = topic.length + data.length + hpkePublicKey.length + welcomeMetadata.length;
      checkTopic(topic, 'installation_key', limits.topicBytes, index);
      checkSize(bytes, limits.messageBytes, 'messages', index);
    }
    await log.append(entries);
    return {};
  });
}

/** @throws NodeError `node/missing-field`, `node/invalid-welcome-message` */
function readInput(input: WelcomeMessageInput, index: number): WelcomeEntry {
  switch (input.version.case) {
    case 'v1':
      return readWelcome(input.version.value, index);
    case 'welcomePointer':
      return readPointer(input.version.value, index);
    default:
      throw new NodeError('node/missing-field', { field: 'version', index });
  }
}

function readWelcome(input: WelcomeMessageInput_V1, index: number): WelcomeEntry {
  const { installationKey, data, hpkePublicKey, welcomeMetadata } = input;
  // A client from before there was a choice leaves the algorithm out and means the only one it knows.
  const algorithm = input.wrapperAlgorithm || WelcomeWrapperAlgorithm.CURVE25519;
  if (!WRAPPER_ALGORITHMS.has(algorithm)) throw new NodeError('node/invalid-welcome-message', { index, algorithm });
  checkPresent(data, 'data', index);
  if (algorithm !== WelcomeWrapperAlgorithm.SYMMETRIC_KEY) checkPresent(hpkePublicKey, 'hpke_public_key', index);
  return {
    kind: 'welcome',
    form: 'v1',
    topic: installationKey,
    data,
    hpkePublicKey,
    wrapperAlgorithm: algorithm,
    welcomeMetadata,
  };
}

function readPointer(input: WelcomeMessageInput_WelcomePointer, index: number): WelcomeEntry {
  const { installationKey, welcomePointer, hpkePublicKey, wrapperAlgorithm } = input;
  checkPresent(welcomePointer, 'welcome_pointer', index);
  checkPresent(hpkePublicKey, 'hpke_public_key', index);
  if (wrapperAlgorithm !== WelcomePointerWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6) {
    throw new NodeError('node/invalid-welcome-message', { index, algorithm: wrapperAlgorithm });
  }
  return {
    kind: 'welcome',
    form: 'pointer',
    topic: installationKey,
    data: welcomePointer,
    hpkePublicKey,
    wrapperAlgorithm,
    welcomeMetadata: EMPTY_BYTES,
  };
}
