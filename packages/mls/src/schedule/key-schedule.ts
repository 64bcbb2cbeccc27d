/**
 * From the secrets of one epoch to those of the next (RFC 9420 section 8).
 *
 *     init_secret[n-1], commit_secret, GroupContext[n] → joiner_secret
 *     joiner_secret, psk_secret, GroupContext[n]       → welcome_secret, epoch_secret → the epoch's secrets
 */
import { EMPTY_BYTES, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { deriveSecret, expandWithLabel } from '../crypto/labels.js';

/** What an epoch's members share; 32 bytes each. */
export interface EpochSecrets {
  readonly senderDataSecret: Uint8Array;
  /** Root of the secret tree. */
  readonly encryptionSecret: Uint8Array;
  readonly exporterSecret: Uint8Array;
  /** Seed of the key pair that external commits are encrypted to (section 8.3). */
  readonly externalSecret: Uint8Array;
  readonly confirmationKey: Uint8Array;
  readonly membershipKey: Uint8Array;
  readonly resumptionPsk: Uint8Array;
  readonly epochAuthenticator: Uint8Array;
  /** Input of the next epoch. */
  readonly initSecret: Uint8Array;
}

/**
 * joiner_secret of the next epoch: 32 bytes.
 *
 * @param commitSecret - all zero when the commit has no path
 * @param groupContext - encoded, of the next epoch
 */
export function deriveJoinerSecret(
  suite: CipherSuite,
  initSecret: Uint8Array,
  commitSecret: Uint8Array,
  groupContext: Uint8Array,
): Uint8Array {
  const prk = suite.provider.hkdfExtract(initSecret, commitSecret);
  const joinerSecret = expandWithLabel(suite, prk, 'joiner', groupContext, suite.hashLength);
  wipe(prk);
  return joinerSecret;
}

/** The secret between joiner_secret and the epoch, which welcome_secret hangs on: 32 bytes. */
function deriveIntermediateSecret(suite: CipherSuite, joinerSecret: Uint8Array, pskSecret: Uint8Array): Uint8Array {
  return suite.provider.hkdfExtract(joinerSecret, pskSecret);
}

/** welcome_secret, which a joiner needs before it knows the GroupContext: 32 bytes. */
export function deriveWelcomeSecret(suite: CipherSuite, joinerSecret: Uint8Array, pskSecret: Uint8Array): Uint8Array {
  const intermediate = deriveIntermediateSecret(suite, joinerSecret, pskSecret);
  const welcomeSecret = deriveSecret(suite, intermediate, 'welcome');
  wipe(intermediate);
  return welcomeSecret;
}

/** Key and nonce of the encrypted GroupInfo of a Welcome (section 12.4.3.1). */
export function deriveWelcomeKeyNonce(
  suite: CipherSuite,
  welcomeSecret: Uint8Array,
): { key: Uint8Array; nonce: Uint8Array } {
  return {
    key: expandWithLabel(suite, welcomeSecret, 'key', EMPTY_BYTES, suite.keyLength),
    nonce: expandWithLabel(suite, welcomeSecret, 'nonce', EMPTY_BYTES, suite.nonceLength),
  };
}

/**
 * The secrets of an epoch.
 *
 * @param groupContext - encoded, of this epoch
 */
export function deriveEpochSecrets(
  suite: CipherSuite,
  joinerSecret: Uint8Array,
  pskSecret: Uint8Array,
  groupContext: Uint8Array,
): EpochSecrets {
  const intermediate = deriveIntermediateSecret(suite, joinerSecret, pskSecret);
  const epochSecret = expandWithLabel(suite, intermediate, 'epoch', groupContext, suite.hashLength);
  wipe(intermediate);
  const secrets = epochSecretsFrom(suite, epochSecret);
  wipe(epochSecret);
  return secrets;
}

/** The secrets that follow from epoch_secret; a group's first epoch starts from a random one (section 11). */
export function epochSecretsFrom(suite: CipherSuite, epochSecret: Uint8Array): EpochSecrets {
  return {
    senderDataSecret: deriveSecret(suite, epochSecret, 'sender data'),
    encryptionSecret: deriveSecret(suite, epochSecret, 'encryption'),
    exporterSecret: deriveSecret(suite, epochSecret, 'exporter'),
    externalSecret: deriveSecret(suite, epochSecret, 'external'),
    confirmationKey: deriveSecret(suite, epochSecret, 'confirm'),
    membershipKey: deriveSecret(suite, epochSecret, 'membership'),
    resumptionPsk: deriveSecret(suite, epochSecret, 'resumption'),
    epochAuthenticator: deriveSecret(suite, epochSecret, 'authentication'),
    initSecret: deriveSecret(suite, epochSecret, 'init'),
  };
}
