/**
 * What whoever stands outside of a group needs of MLS: a server that looks at messages and checks key packages loads this and not the
 * engine, a third of its files.
 *
 * ```ts
 * import { peekMlsMessage } from '@conclave/mls/messages';
 * const { groupId, epoch } = peekMlsMessage(bytes);
 * ```
 */

export { getCipherSuite } from '../crypto/cipher-suite.js';
export { type MlsMessageHeader, peekMlsMessage } from '../framing/mls-message.js';
export { CONTENT_TYPE, type ContentType, WIRE_FORMAT, type WireFormat } from '../framing/wire-format.js';
export { decodeKeyPackage, verifyKeyPackage } from '../key-package.js';
export { XMTP_POLICY } from '../validation/policy.js';
