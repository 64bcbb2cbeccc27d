export {
  compareBytes,
  concatBytes,
  EMPTY_BYTES,
  equalBytes,
  equalSecretBytes,
  wipe,
} from './bytes/bytes.js';
export { type CallSecrets, withSecrets } from './bytes/secrets.js';
export { fromBase64, fromBase64Url, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from './bytes/text.js';
export { decodeTls, TlsReader } from './codec/tls-reader.js';
export { encodeTls, MAX_VECTOR_LENGTH, TlsWriter } from './codec/tls-writer.js';
export { type Sequence, VectorView } from './codec/vector-view.js';
export {
  ConclaveError,
  CRYPTO_ERRORS,
  CryptoError,
  type CryptoErrorCode,
  type ErrorDetails,
  type ErrorMeaning,
  type ErrorTable,
} from './errors.js';
export type { HpkeReceiverContext, HpkeSenderContext } from './hpke/context.js';
export { deriveX25519PrivateKey, X25519_KEM_ID, X25519_KEM_KEY_LENGTH, x25519Kem } from './hpke/dhkem-x25519.js';
export {
  createHpkeSealer,
  type HpkeCiphertext,
  type HpkeSealer,
  hpkeOpen,
  setupBaseReceiver,
  setupBaseSender,
} from './hpke/hpke.js';
export type { BatchKem, Encapsulation, Kem, KemPrivateKey, XWingPrivateKey } from './hpke/kem.js';
export { HKDF_SHA256_KDF_ID, HPKE_AEAD_IDS, type HpkeSuite } from './hpke/key-schedule.js';
export {
  XWING_DRAFT_KEM_ID,
  XWING_ENC_LENGTH,
  XWING_PUBLIC_KEY_LENGTH,
  XWING_SEED_LENGTH,
  XWING_WELCOME_KEM_ID,
  xwingKem,
  xwingPrivateKey,
  xwingPublicKey,
} from './hpke/xwing.js';
export { AEAD_KEY_LENGTH, AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH } from './provider/aead-sizes.js';
export { agreeHybrid } from './provider/hybrid.js';
export type {
  AeadId,
  CryptoProvider,
  DhPrivateKey,
  HashId,
  HybridJob,
  HybridSecrets,
  MlKem768,
  PrehashedJob,
  Random,
  RecoveryJob,
  SignaturePrivateKey,
  SignaturePublicKey,
  VerifyJob,
} from './provider/provider.js';
