/** The cryptography in plain JavaScript, apart from the worker's code: loaded where libsodium does not start. */
export { nobleCrypto } from '@conclave/crypto/noble';
