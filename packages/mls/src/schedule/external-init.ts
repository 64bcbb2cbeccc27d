/**
 * The secret by which somebody joins without a Welcome (RFC 9420 section 8.3): HPKE to a key pair that the members
 * derive from external_secret; what it exports is the init_secret of the next epoch.
 */
import {
  deriveX25519PrivateKey,
  EMPTY_BYTES,
  type Random,
  setupBaseReceiver,
  setupBaseSender,
  TlsWriter,
  utf8,
  wipe,
} from '@conclave/crypto';
import { EXTENSION_TYPE } from '../code-points.js';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { asMlsError, decodeExactly } from '../errors.js';
import { type Extension, findExtension } from '../extension.js';

const EXPORT_LABEL = utf8('MLS 1.0 external init secret');

/** external_priv, 32 bytes; to be wiped. */
function externalPrivateKey(suite: CipherSuite, externalSecret: Uint8Array): Uint8Array {
  return deriveX25519PrivateKey(suite.provider, externalSecret);
}

/** external_pub, 32 bytes. */
export function externalPublicKey(suite: CipherSuite, externalSecret: Uint8Array): Uint8Array {
  const privateKey = externalPrivateKey(suite, externalSecret);
  const { publicKey } = suite.provider.dhPrivateKey(privateKey);
  wipe(privateKey);
  return publicKey;
}

/** The external_pub extension of a GroupInfo (section 12.4.3.2). */
export function externalPubExtension(publicKey: Uint8Array): Extension {
  const data = new TlsWriter(publicKey.length + 4).opaque(publicKey).finish();
  return { type: EXTENSION_TYPE.externalPub, data };
}

/** The key of an external_pub extension; undefined where there is none. @throws MlsError `mls/malformed` */
export function externalPubOf(extensions: readonly Extension[]): Uint8Array | undefined {
  const data = findExtension(extensions, EXTENSION_TYPE.externalPub);
  return data && decodeExactly('ExternalPub', data, (reader) => reader.opaque());
}

/**
 * The joiner's side.
 * @returns `kemOutput` for the external_init proposal and `initSecret`, 32 bytes
 * @throws MlsError `mls/malformed` when `externalPub` is not a usable key
 */
export function sealExternalInit(
  suite: CipherSuite,
  externalPub: Uint8Array,
  random: Random,
): { readonly kemOutput: Uint8Array; readonly initSecret: Uint8Array } {
  const { enc, context } = asMlsError('ExternalPub', () =>
    setupBaseSender(suite.hpke, externalPub, EMPTY_BYTES, random),
  );
  const initSecret = context.exportSecret(EXPORT_LABEL, suite.hashLength);
  context.wipe();
  return { kemOutput: enc, initSecret };
}

/**
 * The members' side: init_secret, 32 bytes.
 * @throws MlsError `mls/decryption-failed` when `kemOutput` is not a usable encapsulation
 */
export function openExternalInit(suite: CipherSuite, externalSecret: Uint8Array, kemOutput: Uint8Array): Uint8Array {
  const privateKey = externalPrivateKey(suite, externalSecret);
  try {
    return asMlsError(
      'ExternalInit',
      () => {
        const key = suite.provider.dhPrivateKey(privateKey);
        const context = setupBaseReceiver(suite.hpke, kemOutput, key, EMPTY_BYTES);
        const initSecret = context.exportSecret(EXPORT_LABEL, suite.hashLength);
        context.wipe();
        return initSecret;
      },
      'mls/decryption-failed',
    );
  } finally {
    wipe(privateKey);
  }
}
