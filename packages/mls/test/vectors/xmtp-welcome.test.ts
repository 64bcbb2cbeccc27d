/**
 * A Welcome that the real XMTP client made (libxmtp 1.10.0), opened with the recorded init key. The private key of the
 * joiner's leaf was not recorded, so joining stops before the path secret is applied.
 */
import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { describe, expect, it } from 'vitest';
import { getCipherSuite } from '../../src/crypto/cipher-suite.js';
import { requiredCapabilitiesOf } from '../../src/extension.js';
import { verifyFramedContent } from '../../src/framing/framed-content.js';
import { decodeMlsMessage, peekMlsMessage } from '../../src/framing/mls-message.js';
import { openPrivateMessage } from '../../src/framing/private-message.js';
import { openSenderData } from '../../src/framing/sender-data.js';
import { verifyGroupInfo } from '../../src/group/group-info.js';
import { openGroupInfo, openGroupSecrets } from '../../src/group/welcome.js';
import { decodeKeyPackage, keyPackageRef, verifyKeyPackage } from '../../src/key-package.js';
import { RowJournal } from '../../src/rows.js';
import { deriveEpochSecrets } from '../../src/schedule/key-schedule.js';
import { MessageSecrets } from '../../src/schedule/message-secrets.js';
import { noPskSecret } from '../../src/schedule/psk.js';
import { confirmationTag } from '../../src/schedule/transcript-hash.js';
import { verifyJoinedTree } from '../../src/tree/join-verification.js';
import { followPathSecret } from '../../src/tree/path-secret.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { filteredDirectPath } from '../../src/tree/resolution.js';
import { commonAncestor, leafIndex } from '../../src/tree/tree-math.js';
import { XMTP_POLICY } from '../../src/validation/policy.js';

const file = new URL('../../../../vectors/xmtp-wire/groups-1.10.0.json', import.meta.url);
const { key_package, welcome_xwing, message } = JSON.parse(readFileSync(file, 'utf8'));
const recorded = welcome_xwing.mls;
const suite = getCipherSuite(0x0003, nodeCrypto);

function openWelcome() {
  const received = decodeMlsMessage(fromHex(welcome_xwing.welcome_plaintext));
  if (received.wireFormat !== 3) throw new TypeError('not a Welcome');
  const { welcome } = received;
  const [entry] = welcome.secrets;
  if (entry === undefined) throw new TypeError('no recipient');
  const secrets = openGroupSecrets(suite, welcome, entry, fromHex(recorded.init_private_key));
  return { entry, secrets, groupInfo: openGroupInfo(suite, welcome, secrets.joinerSecret, noPskSecret(suite)) };
}

describe('Welcome of libxmtp 1.10.0', () => {
  it('is addressed to the recorded key package, which is valid', () => {
    const keyPackage = decodeKeyPackage(fromHex(key_package));
    verifyKeyPackage(suite, keyPackage, XMTP_POLICY, keyPackage.leafNode.lifetime?.notBefore);
    expect(toHex(keyPackage.raw)).toBe(key_package);
    expect(keyPackageRef(suite, keyPackage)).toHaveLength(32);
  });

  it('opens to the recorded group secrets and GroupInfo', () => {
    const { secrets, groupInfo } = openWelcome();
    expect(recorded.group_secrets).toContain(toHex(secrets.joinerSecret));
    expect(recorded.group_secrets).toContain(toHex(secrets.pathSecret as Uint8Array));
    expect(secrets.psks).toEqual([]);
    expect(toHex(groupInfo.raw)).toBe(recorded.group_info);
  });

  it('has the recorded context', () => {
    const { groupContext, extensions } = openWelcome().groupInfo;
    expect(toHex(groupContext.groupId)).toBe(recorded.group_id);
    expect(groupContext.epoch).toBe(BigInt(recorded.epoch));
    expect(toHex(groupContext.treeHash)).toBe(recorded.tree_hash);
    expect(toHex(groupContext.confirmedTranscriptHash)).toBe(recorded.confirmed_transcript_hash);
    const shown = groupContext.extensions.map(({ type, data }) => ({
      type: `0x${type.toString(16).padStart(4, '0')}`,
      data: toHex(data),
    }));
    expect(shown).toEqual(recorded.group_context_extensions);
    expect(extensions.map(({ type }) => type)).toEqual([0x0002]);
    expect(requiredCapabilitiesOf(groupContext.extensions)).toEqual({
      extensions: [0xff01, 0xff00, 0xff02, 0xf000, 0x000a, 0x0001],
      proposals: [0x0007],
      credentials: [0x0001],
    });
  });

  it('verifies: signature, confirmation tag, tree, path secret', () => {
    const { secrets, groupInfo } = openWelcome();
    const { groupContext: context, signer } = groupInfo;
    const tree = RatchetTree.fromExtension(suite, groupInfo.extensions[0]?.data as Uint8Array);
    expect(
      verifyGroupInfo(suite.provider.signaturePublicKey(tree.leaf(signer)?.signatureKey as Uint8Array), groupInfo),
    ).toBe(true);
    const { groupId, treeHash, extensions } = context;
    const demands = { extensions, requiredCapabilities: requiredCapabilitiesOf(extensions) };
    verifyJoinedTree({ suite, tree, groupId, treeHash, demands, policy: XMTP_POLICY });
    const { confirmationKey } = deriveEpochSecrets(suite, secrets.joinerSecret, noPskSecret(suite), context.raw);
    expect(confirmationTag(suite, confirmationKey, context.confirmedTranscriptHash)).toEqual(groupInfo.confirmationTag);
    const shared = commonAncestor(leafIndex(signer), leafIndex(1));
    const path = filteredDirectPath(tree, leafIndex(signer)).filter(({ node }) => node >= shared);
    // Compares the public key of every node that the path secret leads to with the tree's.
    followPathSecret(tree, path, secrets.pathSecret as Uint8Array, XMTP_POLICY);
  });

  it('gives the keys that open a recorded message of its epoch', () => {
    const { secrets, groupInfo } = openWelcome();
    const { groupContext: context } = groupInfo;
    const tree = RatchetTree.fromExtension(suite, groupInfo.extensions[0]?.data as Uint8Array);
    const epoch = deriveEpochSecrets(suite, secrets.joinerSecret, noPskSecret(suite), context.raw);
    const messages = new MessageSecrets({
      suite,
      rows: new RowJournal(),
      epoch: context.epoch,
      leafCount: tree.leafCount,
      senderDataSecret: epoch.senderDataSecret,
      limits: { outOfOrderTolerance: 5, maximumForwardDistance: 1000 },
    });
    messages.start(epoch.encryptionSecret);
    const received = decodeMlsMessage(fromHex(message.mls_message));
    if (received.wireFormat !== 2) throw new TypeError('not a PrivateMessage');
    const { privateMessage } = received;
    const { ciphertext, encryptedSenderData } = privateMessage;
    const sender = openSenderData(suite, epoch.senderDataSecret, privateMessage, ciphertext, encryptedSenderData);
    const { messageKey } = messages.prepareKey(sender.leafIndex, privateMessage.contentType, sender.generation);
    const opened = openPrivateMessage(suite, privateMessage, sender, messageKey);
    const key = suite.provider.signaturePublicKey(tree.leaf(sender.leafIndex)?.signatureKey as Uint8Array);
    expect(verifyFramedContent(key, opened, context.raw)).toBe(true);
    const { content } = opened.framed;
    expect(content.contentType === 1 && toHex(content.data)).toBe(message.plaintext_envelope);
  });

  it('shows group and epoch of a recorded message without keys', () => {
    const { groupId, ...header } = peekMlsMessage(fromHex(message.mls_message));
    expect(header).toEqual({ wireFormat: 2, epoch: 1n, contentType: 1 });
    expect(toHex(groupId as Uint8Array)).toBe(message.group_id);
  });
});
