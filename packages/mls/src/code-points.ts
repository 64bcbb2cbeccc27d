/**
 * Code points of RFC 9420 section 17 and of the MLS extensions draft that the engine names, and which of them need no
 * mention in capabilities.
 */

/** ExtensionType values (section 17.3). */
export const EXTENSION_TYPE = {
  applicationId: 0x0001,
  ratchetTree: 0x0002,
  requiredCapabilities: 0x0003,
  externalPub: 0x0004,
  externalSenders: 0x0005,
  /** draft-ietf-mls-extensions. */
  appDataDictionary: 0x0006,
  lastResort: 0x000a,
  /** XMTP's, which its engine reads as a vector of bytes (libxmtp 1.10.0). */
  immutableMetadata: 0xf000,
} as const;

/** ProposalType values (section 17.4). */
export const PROPOSAL_TYPE = {
  add: 0x0001,
  update: 0x0002,
  remove: 0x0003,
  psk: 0x0004,
  reinit: 0x0005,
  externalInit: 0x0006,
  groupContextExtensions: 0x0007,
  /** draft-ietf-mls-extensions. */
  appDataUpdate: 0x0008,
  /** draft-ietf-mls-extensions. */
  selfRemove: 0x000a,
} as const;

/** Extension types that every client supports without listing them (section 7.2). */
export function isDefaultExtension(type: number): boolean {
  return type >= EXTENSION_TYPE.applicationId && type <= EXTENSION_TYPE.externalSenders;
}

/** Proposal types that every client supports without listing them (section 7.2). */
export function isDefaultProposal(type: number): boolean {
  return type >= PROPOSAL_TYPE.add && type <= PROPOSAL_TYPE.groupContextExtensions;
}
