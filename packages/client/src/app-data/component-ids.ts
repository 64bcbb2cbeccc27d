/**
 * Components of a group's app data (XIP-81; numbers of libxmtp's main branch): the mutable ones of XMTP count up from 8000, the immutable
 * ones down from BFFF; applications have C000 to FEFF, of which FD00 and up are immutable.
 */

/** Components that this client knows. */
export const COMPONENT = {
  /** Types and permissions of the components, by id. */
  registry: 0x8000,
  superAdminList: 0x8001,
  adminList: 0x8002,
  /** By inbox: the position of its identity log, and installations that could not be added. */
  groupMembership: 0x8003,
  groupName: 0x8004,
  description: 0x8005,
  groupImageUrlSquare: 0x8006,
  messageDisappearFromNs: 0x8007,
  messageDisappearInNs: 0x8008,
  appData: 0x8009,
  minimumSupportedProtocolVersion: 0x800a,
  commitLogSigner: 0x800b,
  /** XIP-82. */
  externalCommitPolicy: 0x800c,
  creatorInboxId: 0xbffe,
  conversationType: 0xbfff,
} as const;

/** How a component's data and their updates are encoded; the numbers are in the registry. */
export const COMPONENT_TYPE = {
  bytes: 1,
  string: 2,
  mapOfBytes: 3,
  mapOfInboxes: 4,
  setOfBytes: 5,
  setOfInboxes: 6,
} as const;
/** Name of a component type. */
export type ComponentType = keyof typeof COMPONENT_TYPE;

const TYPES = new Map<number, ComponentType>(
  Object.entries(COMPONENT_TYPE).map(([name, code]) => [code, name as ComponentType]),
);

/** @returns undefined for a number that has no meaning here */
export function componentTypeOf(code: number): ComponentType | undefined {
  return TYPES.get(code);
}

/** Whether an id may be used at all. */
export function isComponentId(id: number): boolean {
  return id >= 0x8000 && id <= 0xfeff;
}

/** Whether a component is written once and then stays. */
export function isImmutableComponent(id: number): boolean {
  return (id >= 0xbe00 && id <= 0xbfff) || (id >= 0xfd00 && id <= 0xfeff);
}
