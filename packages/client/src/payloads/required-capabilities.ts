/**
 * Capabilities of XMTP's groups (RFC 9420 sections 7.2 and 11.1; values and order of libxmtp 1.10.0).
 *
 * Nothing here advertises 0x0006 or proposal 0x0008: peers take that as an invitation to migrate the group.
 */
import { TlsWriter } from '@conclave/crypto';
import type { Capabilities, Extension } from '@conclave/mls';
import { EXTENSION } from './extension-ids.js';

const MLS_1_0 = 0x0001;
const BASIC_CREDENTIAL = 0x0001;
const GROUP_CONTEXT_EXTENSIONS_PROPOSAL = 0x0007;

/** What every member has to understand. */
const GROUP_EXTENSIONS: readonly number[] = [
  EXTENSION.groupMembership,
  EXTENSION.mutableMetadata,
  EXTENSION.permissions,
  EXTENSION.immutableMetadata,
  EXTENSION.lastResort,
  EXTENSION.applicationId,
];

/** Extension 0x0003 of every group: constant, 19 bytes of data. */
export const REQUIRED_CAPABILITIES: Extension = {
  type: EXTENSION.requiredCapabilities,
  data: encodeLists(GROUP_EXTENSIONS, [GROUP_CONTEXT_EXTENSIONS_PROPOSAL], [BASIC_CREDENTIAL]),
};

/** Capabilities of the leaf with which a creator starts a group; the leaf keeps them across its updates. */
export const CREATOR_CAPABILITIES: Capabilities = {
  versions: [MLS_1_0],
  cipherSuites: [0x0001, 0x0002, 0x0003, 0x004d],
  extensions: GROUP_EXTENSIONS,
  proposals: [GROUP_CONTEXT_EXTENSIONS_PROPOSAL],
  credentials: [BASIC_CREDENTIAL],
};

function encodeLists(...lists: readonly (readonly number[])[]): Uint8Array {
  const writer = new TlsWriter(32);
  for (const list of lists) {
    writer.vectorLength(2 * list.length);
    for (const value of list) writer.u16(value);
  }
  return writer.finish();
}
