/** A client of the simulated network: a member that writes down every secret it ever stored, and reads what comes in. */
import { toHex } from '@conclave/crypto';
import type { OwnKeyPackage, StagedCommit } from '../../src/index.js';
import { Member, refusal } from '../scenario/members.testkit.js';

/** A sent message as the network knows it. */
export type Packet =
  | {
      readonly kind: 'application';
      readonly bytes: Uint8Array;
      readonly epoch: bigint;
      readonly from: Client;
      readonly fromLeaf: number;
      readonly generation: number;
      readonly text: string;
    }
  | { readonly kind: 'proposal'; readonly bytes: Uint8Array; readonly epoch: bigint; readonly from: Client }
  | { readonly kind: 'commit'; readonly bytes: Uint8Array; readonly epoch: bigint; readonly from: Client }
  | { readonly kind: 'welcome'; readonly bytes: Uint8Array; readonly own: OwnKeyPackage };

/** What a receiver should still be able to read of one sender in one epoch: the model of its ratchet. */
interface Window {
  head: number;
  readonly spent: Set<number>;
}

const OUT_OF_ORDER_TOLERANCE = 5;
const PAST_EPOCHS = 3n;

/** A member with an inbox, a model of what it can read, and an archive of all that it ever stored. */
export class Client extends Member {
  /** Delivered in any order, some twice, some never. */
  readonly inbox: Packet[] = [];
  /** Every row value, key package key and stored commit, by their hex. */
  readonly archive = new Map<string, Uint8Array>();
  /** Own commit that waits for the network's verdict, in its stored form. */
  pending: { readonly epoch: bigint; readonly bytes: Uint8Array; readonly staged: Uint8Array } | undefined;
  /** First epoch in which it was a member. */
  joinedAt: bigint | undefined;
  /** Epoch whose commit removed it. */
  removedAt: bigint | undefined;
  /** Messages sent in the current epoch. */
  sent = 0;
  readonly #windows = new Map<string, Window>();

  override save(): void {
    super.save();
    for (const { value } of this.lastRows) if (value !== null) this.remember(value);
  }

  remember(secret: Uint8Array): void {
    this.archive.set(toHex(secret), secret.slice());
  }

  override keyPackage(): OwnKeyPackage {
    const own = super.keyPackage();
    this.remember(own.initPrivateKey);
    this.remember(own.encryptionPrivateKey);
    return own;
  }

  /** Enters the epoch of a commit. */
  enter(staged: StagedCommit): void {
    this.remember(staged.encode());
    this.merge(staged);
    this.sent = 0;
    this.pending = undefined;
    if (this.group.status === 'removed') this.removedAt = this.group.epoch;
  }

  /** What reading an application message must give: its text, or the code of the refusal. */
  expectationOf(packet: Extract<Packet, { kind: 'application' }>): string {
    const { epoch, fromLeaf, generation, text } = packet;
    const now = this.group.epoch;
    if (epoch >= now && this.removedAt !== undefined) return 'mls/removed';
    if (epoch > now) return 'mls/wrong-epoch';
    const isKept = epoch >= (this.joinedAt as bigint) && epoch >= now - PAST_EPOCHS;
    if (!isKept) return 'mls/epoch-too-old';
    if (packet.from === this) return 'mls/own-message';
    const window = this.#window(epoch, fromLeaf);
    if (window.head - generation > OUT_OF_ORDER_TOLERANCE) return 'mls/generation-too-old';
    if (window.spent.has(generation)) return 'mls/generation-spent';
    window.spent.add(generation);
    window.head = Math.max(window.head, generation + 1);
    return text;
  }

  /** What reading it gives. */
  outcomeOf(packet: Packet): string {
    let text = '';
    const code = refusal(() => {
      const processed = this.receive(packet.bytes);
      text = processed.kind === 'application' ? new TextDecoder().decode(processed.data) : processed.kind;
    });
    return code === 'accepted' ? text : code;
  }

  #window(epoch: bigint, leaf: number): Window {
    const name = `${epoch}/${leaf}`;
    let window = this.#windows.get(name);
    if (window === undefined) {
      window = { head: 0, spent: new Set() };
      this.#windows.set(name, window);
    }
    return window;
  }
}
