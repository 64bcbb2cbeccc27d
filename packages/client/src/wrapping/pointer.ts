/**
 * Welcome pointers (XIP-74, as libxmtp 1.10.0 shipped it): one welcome for many joiners lies encrypted under a fresh
 * key at a random topic (the pointee), and each joiner gets the topic, key and nonces, wrapped to itself (100 bytes).
 */
import {
  AEAD_KEY_LENGTH,
  AEAD_NONCE_LENGTH,
  CryptoError,
  type CryptoProvider,
  EMPTY_BYTES,
  type Random,
} from '@conclave/crypto';
import {
  create,
  decodeProto,
  ProtoError,
  toBinary,
  WelcomePointeeEncryptionAeadType,
  WelcomePointerSchema,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import type { UnwrappedWelcome, WrappedWelcome } from './wrapper.js';

const AEAD = 'chacha20-poly1305';
const KEY_LENGTH = AEAD_KEY_LENGTH[AEAD];

/** Length of a pointee's topic, bytes; the same as an installation key, which it replaces. */
export const DESTINATION_LENGTH = 32;

/** The plaintext of a pointer. */
export interface WelcomePointerSecrets {
  /** Topic of the pointee, 32 bytes. */
  readonly destination: Uint8Array;
  /** 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** 12 bytes. */
  readonly dataNonce: Uint8Array;
  /** 12 bytes, different from `dataNonce`. */
  readonly metadataNonce: Uint8Array;
}

/** Fresh secrets for one pointee; takes 88 bytes from `random`. */
export function createPointerSecrets(random: Random): WelcomePointerSecrets {
  const nonceLength = AEAD_NONCE_LENGTH;
  const dataNonce = random(nonceLength);
  const metadataNonce = random(nonceLength);
  // One key, two messages: the nonces must differ whatever the generator does.
  metadataNonce[0] = (dataNonce[0] as number) ^ 0x80;
  return {
    destination: random(DESTINATION_LENGTH),
    encryptionKey: random(KEY_LENGTH),
    dataNonce,
    metadataNonce,
  };
}

/** The pointer's plaintext on the wire: 100 bytes. */
export function encodePointer(secrets: WelcomePointerSecrets): Uint8Array {
  return toBinary(
    WelcomePointerSchema,
    create(WelcomePointerSchema, {
      version: {
        case: 'welcomeV1Pointer',
        value: {
          destination: secrets.destination,
          aeadType: WelcomePointeeEncryptionAeadType.CHACHA20_POLY1305,
          encryptionKey: secrets.encryptionKey,
          dataNonce: secrets.dataNonce,
          welcomeMetadataNonce: secrets.metadataNonce,
        },
      },
    }),
  );
}

/**
 * Reads a pointer's plaintext.
 * @throws ClientError `client/welcome-invalid` with rule `pointer-encoding` or `pointer-aead`
 */
export function decodePointer(plaintext: Uint8Array): WelcomePointerSecrets {
  const { version } = decode(plaintext);
  if (version.case !== 'welcomeV1Pointer')
    throw new ClientError('client/welcome-invalid', { rule: 'pointer-encoding' });
  const { destination, aeadType, encryptionKey, dataNonce, welcomeMetadataNonce } = version.value;
  if (aeadType !== WelcomePointeeEncryptionAeadType.CHACHA20_POLY1305) {
    throw new ClientError('client/welcome-invalid', { rule: 'pointer-aead', aead: aeadType });
  }
  const lengthsFit =
    destination.length === DESTINATION_LENGTH &&
    encryptionKey.length === KEY_LENGTH &&
    dataNonce.length === AEAD_NONCE_LENGTH &&
    welcomeMetadataNonce.length === AEAD_NONCE_LENGTH;
  if (!lengthsFit) throw new ClientError('client/welcome-invalid', { rule: 'pointer-encoding' });
  return { destination, encryptionKey, dataNonce, metadataNonce: welcomeMetadataNonce };
}

function decode(plaintext: Uint8Array) {
  try {
    return decodeProto(WelcomePointerSchema, plaintext);
  } catch (error) {
    if (error instanceof ProtoError)
      throw new ClientError('client/welcome-invalid', { rule: 'pointer-encoding' }, error);
    throw error;
  }
}

/** Encrypts the welcome that pointers name. */
export function sealPointee(
  crypto: CryptoProvider,
  secrets: WelcomePointerSecrets,
  welcome: Uint8Array,
  metadata: Uint8Array,
): WrappedWelcome {
  const { encryptionKey, dataNonce, metadataNonce } = secrets;
  return {
    data: crypto.aeadSeal(AEAD, encryptionKey, dataNonce, EMPTY_BYTES, welcome),
    welcomeMetadata: crypto.aeadSeal(AEAD, encryptionKey, metadataNonce, EMPTY_BYTES, metadata),
  };
}

/**
 * Decrypts the pointee. Unlike in a welcome of one's own, the metadata must be there and decrypt.
 * @throws ClientError `client/welcome-invalid` with rule `pointee-decryption`
 */
export function openPointee(
  crypto: CryptoProvider,
  secrets: WelcomePointerSecrets,
  sealed: WrappedWelcome,
): UnwrappedWelcome {
  const { encryptionKey, dataNonce, metadataNonce } = secrets;
  try {
    return {
      welcome: crypto.aeadOpen(AEAD, encryptionKey, dataNonce, EMPTY_BYTES, sealed.data),
      metadata: crypto.aeadOpen(AEAD, encryptionKey, metadataNonce, EMPTY_BYTES, sealed.welcomeMetadata),
    };
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new ClientError('client/welcome-invalid', { rule: 'pointee-decryption' }, error);
  }
}
