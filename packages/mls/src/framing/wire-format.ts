/** The numbers in the header of every MLSMessage (RFC 9420 sections 6 and 17.2). */

/** `WireFormat`. */
export const WIRE_FORMAT = { publicMessage: 1, privateMessage: 2, welcome: 3, groupInfo: 4, keyPackage: 5 } as const;
export type WireFormat = (typeof WIRE_FORMAT)[keyof typeof WIRE_FORMAT];

/** `ContentType`. */
export const CONTENT_TYPE = { application: 1, proposal: 2, commit: 3 } as const;
export type ContentType = (typeof CONTENT_TYPE)[keyof typeof CONTENT_TYPE];
