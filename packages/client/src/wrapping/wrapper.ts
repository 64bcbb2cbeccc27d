/**
 * The second encryption of a welcome, by which a node learns neither the group nor the key package (XMTP's
 * `WelcomeWrapperEncryption`, libxmtp 1.10.0): HPKE in base mode to a key of the recipient's key package, with two
 * messages sealed in one context.
 *
 * | | X-Wing | Curve25519 |
 * | --- | --- | --- |
 * | key | extension 0xff03, 1216 bytes | init key of the key package, 32 bytes |
 * | KEM id | 0x004d | 0x0020 |
 * | seal 0 → `data` | MLS Welcome as MLSMessage, or the plaintext of a pointer | the same |
 * | seal 1 → `welcome_metadata` | WelcomeMetadata | the same |
 *
 * `data` is the TLS struct { kem_output<V>, ciphertext<V> }, `welcome_metadata` the bare ciphertext.
 */
import {
  CryptoError,
  type CryptoProvider,
  createHpkeSealer,
  decodeTls,
  EMPTY_BYTES,
  type HpkeReceiverContext,
  type HpkeSuite,
  type Random,
  setupBaseReceiver,
  setupBaseSender,
  TlsWriter,
  utf8,
  wipe,
  x25519Kem,
  xwingKem,
  xwingPrivateKey,
} from '@conclave/crypto';
import {
  create,
  decodeProto,
  ProtoError,
  toBinary,
  WelcomeMetadataSchema,
  WelcomeWrapperAlgorithm,
} from '@conclave/proto';
import { ClientError } from '../errors.js';
import { MAX_SQL_INTEGER } from '../store/columns.js';

/** How a welcome is wrapped. A pointee has no recipient and is not wrapped this way (`pointer.ts`). */
export type WrapperAlgorithm = 'curve25519' | 'xwing';

/** The key to wrap to. */
export interface WrapperKey {
  readonly algorithm: WrapperAlgorithm;
  /** 1216 bytes for X-Wing, 32 for Curve25519. */
  readonly publicKey: Uint8Array;
}

/** The two ciphertexts of a wrapped welcome. */
export interface WrappedWelcome {
  readonly data: Uint8Array;
  readonly welcomeMetadata: Uint8Array;
}

/** The two plaintexts. */
export interface UnwrappedWelcome {
  /** MLS Welcome as MLSMessage, or the plaintext of a pointer; not parsed. */
  readonly welcome: Uint8Array;
  /** Encoded WelcomeMetadata; undefined when it was not sent or does not decrypt. */
  readonly metadata: Uint8Array | undefined;
}

/** EncryptContext of RFC 9420 section 5.1.3: label<V>, then an empty context<V>. */
const INFO = new TlsWriter().opaque(utf8('MLS 1.0 MLS_WELCOME')).opaque(EMPTY_BYTES).finish();

/** The algorithm's number on the wire. */
export function wrapperAlgorithmNumber(algorithm: WrapperAlgorithm): WelcomeWrapperAlgorithm {
  return algorithm === 'xwing' ? WelcomeWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6 : WelcomeWrapperAlgorithm.CURVE25519;
}

/**
 * The algorithm of a received welcome. Numbers that are not known count as Curve25519, as in the deployed clients;
 * undefined for a pointee, which is not addressed to anybody.
 */
export function wrapperAlgorithmOf(number: number): WrapperAlgorithm | undefined {
  if (number === WelcomeWrapperAlgorithm.SYMMETRIC_KEY) return undefined;
  return number === WelcomeWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6 ? 'xwing' : 'curve25519';
}

function suiteOf(crypto: CryptoProvider, algorithm: WrapperAlgorithm): HpkeSuite {
  const kem = algorithm === 'xwing' ? xwingKem(crypto) : x25519Kem(crypto);
  return { provider: crypto, kem, aead: 'chacha20-poly1305' };
}

/**
 * Wraps a welcome for one recipient.
 *
 * @param welcome - MLS Welcome as MLSMessage, or the plaintext of a pointer
 * @param metadata - encoded WelcomeMetadata; without it there is no second message, as with pointers
 * @throws ClientError `client/key-package-invalid` when nothing can be encrypted to the key
 * Cost: one encapsulation (X-Wing: a millisecond or two), linear in the length.
 */
export type WelcomeWrapper = (key: WrapperKey, welcome: Uint8Array, metadata?: Uint8Array) => WrappedWelcome;

/** Prepares wrapping for any number of recipients: what does not depend on them is computed once. */
export function createWelcomeWrapper(crypto: CryptoProvider, random: Random): WelcomeWrapper {
  const suites = { xwing: suiteOf(crypto, 'xwing'), curve25519: suiteOf(crypto, 'curve25519') };
  const sealers = {
    xwing: createHpkeSealer(suites.xwing, INFO),
    curve25519: createHpkeSealer(suites.curve25519, INFO),
  };
  return ({ algorithm, publicKey }, welcome, metadata) => {
    try {
      if (metadata === undefined) {
        const { enc, ciphertext } = sealers[algorithm].seal(publicKey, EMPTY_BYTES, welcome, random);
        return { data: encodeData(enc, ciphertext), welcomeMetadata: EMPTY_BYTES };
      }
      const { enc, context } = setupBaseSender(suites[algorithm], publicKey, INFO, random);
      const data = encodeData(enc, context.seal(EMPTY_BYTES, welcome));
      const welcomeMetadata = context.seal(EMPTY_BYTES, metadata);
      context.wipe();
      return { data, welcomeMetadata };
    } catch (error) {
      throw asWrapperError(error, algorithm);
    }
  };
}

/** Pointers, or other plaintexts without metadata, wrapped with X-Wing to many recipients; in their order. */
export type PointerWrapper = (publicKeys: readonly Uint8Array[], pointer: Uint8Array) => Promise<Uint8Array[]>;

/**
 * Prepares wrapping a pointer to many recipients together, on threads where the platform has them: the same bytes, for the same randomness, as one
 * after the other with `createWelcomeWrapper`. Rejects with ClientError `client/key-package-invalid` as that throws.
 */
export function createPointerWrapper(crypto: CryptoProvider, random: Random): PointerWrapper {
  const kem = xwingKem(crypto);
  const sealer = createHpkeSealer({ provider: crypto, kem, aead: 'chacha20-poly1305' }, INFO);
  return async (publicKeys, pointer) => {
    try {
      return (await kem.encapMany(publicKeys, random)).map((encapsulation) => {
        const { enc, ciphertext } = sealer.sealWith(encapsulation, EMPTY_BYTES, pointer);
        return encodeData(enc, ciphertext);
      });
    } catch (error) {
      throw asWrapperError(error, 'xwing');
    }
  };
}

/** An unusable key is the key package's fault. */
function asWrapperError(error: unknown, algorithm: WrapperAlgorithm): unknown {
  if (!(error instanceof CryptoError)) return error;
  return new ClientError('client/key-package-invalid', { rule: 'wrapper-key', algorithm }, error);
}

function encodeData(enc: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return new TlsWriter(enc.length + ciphertext.length + 8).opaque(enc).opaque(ciphertext).finish();
}

/**
 * Opens a wrapped welcome.
 *
 * @param privateKey - the 32-byte X-Wing seed, or the init private key for Curve25519
 * @throws ClientError `client/welcome-invalid` with rule `wrapper-encoding` or `wrapper-decryption`
 */
export function unwrapWelcome(
  crypto: CryptoProvider,
  algorithm: WrapperAlgorithm,
  privateKey: Uint8Array,
  wrapped: WrappedWelcome,
): UnwrappedWelcome {
  const { enc, ciphertext } = decodeData(wrapped.data);
  try {
    const context = receiverOf(crypto, algorithm, privateKey, enc);
    try {
      const welcome = context.open(EMPTY_BYTES, ciphertext);
      return { welcome, metadata: openMetadata(context, wrapped.welcomeMetadata) };
    } finally {
      context.wipe();
    }
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    throw new ClientError('client/welcome-invalid', { rule: 'wrapper-decryption', algorithm }, error);
  }
}

function receiverOf(
  crypto: CryptoProvider,
  algorithm: WrapperAlgorithm,
  privateKey: Uint8Array,
  enc: Uint8Array,
): HpkeReceiverContext {
  const suite = suiteOf(crypto, algorithm);
  if (algorithm === 'curve25519') return setupBaseReceiver(suite, enc, crypto.dhPrivateKey(privateKey), INFO);
  const key = xwingPrivateKey(crypto, privateKey);
  try {
    return setupBaseReceiver(suite, enc, key, INFO);
  } finally {
    key.wipe();
  }
}

function decodeData(data: Uint8Array): { enc: Uint8Array; ciphertext: Uint8Array } {
  try {
    return decodeTls(data, (reader) => ({ enc: reader.opaque(), ciphertext: reader.opaque() }));
  } catch (error) {
    throw new ClientError('client/welcome-invalid', { rule: 'wrapper-encoding' }, error);
  }
}

/** Without metadata a joiner reads the group from its beginning, which is slow but loses nothing: not an error. */
function openMetadata(context: HpkeReceiverContext, ciphertext: Uint8Array): Uint8Array | undefined {
  if (ciphertext.length === 0) return undefined;
  try {
    return context.open(EMPTY_BYTES, ciphertext);
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

/** WelcomeMetadata: the id of the commit that added the recipients, as the adder saw it at the node. */
export function encodeWelcomeMetadata(messageCursor: bigint): Uint8Array {
  return toBinary(WelcomeMetadataSchema, create(WelcomeMetadataSchema, { messageCursor }));
}

/** The cursor inside a WelcomeMetadata; undefined when it cannot be read or is no id that a node gives. */
export function decodeWelcomeMetadata(metadata: Uint8Array | undefined): bigint | undefined {
  if (metadata === undefined) return undefined;
  try {
    const { messageCursor } = decodeProto(WelcomeMetadataSchema, metadata);
    return messageCursor > MAX_SQL_INTEGER ? undefined : messageCursor;
  } catch (error) {
    if (error instanceof ProtoError) return undefined;
    throw error;
  }
}

/** Overwrites an unwrapped welcome; it holds the joiner's secrets. */
export function wipeUnwrapped(unwrapped: UnwrappedWelcome): void {
  wipe(unwrapped.welcome, unwrapped.metadata);
}
