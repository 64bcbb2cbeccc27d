/** Between the words of the interop tests and the objects of ts-mls. */
import { randomBytes } from 'node:crypto';
import { toHex, utf8 } from '@conclave/crypto';
import {
  type CiphersuiteName,
  ciphersuites,
  decodeMlsMessage,
  defaultExtensionTypes,
  encodeMlsMessage,
  type GroupContext,
  type GroupInfo,
  type KeyPackage,
  type MLSMessage,
  type Proposal,
  type RatchetTree,
  type Extension as TsMlsExtension,
  type Welcome,
} from 'ts-mls';
import { encode } from 'ts-mls/codec/tlsEncoder.js';
import { decodeRatchetTree, ratchetTreeEncoder } from 'ts-mls/ratchetTree.js';
import type { Extension } from '../../../src/index.js';
import type { PeerCommit, ProposalDescription } from '../peer.testkit.js';

const EXTENSION_NAMES = new Map(Object.entries(defaultExtensionTypes).map(([name, type]) => [type as number, name]));

export function toTsMlsExtension({ type, data }: Extension): TsMlsExtension {
  return { extensionType: (EXTENSION_NAMES.get(type) ?? type) as TsMlsExtension['extensionType'], extensionData: data };
}

export function decode(bytes: Uint8Array): MLSMessage {
  const decoded = decodeMlsMessage(bytes, 0);
  if (decoded === undefined || decoded[1] !== bytes.length) throw new TypeError('ts-mls cannot decode the message');
  return decoded[0];
}

export function decodeKeyPackage(bytes: Uint8Array): KeyPackage {
  const message = decode(bytes);
  if (message.wireformat !== 'mls_key_package') throw new TypeError(`${message.wireformat} instead of a KeyPackage`);
  return message.keyPackage;
}

export function decodeWelcome(bytes: Uint8Array): Welcome {
  const message = decode(bytes);
  if (message.wireformat !== 'mls_welcome') throw new TypeError(`${message.wireformat} instead of a Welcome`);
  return message.welcome;
}

export function decodeGroupInfo(bytes: Uint8Array): GroupInfo {
  const message = decode(bytes);
  if (message.wireformat !== 'mls_group_info') throw new TypeError(`${message.wireformat} instead of a GroupInfo`);
  return message.groupInfo;
}

export function decodeTree(bytes: Uint8Array | undefined): RatchetTree | undefined {
  return bytes === undefined ? undefined : decodeRatchetTree(bytes, 0)?.[0];
}

export const encodeTree = encode(ratchetTreeEncoder);

export function toPeerCommit(
  commit: MLSMessage,
  welcome: Welcome | undefined,
  tree: RatchetTree | undefined,
): PeerCommit {
  const message = encodeMlsMessage(commit);
  if (welcome === undefined) return { message };
  const encodedWelcome = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome });
  return tree === undefined
    ? { message, welcome: encodedWelcome }
    : { message, welcome: encodedWelcome, ratchetTree: encodeTree(tree) };
}

export function suiteName(id: number): CiphersuiteName {
  const found = Object.entries(ciphersuites).find(([, value]) => value === id);
  if (found === undefined) throw new TypeError(`suite ${id} is unknown to ts-mls`);
  return found[0] as CiphersuiteName;
}

/** @param tree - for the places of members that proposals name */
export function toTsMlsProposal(description: ProposalDescription, context: GroupContext, tree: RatchetTree): Proposal {
  const pskNonce = new Uint8Array(randomBytes(32));
  switch (description.type) {
    case 'add':
      return { proposalType: 'add', add: { keyPackage: decodeKeyPackage(description.keyPackage) } };
    case 'remove':
      return { proposalType: 'remove', remove: { removed: leafIndexOf(tree, description.member) } };
    case 'external-psk': {
      const preSharedKeyId = { psktype: 'external', pskId: description.id, pskNonce } as const;
      return { proposalType: 'psk', psk: { preSharedKeyId } };
    }
    case 'resumption-psk': {
      const { groupId: pskGroupId } = context;
      const named = { psktype: 'resumption', usage: 'application', pskGroupId, pskEpoch: description.epoch } as const;
      return { proposalType: 'psk', psk: { preSharedKeyId: { ...named, pskNonce } } };
    }
    case 'group-context-extensions': {
      const senders = description.externalSenders ?? [];
      const extensions: TsMlsExtension[] = [
        ...description.extensions.map(toTsMlsExtension),
        // One extension a sender: see the feature `external-senders`.
        ...senders.map((data) => ({ extensionType: 'external_senders', extensionData: data }) as const),
      ];
      return { proposalType: 'group_context_extensions', groupContextExtensions: { extensions } };
    }
    case 'reinit': {
      const { groupId, suite, extensions } = description;
      const parts = { groupId, version: 'mls10', extensions: extensions.map(toTsMlsExtension) } as const;
      return { proposalType: 'reinit', reinit: { ...parts, cipherSuite: suiteName(suite) } };
    }
    case 'update':
      throw new TypeError('ts-mls makes no Update proposals');
  }
}

function leafIndexOf(tree: RatchetTree, name: string): number {
  const node = tree.findIndex((candidate) => {
    if (candidate?.nodeType !== 'leaf') return false;
    const { credential } = candidate.leaf;
    return 'identity' in credential && toHex(credential.identity) === toHex(utf8(name));
  });
  if (node < 0) throw new TypeError(`${name} is no member`);
  return node / 2;
}
