/**
 * The structure of a commit (RFC 9420 section 12.4).
 *
 *     Commit proposals<V> of ProposalOrRef, optional<UpdatePath> path
 */
import { encodeTls, type TlsReader, type TlsWriter } from '@conclave/crypto';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { readUpdatePath, type UpdatePath, writeUpdatePath } from '../tree/update-path.js';
import { type ProposalOrRef, readProposalOrRef, writeProposalOrRef } from './proposal.js';

/** Commit (section 12.4). */
export interface Commit {
  readonly proposals: readonly ProposalOrRef[];
  readonly path?: UpdatePath;
}

/** @throws CryptoError `codec/…`; MlsError `mls/unsupported-message` for a proposal of an unknown type */
export function readCommit(reader: TlsReader, types: TypeRegistry = STANDARD_TYPES): Commit {
  const proposals = reader.vector((inner) => readProposalOrRef(inner, types));
  const path = reader.optional(readUpdatePath);
  return path === undefined ? { proposals } : { proposals, path };
}

/** Writes a Commit. */
export function writeCommit(writer: TlsWriter, { proposals, path }: Commit): void {
  writer.vector((inner) => {
    for (const item of proposals) writeProposalOrRef(inner, item);
  });
  writer.optional(path, writeUpdatePath);
}

/** The encoded commit. */
export function encodeCommit(commit: Commit): Uint8Array {
  return encodeTls(commit, writeCommit);
}
