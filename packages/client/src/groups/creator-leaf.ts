/**
 * The leaf with which a group begins. Unlike the leaf of a key package it carries no application id, and its capabilities are those
 * of the deployed engine's defaults, in their order (libxmtp 1.10.0), and app data (XIP-81).
 */
import type { Capabilities } from '@conclave/mls';
import { leafLifetime } from '../identity/key-package.js';
import type { OwnIdentity } from '../identity/own-identity.js';
import { EXTENSION } from '../payloads/extension-ids.js';
import { APP_DATA_UPDATE_PROPOSAL } from '../payloads/required-capabilities.js';

const CAPABILITIES: Capabilities = {
  versions: [0x0001],
  cipherSuites: [0x0001, 0x0002, 0x0003, 0x004d],
  extensions: [
    EXTENSION.groupMembership,
    EXTENSION.mutableMetadata,
    EXTENSION.permissions,
    EXTENSION.immutableMetadata,
    EXTENSION.lastResort,
    EXTENSION.applicationId,
    EXTENSION.appDataDictionary,
  ],
  proposals: [0x0007, APP_DATA_UPDATE_PROPOSAL],
  credentials: [0x0001],
};

/** Parameters of the creator's leaf for `MlsGroup.create`. */
export function creatorLeaf(identity: Pick<OwnIdentity, 'credential'>, nowNs: bigint) {
  return { credential: identity.credential, capabilities: CAPABILITIES, extensions: [], lifetime: leafLifetime(nowNs) };
}
