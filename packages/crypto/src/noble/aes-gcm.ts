/** AES-GCM on @noble/ciphers. Apart from ChaCha20-Poly1305, because libsodium's build for browsers has only that one. */
import { gcm } from '@noble/ciphers/aes.js';
import { cipherAead } from './cipher-aead.js';

/** AES-GCM, with keys of 16 or 32 bytes. */
export const aesGcm = cipherAead(gcm);
