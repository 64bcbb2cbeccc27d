/**
 * The hash ratchet that gives a sender's messages their keys (RFC 9420 section 9.1), and what the receiver keeps of it
 * for messages that arrive late.
 *
 *     row: version:u8 generation:u32 secret[32] skipped<V> of { generation:u32 key<V> nonce<V> }
 */
import { type TlsReader, TlsWriter, wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import { deriveTreeSecret } from '../crypto/labels.js';
import { decodeExactly, MlsError } from '../errors.js';
import type { MessageKey } from '../framing/private-message.js';

/** How far apart from the newest message of a sender another may be. */
export interface RatchetLimits {
  /** Generations behind the next unused one whose keys are kept. */
  readonly outOfOrderTolerance: number;
  /** Generations ahead of the next unused one that are derived at most. */
  readonly maximumForwardDistance: number;
}

/** A key taken from a ratchet that has not changed yet. */
export interface PreparedKey {
  readonly messageKey: MessageKey;
  /** Generations before this one that it is the first to pass over; -1 for one that was passed over itself. */
  readonly skipped: number;
  /** Makes the key unusable from now on, once its message has proved authentic. Wipes it. */
  spend(): void;
  /** Wipes what was derived for the message and leaves the ratchet as it was. */
  drop(): void;
}

const ROW_VERSION = 1;
const LAST_GENERATION = 0xffff_ffff;

/** One ratchet: the secret of the next unused generation, and the keys of skipped ones. Mutated in place. */
export class SenderRatchet {
  #generation: number;
  #secret: Uint8Array;
  readonly #skipped: Map<number, MessageKey>;

  private constructor(generation: number, secret: Uint8Array, skipped: Map<number, MessageKey>) {
    this.#generation = generation;
    this.#secret = secret;
    this.#skipped = skipped;
  }

  /** A ratchet at generation 0. @param secret - 32 bytes, owned by the ratchet from now on */
  static start(secret: Uint8Array): SenderRatchet {
    return new SenderRatchet(0, secret, new Map());
  }

  /** @throws MlsError `mls/corrupt-rows` */
  static decode(row: Uint8Array): SenderRatchet {
    return decodeExactly('SenderRatchet', row, readRatchet, 'mls/corrupt-rows');
  }

  /** @internal */
  static restore(generation: number, secret: Uint8Array, skipped: readonly MessageKey[]): SenderRatchet {
    return new SenderRatchet(generation, secret, new Map(skipped.map((key) => [key.generation, key])));
  }

  encode(): Uint8Array {
    const writer = new TlsWriter(48 + 56 * this.#skipped.size);
    writer.u8(ROW_VERSION).u32(this.#generation).raw(this.#secret);
    writer.vector((inner) => {
      for (const { generation, key, nonce } of this.#skipped.values()) inner.u32(generation).opaque(key).opaque(nonce);
    });
    return writer.finish();
  }

  /** Overwrites every secret; the ratchet is not to be used afterwards. */
  wipe(): void {
    wipe(this.#secret);
    for (const { key, nonce } of this.#skipped.values()) wipe(key, nonce);
    this.#skipped.clear();
  }

  /** The next unused generation. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * The key for the next message of our own; it is spent at once and the caller wipes it.
   * @throws MlsError `mls/generation-too-far` when the counter is used up, after 2^32 - 1 messages in one epoch
   */
  next(suite: CipherSuite): MessageKey {
    // The last generation stays unused so that the counter never wraps.
    if (this.#generation >= LAST_GENERATION) {
      throw new MlsError('mls/generation-too-far', { generation: this.#generation });
    }
    const key = deriveMessageKey(suite, this.#secret, this.#generation);
    const secret = deriveTreeSecret(suite, this.#secret, 'secret', this.#generation, suite.hashLength);
    wipe(this.#secret);
    this.#secret = secret;
    this.#generation += 1;
    return key;
  }

  /**
   * The key of one generation. The ratchet changes only with `spend`, so a forged message costs nobody a key.
   *
   * Cost: one derivation for each generation ahead, bounded by `maximumForwardDistance`.
   *
   * @throws MlsError `mls/generation-too-far`, `mls/generation-too-old`, `mls/generation-spent`
   */
  prepare(suite: CipherSuite, generation: number, limits: RatchetLimits): PreparedKey {
    const head = this.#generation;
    if (generation - head > limits.maximumForwardDistance || generation >= LAST_GENERATION) {
      throw new MlsError('mls/generation-too-far', { generation, expected: head });
    }
    if (head - generation > limits.outOfOrderTolerance) {
      throw new MlsError('mls/generation-too-old', { generation, expected: head });
    }
    return generation < head ? this.#prepareSkipped(generation) : this.#prepareAhead(suite, generation, limits);
  }

  #prepareSkipped(generation: number): PreparedKey {
    const messageKey = this.#skipped.get(generation);
    if (messageKey === undefined) {
      throw new MlsError('mls/generation-spent', { generation, expected: this.#generation });
    }
    return {
      messageKey,
      skipped: -1,
      spend: () => {
        this.#skipped.delete(generation);
        wipe(messageKey.key, messageKey.nonce);
      },
      drop: () => {},
    };
  }

  #prepareAhead(suite: CipherSuite, generation: number, limits: RatchetLimits): PreparedKey {
    const oldestKept = generation + 1 - limits.outOfOrderTolerance;
    const skipped: MessageKey[] = [];
    let secret = this.#secret;
    for (let at = this.#generation; at < generation; at++) {
      if (at >= oldestKept) skipped.push(deriveMessageKey(suite, secret, at));
      const next = deriveTreeSecret(suite, secret, 'secret', at, suite.hashLength);
      if (secret !== this.#secret) wipe(secret);
      secret = next;
    }
    const messageKey = deriveMessageKey(suite, secret, generation);
    return {
      messageKey,
      skipped: generation - this.#generation,
      spend: () => {
        const following = deriveTreeSecret(suite, secret, 'secret', generation, suite.hashLength);
        wipe(secret, this.#secret, messageKey.key, messageKey.nonce);
        this.#secret = following;
        this.#generation = generation + 1;
        for (const key of skipped) this.#skipped.set(key.generation, key);
        for (const [at, key] of this.#skipped) {
          if (at >= oldestKept) continue;
          wipe(key.key, key.nonce);
          this.#skipped.delete(at);
        }
      },
      drop: () => {
        if (secret !== this.#secret) wipe(secret);
        for (const { key, nonce } of [...skipped, messageKey]) wipe(key, nonce);
      },
    };
  }
}

function deriveMessageKey(suite: CipherSuite, secret: Uint8Array, generation: number): MessageKey {
  return {
    generation,
    key: deriveTreeSecret(suite, secret, 'key', generation, suite.keyLength),
    nonce: deriveTreeSecret(suite, secret, 'nonce', generation, suite.nonceLength),
  };
}

/** Copies what it reads: the ratchet wipes its secrets, and the row belongs to the reader. */
function readRatchet(reader: TlsReader): SenderRatchet {
  const version = reader.u8();
  if (version !== ROW_VERSION) throw new MlsError('mls/corrupt-rows', { structure: 'SenderRatchet', version });
  const generation = reader.u32();
  const secret = reader.raw(32).slice();
  const skipped = reader.vector((inner) => ({
    generation: inner.u32(),
    key: inner.opaque().slice(),
    nonce: inner.opaque().slice(),
  }));
  return SenderRatchet.restore(generation, secret, skipped);
}
