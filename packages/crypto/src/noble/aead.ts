/** AES-GCM and ChaCha20-Poly1305 on @noble/ciphers. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { AeadId, CryptoProvider } from '../provider/provider.js';
import { aesGcm } from './aes-gcm.js';
import { cipherAead } from './cipher-aead.js';

const chaCha20Poly1305 = cipherAead(chacha20poly1305);
const aeadOf = (id: AeadId) => (id === 'chacha20-poly1305' ? chaCha20Poly1305 : aesGcm);

/** `CryptoProvider.aeadSeal` on @noble/ciphers. */
export const aeadSeal: CryptoProvider['aeadSeal'] = (id, ...input) => aeadOf(id).aeadSeal(id, ...input);

/** `CryptoProvider.aeadOpen` on @noble/ciphers. @throws CryptoError `crypto/open-failed` */
export const aeadOpen: CryptoProvider['aeadOpen'] = (id, ...input) => aeadOf(id).aeadOpen(id, ...input);
