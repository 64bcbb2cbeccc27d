/**
 * What one epoch's messages are encrypted with: the sender-data secret, the secret tree and the ratchets grown from
 * it. The current epoch and the past ones that are kept use the same class.
 */
import { wipe } from '@conclave/crypto';
import type { CipherSuite } from '../crypto/cipher-suite.js';
import type { MessageKey } from '../framing/private-message.js';
import { CONTENT_TYPE, type ContentType } from '../framing/wire-format.js';
import { epochKey, ROW_KIND, type RowJournal, ratchetKey } from '../rows.js';
import { leafIndex } from '../tree/tree-math.js';
import { violation } from '../validation/policy.js';
import { type LeafSecrets, SecretTree } from './secret-tree.js';
import { type PreparedKey, type RatchetLimits, SenderRatchet } from './sender-ratchet.js';

/** Names of the two ratchets of a sender, as they stand in row keys. */
export const RATCHET_TYPE = { handshake: 0, application: 1 } as const;
type RatchetType = (typeof RATCHET_TYPE)[keyof typeof RATCHET_TYPE];

/** Labels of the two ratchets in the secret tree (RFC 9420 section 9). */
const RATCHET_LABEL = { [RATCHET_TYPE.handshake]: 'handshake', [RATCHET_TYPE.application]: 'application' } as const;

function ratchetTypeOf(contentType: ContentType): RatchetType {
  return contentType === CONTENT_TYPE.application ? RATCHET_TYPE.application : RATCHET_TYPE.handshake;
}

/** Keys of the messages of one epoch. */
export class MessageSecrets {
  readonly #suite: CipherSuite;
  readonly #rows: RowJournal;
  readonly #epoch: bigint;
  readonly #limits: RatchetLimits;
  readonly #tree: SecretTree;
  /** Ratchets in use, by twice the leaf index plus the type. */
  readonly #ratchets = new Map<number, SenderRatchet>();
  /** Width of the tree in this epoch. */
  readonly leafCount: number;
  /** 32 bytes. */
  readonly senderDataSecret: Uint8Array;

  constructor(p: {
    suite: CipherSuite;
    rows: RowJournal;
    epoch: bigint;
    leafCount: number;
    senderDataSecret: Uint8Array;
    limits: RatchetLimits;
  }) {
    this.#suite = p.suite;
    this.#rows = p.rows;
    this.#epoch = p.epoch;
    this.#limits = p.limits;
    this.#tree = new SecretTree(p.suite, p.rows, p.epoch, p.leafCount);
    this.leafCount = p.leafCount;
    this.senderDataSecret = p.senderDataSecret;
  }

  /** Begins the epoch. @param encryptionSecret - 32 bytes; kept by the rows */
  start(encryptionSecret: Uint8Array): void {
    this.#tree.plant(encryptionSecret);
  }

  /**
   * The key of a message received. Nothing changes until `spend`; then one row does, and O(log N) rows at the first
   * message of a sender.
   *
   * @throws MlsError `mls/generation-…`, `mls/validation` (`sender-member`) for a leaf outside the tree
   */
  prepareKey(sender: number, contentType: ContentType, generation: number): PreparedKey {
    const type = ratchetTypeOf(contentType);
    const { ratchet, keep, drop } = this.#open(sender, type);
    let prepared: PreparedKey;
    try {
      prepared = ratchet.prepare(this.#suite, generation, this.#limits);
    } catch (error) {
      drop();
      throw error;
    }
    return {
      messageKey: prepared.messageKey,
      skipped: prepared.skipped,
      spend: () => {
        prepared.spend();
        keep();
        this.#save(sender, type, ratchet);
      },
      drop: () => {
        prepared.drop();
        drop();
      },
    };
  }

  /** The key of the next message we send, spent at once. Dirties the same rows as a message received. */
  takeOwnKey(ownLeafIndex: number, contentType: ContentType): MessageKey {
    const type = ratchetTypeOf(contentType);
    const { ratchet, keep } = this.#open(ownLeafIndex, type);
    const key = ratchet.next(this.#suite);
    keep();
    this.#save(ownLeafIndex, type, ratchet);
    return key;
  }

  /** Ends the epoch for handshake messages: their ratchets are deleted (RFC 9420 section 9.2). */
  dropHandshakeRatchets(): void {
    this.#rows.deletePrefix(ROW_KIND.ratchet, ratchetKey(this.#epoch, RATCHET_TYPE.handshake));
    for (const [name, ratchet] of this.#ratchets) {
      if (name % 2 !== RATCHET_TYPE.handshake) continue;
      ratchet.wipe();
      this.#ratchets.delete(name);
    }
  }

  /** Deletes every row of the epoch, and overwrites its secrets. */
  drop(): void {
    this.#rows.deletePrefix(ROW_KIND.secretTreeNode, epochKey(this.#epoch));
    this.#rows.deletePrefix(ROW_KIND.ratchet, epochKey(this.#epoch));
    for (const ratchet of this.#ratchets.values()) ratchet.wipe();
    this.#ratchets.clear();
    wipe(this.senderDataSecret);
  }

  /** The ratchet, what makes it permanent when it was not in use before, and what forgets it instead. */
  #open(sender: number, type: RatchetType): { ratchet: SenderRatchet; keep: () => void; drop: () => void } {
    if (sender >= this.leafCount) throw violation('sender-member', { leafIndex: sender });
    const known = this.#ratchets.get(2 * sender + type) ?? this.#load(sender, type);
    if (known !== undefined) return { ratchet: known, keep: () => {}, drop: () => {} };
    const secrets = this.#tree.open(leafIndex(sender));
    const ratchet = SenderRatchet.start(secrets.ratchetSecret(RATCHET_LABEL[type]));
    return {
      ratchet,
      keep: () => this.#keep(sender, type, ratchet, secrets),
      drop: () => {
        ratchet.wipe();
        secrets.drop();
      },
    };
  }

  #load(sender: number, type: RatchetType): SenderRatchet | undefined {
    const row = this.#rows.get(ROW_KIND.ratchet, ratchetKey(this.#epoch, type, sender));
    if (row === undefined) return undefined;
    const ratchet = SenderRatchet.decode(row);
    wipe(row);
    this.#ratchets.set(2 * sender + type, ratchet);
    return ratchet;
  }

  /** Takes both ratchets of a sender out of the tree. */
  #keep(sender: number, type: RatchetType, ratchet: SenderRatchet, secrets: LeafSecrets): void {
    const otherType = type === RATCHET_TYPE.handshake ? RATCHET_TYPE.application : RATCHET_TYPE.handshake;
    const other = SenderRatchet.start(secrets.ratchetSecret(RATCHET_LABEL[otherType]));
    secrets.consume();
    this.#ratchets.set(2 * sender + type, ratchet);
    this.#ratchets.set(2 * sender + otherType, other);
    this.#save(sender, otherType, other);
  }

  #save(sender: number, type: RatchetType, ratchet: SenderRatchet): void {
    this.#rows.put(ROW_KIND.ratchet, ratchetKey(this.#epoch, type, sender), ratchet.encode());
  }
}
