/**
 * What a node asks of a key package: an exact encoding, valid signatures, a lifetime that includes now, and a Basic
 * credential that names an inbox.
 *
 * Source: identity protocol section "MLS binding"; RFC 9420 section 10.1.
 */
import { nodeCrypto } from '@conclave/crypto/node';
import { decodeMlsCredential } from '@conclave/identity';
import { decodeKeyPackage, getCipherSuite, verifyKeyPackage, XMTP_POLICY } from '@conclave/mls/messages';
import { NodeError, refusal } from '../../errors.js';

/** Basic credential of RFC 9420 section 5.3. */

/**
 * Verifies a key package and returns its installation key.
 *
 * @param nowSeconds Unix time
 * @throws NodeError `node/invalid-key-package` with the reason
 * Cost: two signature verifications.
 */
export function verifyInstallationKeyPackage(bytes: Uint8Array, nowSeconds: bigint): Uint8Array {
  try {
    const keyPackage = decodeKeyPackage(bytes);
    const suite = getCipherSuite(keyPackage.suite, nodeCrypto);
    verifyKeyPackage(suite, keyPackage, XMTP_POLICY, nowSeconds);
    const { credential, signatureKey } = keyPackage.leafNode;
    if (!('identity' in credential)) {
      throw new NodeError('node/invalid-key-package', { reason: 'the credential is not Basic', type: credential.type });
    }
    decodeMlsCredential(credential.identity);
    return signatureKey;
  } catch (error) {
    throw refusal('node/invalid-key-package', error);
  }
}
