/**
 * Proposals: the changes that a commit puts into effect (RFC 9420 sections 12.1 and 12.4). The seven types of RFC 9420
 * are the engine itself; others are `custom` here and defined in the registry.
 *
 *     Proposal      proposal_type:u16 body
 *     ProposalOrRef type:u8 (1 Proposal, 2 ProposalRef<V>)
 */
import { CryptoError, encodeTls, type TlsReader, type TlsWriter } from '@conclave/crypto';
import { PROPOSAL_TYPE } from '../code-points.js';
import { MlsError } from '../errors.js';
import { type Extension, readExtensions, writeExtensions } from '../extension.js';
import { type KeyPackage, readKeyPackage } from '../key-package.js';
import type { ProposalDefinition } from '../registry/definitions.js';
import { STANDARD_TYPES } from '../registry/standard-types.js';
import type { TypeRegistry } from '../registry/type-registry.js';
import { type PreSharedKeyId, readPreSharedKeyId, writePreSharedKeyId } from '../schedule/psk.js';
import { type LeafNode, readLeafNode } from '../tree/leaf-node.js';

/** A proposal. Received extensions keep their encoding, because all members must adopt the same bytes. */
export type Proposal =
  | { readonly type: 'add'; readonly keyPackage: KeyPackage }
  | { readonly type: 'update'; readonly leafNode: LeafNode }
  | { readonly type: 'remove'; readonly leafIndex: number }
  | { readonly type: 'psk'; readonly psk: PreSharedKeyId }
  | {
      readonly type: 'reinit';
      readonly groupId: Uint8Array;
      readonly version: number;
      readonly suite: number;
      readonly extensions: readonly Extension[];
    }
  | { readonly type: 'external-init'; readonly kemOutput: Uint8Array }
  | {
      readonly type: 'group-context-extensions';
      readonly extensions: readonly Extension[];
      /** `Extension extensions<V>` as received. */
      readonly rawExtensions?: Uint8Array;
    }
  | {
      readonly type: 'custom';
      /** Number of a registered type. */
      readonly proposalType: number;
      /** As the type's definition reads it. */
      readonly content: unknown;
      /** The body as it travels, without the type. */
      readonly raw: Uint8Array;
    };

/** Name of a kind of proposal. */
export type ProposalType = Proposal['type'];

/** Proposal types of the engine itself. */
export type StandardProposalType = Exclude<ProposalType, 'custom'>;

/** Proposal types that make a path necessary (RFC 9420 section 17.4, column Path Required). */
const REQUIRES_PATH: Readonly<Record<StandardProposalType, boolean>> = {
  add: false,
  update: true,
  remove: true,
  psk: false,
  reinit: false,
  'external-init': true,
  'group-context-extensions': true,
};

/** Whether a commit with these proposals must have a path; an empty commit must. */
export function requiresPath(proposals: readonly Proposal[], types: TypeRegistry): boolean {
  if (proposals.length === 0) return true;
  return proposals.some((proposal) =>
    proposal.type === 'custom'
      ? types.proposal(proposal.proposalType)?.requiresPath === true
      : REQUIRES_PATH[proposal.type],
  );
}

/** A proposal of a registered type. */
export function customProposal<Content>(definition: ProposalDefinition<Content>, content: Content): Proposal {
  const raw = encodeTls(content, (writer, value) => definition.write(writer, value));
  return { type: 'custom', proposalType: definition.type, content, raw };
}

/** The content of a proposal of this registered type; undefined for proposals of other types. */
export function contentOf<Content>(definition: ProposalDefinition<Content>, proposal: Proposal): Content | undefined {
  const isOfType = proposal.type === 'custom' && proposal.proposalType === definition.type;
  return isOfType ? (proposal.content as Content) : undefined;
}

/** A proposal of a commit: in it, or named by its reference. */
export type ProposalOrRef =
  | { readonly type: 'proposal'; readonly proposal: Proposal }
  /** `reference` is 32 bytes. */
  | { readonly type: 'reference'; readonly reference: Uint8Array };

/**
 * Reads a proposal. One of an unknown type cannot be skipped, because its length is unknown.
 * @throws CryptoError `codec/…`; MlsError `mls/unsupported-message` with `proposalType`
 */
export function readProposal(reader: TlsReader, types: TypeRegistry = STANDARD_TYPES): Proposal {
  const type = reader.u16();
  switch (type) {
    case PROPOSAL_TYPE.add:
      return { type: 'add', keyPackage: readKeyPackage(reader) };
    case PROPOSAL_TYPE.update:
      return { type: 'update', leafNode: readLeafNode(reader) };
    case PROPOSAL_TYPE.remove:
      return { type: 'remove', leafIndex: reader.u32() };
    case PROPOSAL_TYPE.psk:
      return { type: 'psk', psk: readPreSharedKeyId(reader) };
    case PROPOSAL_TYPE.reinit:
      return {
        type: 'reinit',
        groupId: reader.opaque(),
        version: reader.u16(),
        suite: reader.u16(),
        extensions: readExtensions(reader),
      };
    case PROPOSAL_TYPE.externalInit:
      return { type: 'external-init', kemOutput: reader.opaque() };
    case PROPOSAL_TYPE.groupContextExtensions: {
      const start = reader.offset;
      const extensions = readExtensions(reader);
      return { type: 'group-context-extensions', extensions, rawExtensions: reader.slice(start, reader.offset) };
    }
    default:
      return readCustomProposal(reader, type, types);
  }
}

function readCustomProposal(reader: TlsReader, type: number, types: TypeRegistry): Proposal {
  const definition = types.proposal(type);
  if (definition === undefined) throw new MlsError('mls/unsupported-message', { proposalType: type });
  const start = reader.offset;
  const content = definition.read(reader);
  return { type: 'custom', proposalType: type, content, raw: reader.slice(start, reader.offset) };
}

/** Writes a Proposal. */
export function writeProposal(writer: TlsWriter, proposal: Proposal): void {
  switch (proposal.type) {
    case 'add':
      writer.u16(PROPOSAL_TYPE.add).raw(proposal.keyPackage.raw);
      return;
    case 'update':
      writer.u16(PROPOSAL_TYPE.update).raw(proposal.leafNode.raw);
      return;
    case 'remove':
      writer.u16(PROPOSAL_TYPE.remove).u32(proposal.leafIndex);
      return;
    case 'psk':
      writePreSharedKeyId(writer.u16(PROPOSAL_TYPE.psk), proposal.psk);
      return;
    case 'reinit':
      writer.u16(PROPOSAL_TYPE.reinit).opaque(proposal.groupId).u16(proposal.version).u16(proposal.suite);
      writeExtensions(writer, proposal.extensions);
      return;
    case 'external-init':
      writer.u16(PROPOSAL_TYPE.externalInit).opaque(proposal.kemOutput);
      return;
    case 'group-context-extensions':
      writer.u16(PROPOSAL_TYPE.groupContextExtensions);
      if (proposal.rawExtensions !== undefined) writer.raw(proposal.rawExtensions);
      else writeExtensions(writer, proposal.extensions);
      return;
    case 'custom':
      writer.u16(proposal.proposalType).raw(proposal.raw);
      return;
  }
}

/** The encoded proposal. */
export function encodeProposal(proposal: Proposal): Uint8Array {
  return encodeTls(proposal, writeProposal);
}

/** @throws CryptoError `codec/…`; MlsError `mls/unsupported-message` */
export function readProposalOrRef(reader: TlsReader, types: TypeRegistry = STANDARD_TYPES): ProposalOrRef {
  const type = reader.u8();
  if (type === 1) return { type: 'proposal', proposal: readProposal(reader, types) };
  if (type === 2) return { type: 'reference', reference: reader.opaque() };
  throw new CryptoError('codec/invalid-value', { field: 'ProposalOrRefType', value: type });
}

/** Writes a ProposalOrRef. */
export function writeProposalOrRef(writer: TlsWriter, item: ProposalOrRef): void {
  if (item.type === 'proposal') writeProposal(writer.u8(1), item.proposal);
  else writer.u8(2).opaque(item.reference);
}
