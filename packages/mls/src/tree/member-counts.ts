/**
 * How many members support each extension, proposal and credential type and use each credential type, kept up to date
 * leaf by leaf. Whether all members support something (RFC 9420 sections 7.3, 11.1, 12.2, 13.4) is then one
 * comparison instead of a look at every leaf.
 */
import type { TlsReader, TlsWriter } from '@conclave/crypto';
import { isDefaultExtension, isDefaultProposal } from '../code-points.js';
import type { Capabilities } from './capabilities.js';
import type { LeafNode } from './leaf-node.js';

/** What is counted; the numbers are part of the storage format. */
const COUNTED = { extension: 0, proposal: 1, credential: 2, credentialInUse: 3 } as const;

/** A set of counts; as a difference, counts may be negative. */
export class MemberCounts {
  /** Members counted. */
  #members = 0;
  /** By kind times 65536 plus type; never zero. */
  readonly #counts = new Map<number, number>();

  /** Number of members. */
  get members(): number {
    return this.#members;
  }

  /** Counts a leaf in. Cost: the length of its capabilities. */
  add(leaf: LeafNode): void {
    this.#count(leaf, 1);
  }

  /** Counts a leaf out. */
  remove(leaf: LeafNode): void {
    this.#count(leaf, -1);
  }

  /** Adds a difference. */
  apply(difference: MemberCounts): void {
    this.#members += difference.#members;
    for (const [key, count] of difference.#counts) this.#bump(key, count);
  }

  /** The counts with a difference added, as a new object. Cost: the number of distinct types. */
  with(difference: MemberCounts): MemberCounts {
    const sum = new MemberCounts();
    sum.apply(this);
    sum.apply(difference);
    return sum;
  }

  /** Whether every member supports this extension type; those of RFC 9420 need no mention. */
  allSupportExtension(type: number): boolean {
    return isDefaultExtension(type) || this.#of(COUNTED.extension, type) === this.#members;
  }

  /** Whether every member supports this proposal type; those of RFC 9420 need no mention. */
  allSupportProposal(type: number): boolean {
    return isDefaultProposal(type) || this.#of(COUNTED.proposal, type) === this.#members;
  }

  /** Whether every member supports this credential type. */
  allSupportCredential(type: number): boolean {
    return this.#of(COUNTED.credential, type) === this.#members;
  }

  /** Credential types that some member uses. */
  *credentialTypesInUse(): IterableIterator<number> {
    for (const key of this.#counts.keys()) if (key >>> 16 === COUNTED.credentialInUse) yield key & 0xffff;
  }

  /** Writes `u32 members; struct { u32 kind and type; u32 count } counts<V>`, in order of the keys. */
  write(writer: TlsWriter): void {
    const entries = [...this.#counts].sort(([a], [b]) => a - b);
    writer.u32(this.#members).vectorLength(8 * entries.length);
    for (const [key, count] of entries) writer.u32(key).u32(count);
  }

  static read(reader: TlsReader): MemberCounts {
    const counts = new MemberCounts();
    counts.#members = reader.u32();
    for (const [key, count] of reader.vector((inner) => [inner.u32(), inner.u32()] as const)) counts.#bump(key, count);
    return counts;
  }

  #of(kind: number, type: number): number {
    return this.#counts.get((kind << 16) | type) ?? 0;
  }

  #count({ capabilities, credential }: LeafNode, step: 1 | -1): void {
    this.#members += step;
    for (const key of countedKeys(capabilities)) this.#bump(key, step);
    this.#bump((COUNTED.credentialInUse << 16) | credential.type, step);
  }

  #bump(key: number, step: number): void {
    const count = (this.#counts.get(key) ?? 0) + step;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}

/** The keys of what was counted last: leaves that say the same share one object (`readCapabilities`). */
let latest: { readonly capabilities: Capabilities; readonly keys: readonly number[] } | undefined;

/** What a leaf with these capabilities counts for. A list may name a type twice, which must not count twice. */
function countedKeys(capabilities: Capabilities): readonly number[] {
  if (latest?.capabilities === capabilities) return latest.keys;
  const keysOf = (kind: number, types: readonly number[]) => [...new Set(types)].map((type) => (kind << 16) | type);
  const keys = [
    ...keysOf(COUNTED.extension, capabilities.extensions),
    ...keysOf(COUNTED.proposal, capabilities.proposals),
    ...keysOf(COUNTED.credential, capabilities.credentials),
  ];
  latest = { capabilities, keys };
  return keys;
}
