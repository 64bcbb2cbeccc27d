/**
 * Proposals of the current epoch, others' and our own, kept until it ends for commits that name them by reference
 * (RFC 9420 section 12.4). One row each.
 *
 *     row: position:u32 Sender Proposal
 */
import { type TlsReader, TlsWriter, toHex } from '@conclave/crypto';
import { decodeExactly } from '../errors.js';
import { readSender, type Sender, writeSender } from '../framing/sender.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { ROW_KIND, type RowJournal } from '../rows.js';
import { violation } from '../validation/policy.js';
import { type Proposal, readProposal, writeProposal } from './proposal.js';

/** A proposal with who made it. */
export interface SentProposal {
  readonly proposal: Proposal;
  readonly sender: Sender;
  /** ProposalRef, 32 bytes; absent where a commit holds the proposal by value. */
  readonly reference?: Uint8Array;
}

/** A proposal that can be named by its reference. */
export interface PendingProposal extends SentProposal {
  /** ProposalRef, 32 bytes. */
  readonly reference: Uint8Array;
}

/** Most proposals kept in an epoch; whoever floods a group with proposals stops here. */
export const MAX_PENDING_PROPOSALS = 1024;

/** Most bytes of the proposals kept in an epoch, as they are stored: a thousand key packages have a tenth of that. */
export const MAX_PENDING_PROPOSAL_BYTES = 16 * 1024 * 1024;

interface Row {
  readonly position: number;
  readonly sender: Sender;
  readonly proposal: Proposal;
}

function readRow(reader: TlsReader, types: TypeRegistry): Row {
  return { position: reader.u32(), sender: readSender(reader), proposal: readProposal(reader, types) };
}

/** The proposals of the current epoch, read from their rows when first asked for. */
export class PendingProposals {
  readonly #rows: RowJournal;
  readonly #types: TypeRegistry;
  #loaded: Map<string, PendingProposal> | undefined;
  /** Of the rows of those that are loaded. */
  #bytes = 0;

  /** @param types - those that the proposals were read with */
  constructor(rows: RowJournal, types: TypeRegistry) {
    this.#rows = rows;
    this.#types = types;
  }

  get isEmpty(): boolean {
    return this.#load().size === 0;
  }

  /** In the order of their arrival. */
  all(): PendingProposal[] {
    return [...this.#load().values()];
  }

  get(reference: Uint8Array): PendingProposal | undefined {
    return this.#load().get(toHex(reference));
  }

  /**
   * Keeps a proposal. One that is known stays as it is.
   * @throws MlsError `mls/validation` (`proposal-limit`) when there are too many already, or too many bytes of them
   */
  add(pending: PendingProposal): void {
    const loaded = this.#load();
    const name = toHex(pending.reference);
    if (loaded.has(name)) return;
    if (loaded.size >= MAX_PENDING_PROPOSALS) throw violation('proposal-limit', { limit: MAX_PENDING_PROPOSALS });
    const writer = new TlsWriter(512).u32(loaded.size);
    writeSender(writer, pending.sender);
    writeProposal(writer, pending.proposal);
    const bytes = this.#bytes + writer.length;
    if (bytes > MAX_PENDING_PROPOSAL_BYTES) {
      throw violation('proposal-limit', { bytes, limit: MAX_PENDING_PROPOSAL_BYTES });
    }
    this.#rows.put(ROW_KIND.proposal, pending.reference, writer.finish());
    loaded.set(name, pending);
    this.#bytes = bytes;
  }

  /** Forgets all: the epoch has ended. */
  clear(): void {
    if (this.#loaded?.size === 0) return;
    for (const { key } of this.#rows.scan(ROW_KIND.proposal)) this.#rows.put(ROW_KIND.proposal, key, null);
    this.#loaded = new Map();
    this.#bytes = 0;
  }

  #load(): Map<string, PendingProposal> {
    if (this.#loaded !== undefined) return this.#loaded;
    const rows = this.#rows.scan(ROW_KIND.proposal).map(({ key, value }) => {
      this.#bytes += value.length;
      const row = decodeExactly('PendingProposal', value, (r) => readRow(r, this.#types), 'mls/corrupt-rows');
      return { ...row, reference: key };
    });
    rows.sort((a, b) => a.position - b.position);
    this.#loaded = new Map(
      rows.map(({ reference, sender, proposal }) => [toHex(reference), { reference, sender, proposal }]),
    );
    return this.#loaded;
  }
}
