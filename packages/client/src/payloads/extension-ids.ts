/**
 * Extension types of XMTP's groups and key packages (RFC 9420 section 17.3 and its private range; libxmtp 1.10.0).
 *
 * | where | types |
 * | ----- | ----- |
 * | group context, in the order of creation | f000, ff00, ff01, ff02, 0003 |
 * | key package | 000a (empty), ff03, ff04 |
 * | leaf of a key package | 0001 |
 * | GroupInfo of a welcome | 0002 |
 */
export const EXTENSION = {
  /** Leaf of a key package: the inbox id as 64 hexadecimal characters. */
  applicationId: 0x0001,
  ratchetTree: 0x0002,
  requiredCapabilities: 0x0003,
  /** App data (XIP-81), where every member knows it; 1.10.0 does not. */
  appDataDictionary: 0x0006,
  lastResort: 0x000a,
  immutableMetadata: 0xf000,
  mutableMetadata: 0xff00,
  groupMembership: 0xff01,
  permissions: 0xff02,
  welcomeWrapperEncryption: 0xff03,
  welcomePointeeAead: 0xff04,
  /** Existed on a development branch for two months; never write it. */
  proposalSupport: 0xff05,
} as const;

/** One of the known extension types. */
export type ExtensionType = (typeof EXTENSION)[keyof typeof EXTENSION];
