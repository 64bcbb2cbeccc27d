/**
 * Extension 0x0003 of XMTP's groups (RFC 9420 section 11.1; values and order of libxmtp 1.10.0): what every member has to
 * understand. Groups with app data (XIP-81) ask for the dictionary and its updates instead of the payload extensions.
 */
import { TlsWriter } from '@conclave/crypto';
import type { Extension } from '@conclave/mls';
import { EXTENSION } from './extension-ids.js';

const BASIC_CREDENTIAL = 0x0001;
const GROUP_CONTEXT_EXTENSIONS_PROPOSAL = 0x0007;
/** XIP-81. */
export const APP_DATA_UPDATE_PROPOSAL = 0x0008;

const GROUP_EXTENSIONS: readonly number[] = [
  EXTENSION.groupMembership,
  EXTENSION.mutableMetadata,
  EXTENSION.permissions,
  EXTENSION.immutableMetadata,
  EXTENSION.lastResort,
  EXTENSION.applicationId,
];

/** The required capabilities of every group: constant, 19 bytes of data. */
export const REQUIRED_CAPABILITIES: Extension = {
  type: EXTENSION.requiredCapabilities,
  data: encodeLists(GROUP_EXTENSIONS, [GROUP_CONTEXT_EXTENSIONS_PROPOSAL], [BASIC_CREDENTIAL]),
};

/** What a member of a group with app data must understand. */
export const APP_DATA_REQUIRED_CAPABILITIES: Extension = {
  type: EXTENSION.requiredCapabilities,
  data: encodeLists(
    [EXTENSION.lastResort, EXTENSION.applicationId, EXTENSION.appDataDictionary],
    [GROUP_CONTEXT_EXTENSIONS_PROPOSAL, APP_DATA_UPDATE_PROPOSAL],
    [BASIC_CREDENTIAL],
  ),
};

function encodeLists(...lists: readonly (readonly number[])[]): Uint8Array {
  const writer = new TlsWriter(32);
  for (const list of lists) {
    writer.vectorLength(2 * list.length);
    for (const value of list) writer.u16(value);
  }
  return writer.finish();
}
