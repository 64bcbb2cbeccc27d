/**
 * Labelled signing, encryption and key derivation (RFC 9420 sections 5.1.2, 5.1.3, 5.2, 8 and 9.1), and every label
 * string of the protocol.
 */
import {
  createHpkeSealer,
  type DhPrivateKey,
  EMPTY_BYTES,
  hpkeOpen,
  type Random,
  type SignaturePrivateKey,
  type SignaturePublicKey,
  TlsWriter,
  utf8,
  wipe,
} from '@conclave/crypto';
import { asMlsError, MlsError } from '../errors.js';
import { type CipherSuite, PUBLIC_KEY_LENGTH } from './cipher-suite.js';
import type { HpkeCiphertext } from './hpke-ciphertext.js';

/** Every label is preceded by the protocol's name on its way into a hash. */
const LABEL_PREFIX = 'MLS 1.0 ';
/** Bytes that each AEAD of the suites adds. */
const AEAD_TAG_LENGTH = 16;

/** Labels of signatures (section 17.6). */
export type SignLabel = 'FramedContentTBS' | 'LeafNodeTBS' | 'KeyPackageTBS' | 'GroupInfoTBS';

/** Labels of public-key encryption (section 17.7). */
export type EncryptLabel = 'UpdatePathNode' | 'Welcome';

/** Labels of hash references (section 5.2); their standard form already contains the protocol's name. */
export const REF_LABEL = {
  keyPackage: 'MLS 1.0 KeyPackage Reference',
  proposal: 'MLS 1.0 Proposal Reference',
} as const;

/** Contexts of the two children of a secret-tree node (section 9). */
export const SECRET_TREE_CONTEXT = { left: utf8('left'), right: utf8('right') } as const;

const KDF_LABEL_LIST = [
  // Path secrets and the keys of tree nodes (7.4).
  ...(['path', 'node'] as const),
  // Secret tree and hash ratchets (9, 9.1), sender data (6.3.2), Welcome (12.4.3.1).
  ...(['tree', 'handshake', 'application', 'key', 'nonce', 'secret'] as const),
  // Key schedule (8).
  ...(['joiner', 'welcome', 'epoch', 'init', 'sender data', 'encryption', 'exporter', 'external'] as const),
  ...(['confirm', 'membership', 'resumption', 'authentication'] as const),
  // Pre-shared keys (8.4) and exporters (8.5).
  ...(['derived psk', 'exported'] as const),
] as const;

/** Labels of key derivation. An exporter's label, chosen by the application, goes through `deriveExporterSecret`. */
export type KdfLabel = (typeof KDF_LABEL_LIST)[number];

const KDF_LABELS: ReadonlySet<string> = new Set(KDF_LABEL_LIST);

/** Longest context for which the encoded KDFLabel is kept: hashes and generations; a GroupContext is not. */
const MAX_CACHED_CONTEXT = 32;

interface KdfTemplate {
  /** KDFLabel followed by the block counter 1 of HKDF-Expand. */
  readonly bytes: Uint8Array;
  readonly contextOffset: number;
}

const kdfTemplates = new Map<string, Map<number, KdfTemplate>>();

function createTemplate(label: string, contextLength: number, length: number): KdfTemplate {
  const writer = new TlsWriter(64)
    .u16(length)
    .opaque(utf8(LABEL_PREFIX + label))
    .vectorLength(contextLength);
  const contextOffset = writer.length;
  return { bytes: writer.raw(new Uint8Array(contextLength)).u8(1).finish(), contextOffset };
}

function templateFor(label: string, contextLength: number, length: number): KdfTemplate {
  // Only the closed set of labels is kept, so that applications' exporter labels cannot fill the memory.
  if (contextLength > MAX_CACHED_CONTEXT || !KDF_LABELS.has(label)) return createTemplate(label, contextLength, length);
  let byShape = kdfTemplates.get(label);
  if (byShape === undefined) {
    byShape = new Map();
    kdfTemplates.set(label, byShape);
  }
  const shape = (length << 8) | contextLength;
  let template = byShape.get(shape);
  if (template === undefined) {
    template = createTemplate(label, contextLength, length);
    byShape.set(shape, template);
  }
  return template;
}

function expand(suite: CipherSuite, secret: Uint8Array, label: string, context: Uint8Array, length: number) {
  const { bytes, contextOffset } = templateFor(label, context.length, length);
  // The template is shared, which is safe because the provider consumes it before this function returns.
  bytes.set(context, contextOffset);
  if (length > suite.hashLength) return suite.provider.hkdfExpand(secret, bytes.subarray(0, bytes.length - 1), length);
  const block = suite.provider.hmac('sha256', secret, bytes);
  if (length === block.length) return block;
  const short = block.slice(0, length);
  wipe(block);
  return short;
}

/**
 * ExpandWithLabel (section 8).
 *
 * @param length - bytes wanted, at most 8160; up to 32 cost one HMAC
 */
export function expandWithLabel(
  suite: CipherSuite,
  secret: Uint8Array,
  label: KdfLabel,
  context: Uint8Array,
  length: number,
): Uint8Array {
  return expand(suite, secret, label, context, length);
}

/** DeriveSecret (section 8): 32 bytes. */
export function deriveSecret(suite: CipherSuite, secret: Uint8Array, label: KdfLabel): Uint8Array {
  return expand(suite, secret, label, EMPTY_BYTES, suite.hashLength);
}

/** DeriveSecret with a label that the application chose (section 8.5): 32 bytes. */
export function deriveExporterSecret(suite: CipherSuite, exporterSecret: Uint8Array, label: string): Uint8Array {
  return expand(suite, exporterSecret, label, EMPTY_BYTES, suite.hashLength);
}

const generationContext = new Uint8Array(4);
const generationView = new DataView(generationContext.buffer);

/** DeriveTreeSecret (section 9.1): ExpandWithLabel with the generation, a u32, as its context. */
export function deriveTreeSecret(
  suite: CipherSuite,
  secret: Uint8Array,
  label: 'key' | 'nonce' | 'secret',
  generation: number,
  length: number,
): Uint8Array {
  generationView.setUint32(0, generation);
  return expand(suite, secret, label, generationContext, length);
}

const signPrefixes = new Map<SignLabel, Uint8Array>();

/** SignContent (section 5.1.2): what is signed for the concatenation of `content`, the label and the length in front. */
export function signContent(label: SignLabel, content: readonly Uint8Array[]): Uint8Array {
  return signHead(label, content, 0);
}

/** SignContent without the last `missing` bytes. */
function signHead(label: SignLabel, content: readonly Uint8Array[], missing: number): Uint8Array {
  let prefix = signPrefixes.get(label);
  if (prefix === undefined) {
    prefix = encodeLabel(label);
    signPrefixes.set(label, prefix);
  }
  let length = 0;
  for (const part of content) length += part.length;
  const writer = new TlsWriter(prefix.length + 4 + length).raw(prefix).vectorLength(length + missing);
  for (const part of content) writer.raw(part);
  return writer.finish();
}

/** `opaque label<V>`. */
function encodeLabel(label: string): Uint8Array {
  return new TlsWriter(40).opaque(utf8(LABEL_PREFIX + label)).finish();
}

/** Head, body and GroupContext: what members sign. Nothing else is of so many parts. */
const MESSAGE_PARTS = 3;
/** From here on the end of what is signed is worth keeping: below it, a copy costs less than looking whether it is the same. */
const MIN_KEPT_END = 1024;
/** Longest end that is kept: a GroupContext of XMTP with over ten thousand members. */
const MAX_KEPT_END = 1 << 20;
/** Room in front of the end: what a message of everyday length takes with its label and framing. */
const KEPT_ROOM = 2048;

/**
 * The end of what was signed or verified last, with room in front. All messages of an epoch end with the same GroupContext, which in large
 * groups is most of their bytes: it is not copied for each of them.
 */
let kept: { readonly end: Uint8Array; readonly buffer: Uint8Array } | undefined;

/** Calls `use` with SignContent (section 5.1.2); the bytes are not to be held. The parts are not changed between two calls. */
function withSignContent<T>(label: SignLabel, content: readonly Uint8Array[], use: (bytes: Uint8Array) => T): T {
  const end = content[MESSAGE_PARTS - 1];
  if (end === undefined || end.length < MIN_KEPT_END || end.length > MAX_KEPT_END) {
    return use(signContent(label, content));
  }
  const head = signHead(label, content.slice(0, -1), end.length);
  if (head.length > KEPT_ROOM) return use(signContent(label, content));
  if (kept?.end !== end) {
    const buffer = new Uint8Array(KEPT_ROOM + end.length);
    buffer.set(end, KEPT_ROOM);
    kept = { end, buffer };
  }
  const start = KEPT_ROOM - head.length;
  kept.buffer.set(head, start);
  try {
    return use(kept.buffer.subarray(start));
  } finally {
    // The message in it was encrypted.
    kept.buffer.fill(0, start, KEPT_ROOM);
    wipe(head);
  }
}

/** SignWithLabel (section 5.1.2) over the concatenation of `content`: 64 bytes. */
export function signWithLabel(
  key: SignaturePrivateKey,
  label: SignLabel,
  ...content: readonly Uint8Array[]
): Uint8Array {
  return withSignContent(label, content, (bytes) => key.sign(bytes));
}

/** VerifyWithLabel (section 5.1.2) over the concatenation of `content`. False on any bad signature; never throws. */
export function verifyWithLabel(
  key: SignaturePublicKey,
  label: SignLabel,
  signature: Uint8Array,
  ...content: readonly Uint8Array[]
): boolean {
  return withSignContent(label, content, (bytes) => key.verify(bytes, signature));
}

/** The part of a structure that its last field, `opaque signature<V>`, covers: everything before it, as a view. */
export function withoutSignature(raw: Uint8Array, signature: Uint8Array): Uint8Array {
  const prefix = signature.length < 0x40 ? 1 : signature.length < 0x4000 ? 2 : 4;
  return raw.subarray(0, raw.length - prefix - signature.length);
}

/** Encrypts to many recipients under one label and context. */
export interface LabelSealer {
  /** @throws MlsError `mls/malformed` when `publicKey` is not a usable X25519 key */
  seal(publicKey: Uint8Array, plaintext: Uint8Array, random: Random): HpkeCiphertext;
  /**
   * The same for a key that somebody else chose: for one that nothing can be encrypted to, random bytes in the place of the ciphertext.
   * Its holder is out; the others, who cannot all refuse such a key without a fork, go on.
   */
  sealOrFill(publicKey: Uint8Array, plaintext: Uint8Array, random: Random): HpkeCiphertext;
}

/** EncryptContext (section 5.1.3). */
function encryptContext(label: EncryptLabel, context: Uint8Array): Uint8Array {
  const prefix = encodeLabel(label);
  return new TlsWriter(prefix.length + 4 + context.length).raw(prefix).opaque(context).finish();
}

/**
 * EncryptWithLabel (section 5.1.3) prepared for many recipients: the hash over the context, which in a Welcome
 * contains the whole tree, is computed once.
 */
export function createLabelSealer(suite: CipherSuite, label: EncryptLabel, context: Uint8Array): LabelSealer {
  const sealer = createHpkeSealer(suite.hpke, encryptContext(label, context));
  const seal: LabelSealer['seal'] = (publicKey, plaintext, random) => {
    const { enc, ciphertext } = asMlsError('HPKEPublicKey', () =>
      sealer.seal(publicKey, EMPTY_BYTES, plaintext, random),
    );
    return { kemOutput: enc, ciphertext };
  };
  return {
    seal,
    sealOrFill(publicKey, plaintext, random) {
      try {
        return seal(publicKey, plaintext, random);
      } catch (error) {
        if (!(error instanceof MlsError) || error.code !== 'mls/malformed') throw error;
        return { kemOutput: random(PUBLIC_KEY_LENGTH), ciphertext: random(plaintext.length + AEAD_TAG_LENGTH) };
      }
    },
  };
}

/** EncryptWithLabel (section 5.1.3) for one recipient. @throws MlsError `mls/malformed` on an unusable key */
export function encryptWithLabel(
  suite: CipherSuite,
  publicKey: Uint8Array,
  label: EncryptLabel,
  context: Uint8Array,
  plaintext: Uint8Array,
  random: Random,
): HpkeCiphertext {
  return createLabelSealer(suite, label, context).seal(publicKey, plaintext, random);
}

/**
 * DecryptWithLabel (section 5.1.3).
 * @throws MlsError `mls/decryption-failed`
 */
export function decryptWithLabel(
  suite: CipherSuite,
  privateKey: DhPrivateKey,
  label: EncryptLabel,
  context: Uint8Array,
  { kemOutput, ciphertext }: HpkeCiphertext,
): Uint8Array {
  return asMlsError(
    'HPKECiphertext',
    () => hpkeOpen(suite.hpke, kemOutput, privateKey, encryptContext(label, context), EMPTY_BYTES, ciphertext),
    'mls/decryption-failed',
  );
}
