/** Telling outsiders about a group (RFC 9420 sections 12.4.3 and 12.4.3.2): a GroupInfo signed by us. */
import { type Random, TlsWriter } from '@conclave/crypto';
import { EXTENSION_TYPE } from '../code-points.js';
import { MLS_VERSION } from '../crypto/cipher-suite.js';
import type { Extension } from '../extension.js';
import { WIRE_FORMAT } from '../framing/wire-format.js';
import { greaseExtension } from '../grease.js';
import { externalPubExtension, externalPublicKey } from '../schedule/external-init.js';
import type { GroupContext } from '../schedule/group-context.js';
import { encodeTreeExtension } from '../tree/ratchet-tree-extension.js';
import type { TreeView } from '../tree/tree-view.js';
import { createGroupInfo, type GroupInfo } from './group-info.js';
import type { GroupState } from './group-state.js';

/** What a GroupInfo is to hold. */
export interface ExportGroupInfoParams {
  /** Whether the tree comes with it; without it the receiver needs `MlsGroup.encodeRatchetTree`. */
  readonly withRatchetTree: boolean;
  /** Whether the receiver may join by a commit of its own. */
  readonly withExternalPub: boolean;
  /** Others that the application wants in it. */
  readonly extensions?: readonly Extension[] | undefined;
  /** For a GREASE extension, where the group's configuration asks for one. */
  readonly random: Random;
}

/** A GroupInfo of an epoch that we enter or are in. Cost: a copy of the tree where it comes with it. */
export function groupInfoOf(
  { signatureKey, config }: GroupState,
  parts: {
    readonly context: GroupContext;
    readonly confirmationTag: Uint8Array;
    readonly signer: number;
    /** For a ratchet_tree extension. */
    readonly tree: TreeView | undefined;
    readonly extensions: readonly Extension[];
    readonly random: Random;
  },
): GroupInfo {
  const { tree, extensions, context, confirmationTag, signer, random } = parts;
  const all = [
    ...(tree ? [{ type: EXTENSION_TYPE.ratchetTree, data: encodeTreeExtension(tree) }] : []),
    ...extensions,
    ...(config.grease ? [greaseExtension(random)] : []),
  ];
  return createGroupInfo(signatureKey, { groupContext: context, extensions: all, confirmationTag, signer });
}

/**
 * An MLSMessage with a GroupInfo of the current epoch. Whoever is given external_pub can join without being asked.
 *
 * Cost: a copy of the tree where it comes with it.
 *
 * @throws MlsError `mls/removed`, `mls/validation` (`group-not-reinitialized`)
 */
export function exportGroupInfo(state: GroupState, params: ExportGroupInfoParams): Uint8Array {
  state.requireActive();
  const { suite, header, context, ownLeafIndex } = state;
  const { withRatchetTree, withExternalPub, extensions = [], random } = params;
  const externalPub = withExternalPub
    ? [externalPubExtension(externalPublicKey(suite, header.secrets.externalSecret))]
    : [];
  const groupInfo = groupInfoOf(state, {
    ...{ context, confirmationTag: header.confirmationTag, signer: ownLeafIndex, random },
    tree: withRatchetTree ? state.tree : undefined,
    extensions: [...externalPub, ...extensions],
  });
  const writer = new TlsWriter(groupInfo.raw.length + 4).u16(MLS_VERSION).u16(WIRE_FORMAT.groupInfo);
  return writer.raw(groupInfo.raw).finish();
}
