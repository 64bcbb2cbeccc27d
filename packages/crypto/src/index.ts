export {
  compareBytes,
  concatBytes,
  EMPTY_BYTES,
  equalBytes,
  equalSecretBytes,
  wipe,
} from './bytes/bytes.js';
export { fromBase64Url, fromHex, fromUtf8, toBase64Url, toHex, utf8 } from './bytes/text.js';
export { decodeTls, TlsReader } from './codec/tls-reader.js';
export { encodeTls, MAX_VECTOR_LENGTH, TlsWriter } from './codec/tls-writer.js';
export {
  ConclaveError,
  CRYPTO_ERRORS,
  CryptoError,
  type CryptoErrorCode,
  type ErrorDetails,
  type ErrorMeaning,
  type ErrorTable,
} from './errors.js';
export type {
  AeadId,
  CryptoProvider,
  DhPrivateKey,
  HashId,
  Random,
  SignaturePrivateKey,
  SignaturePublicKey,
  VerifyJob,
} from './provider/provider.js';
