/** Vectors of messages and of what protects them, made from fixed seeds in the working group's format. */
import { encodeTls, toHex, utf8 } from '@conclave/crypto';
import type { AuthenticatedContent, Content } from '../../src/framing/framed-content.js';
import { applicationContent, signFramedContent } from '../../src/framing/framed-content.js';
import { decodeMlsMessage, writeMlsMessage } from '../../src/framing/mls-message.js';
import { sealPrivateMessage } from '../../src/framing/private-message.js';
import { sealPublicMessage, writePublicMessage } from '../../src/framing/public-message.js';
import { encodeCommit } from '../../src/group/commit.js';
import { encodeProposal, type Proposal } from '../../src/group/proposal.js';
import { openGroupInfo, openGroupSecrets, writeGroupSecrets } from '../../src/group/welcome.js';
import type { OwnKeyPackage } from '../../src/index.js';
import { RowJournal } from '../../src/rows.js';
import { createGroupContext } from '../../src/schedule/group-context.js';
import { MessageSecrets } from '../../src/schedule/message-secrets.js';
import { noPskSecret } from '../../src/schedule/psk.js';
import { seededRandom } from '../../src/tree/tree.testkit.js';
import { GROUP_ID, Member, nameExtension, UNHURRIED_POLICY } from '../scenario/members.testkit.js';
import { SUITES, suiteOf } from './load.testkit.js';

/** Alice's group, bob in it, and the Welcome that brought him. */
function pair(id: number) {
  const suite = suiteOf(id);
  const config = { handshake: 'public', policy: UNHURRIED_POLICY } as const;
  const [alice, bob] = [new Member('alice', config, suite).create(), new Member('bob', config, suite)];
  const own = bob.keyPackage();
  const commit = alice.commit([{ type: 'add', keyPackage: own.keyPackage }], { forcePath: true });
  const welcome = commit.welcome as Uint8Array;
  alice.merge(commit.staged);
  bob.join(welcome, own);
  return { suite, alice, bob, own, welcome, commit: commit.message };
}

/** An MLSMessage with a KeyPackage. */
function keyPackageMessage({ keyPackage }: OwnKeyPackage): string {
  return toHex(encodeTls({ wireFormat: 5, keyPackage } as const, writeMlsMessage));
}

/** `welcome.json`. */
export function makeWelcome() {
  return SUITES.map((id) => {
    const { alice, own, welcome } = pair(id);
    return {
      cipher_suite: id,
      init_priv: toHex(own.initPrivateKey),
      signer_pub: toHex(alice.signatureKey.publicKey),
      key_package: keyPackageMessage(own),
      welcome: toHex(welcome),
    };
  });
}

/** `message-protection.json`. */
export function makeMessageProtection() {
  return SUITES.map((id) => {
    const suite = suiteOf(id);
    const random = seededRandom(`message protection of suite ${id}`);
    const [groupId, treeHash, transcript, signaturePriv] = [random(32), random(32), random(32), random(32)];
    const [encryptionSecret, senderDataSecret, membershipKey] = [random(32), random(32), random(32)];
    const epoch = 1_184_274n;
    const signatureKey = suite.provider.signaturePrivateKey(signaturePriv);
    const context = createGroupContext({
      ...{ suite: id, groupId, epoch, treeHash, confirmedTranscriptHash: transcript, extensions: [] },
    }).raw;
    const limits = { outOfOrderTolerance: 5, maximumForwardDistance: 1000 };
    const messages = new MessageSecrets({
      ...{ suite, rows: new RowJournal(), epoch, leafCount: 2, senderDataSecret, limits },
    });
    // The root of the secret tree is used up; the file shows it as it was.
    messages.start(encryptionSecret.slice());
    const sign = (content: Content, wireFormat: 1 | 2): AuthenticatedContent => {
      const sender = { type: 'member', leafIndex: 1 } as const;
      const framed = { groupId, epoch, sender, authenticatedData: utf8('authenticated'), content };
      const signature = signFramedContent(signatureKey, wireFormat, framed, context);
      return { wireFormat, framed, signature, ...(content.contentType === 3 && { confirmationTag: random(32) }) };
    };
    const inClear = (content: Content) => toHex(sealPublicMessage(suite, sign(content, 1), membershipKey, context));
    const encrypted = (content: Content) => {
      const key = messages.takeOwnKey(1, content.contentType);
      return toHex(sealPrivateMessage(suite, sign(content, 2), senderDataSecret, key, random(4), 16));
    };
    const remove: Proposal = { type: 'remove', leafIndex: 0 };
    const proposal: Content = { contentType: 2, proposal: remove, raw: encodeProposal(remove) };
    const list = { proposals: [{ type: 'reference', reference: random(32) }] } as const;
    const commit: Content = { contentType: 3, commit: list, raw: encodeCommit(list) };
    const application = random(42);
    return {
      ...{ cipher_suite: id, group_id: toHex(groupId), epoch: Number(epoch), tree_hash: toHex(treeHash) },
      ...{ confirmed_transcript_hash: toHex(transcript), signature_priv: toHex(signaturePriv) },
      ...{ signature_pub: toHex(signatureKey.publicKey), encryption_secret: toHex(encryptionSecret) },
      ...{ sender_data_secret: toHex(senderDataSecret), membership_key: toHex(membershipKey) },
      ...{ proposal: toHex(proposal.raw), proposal_pub: inClear(proposal), proposal_priv: encrypted(proposal) },
      ...{ commit: toHex(commit.raw), commit_pub: inClear(commit), commit_priv: encrypted(commit) },
      ...{ application: toHex(application), application_priv: encrypted(applicationContent(application)) },
    };
  });
}

/** `messages.json`: every structure that travels, taken out of a small group. */
export function makeMessages() {
  return SUITES.map((id) => {
    const { suite, alice, bob, own, welcome, commit } = pair(id);
    const zero = new Uint8Array(32);
    const received = decodeMlsMessage(welcome);
    const committed = decodeMlsMessage(commit);
    if (received.wireFormat !== 3 || committed.wireFormat !== 1) throw new TypeError('wrong wire format');
    const { content } = committed.publicMessage.message.framed;
    const [entry] = received.welcome.secrets;
    if (entry === undefined || content.contentType !== 3) throw new TypeError('not a commit, or nobody is welcome');
    const secrets = openGroupSecrets(suite, received.welcome, entry, own.initPrivateKey);
    const groupInfo = openGroupInfo(suite, received.welcome, secrets.joinerSecret, noPskSecret(suite));
    const proposalOf = (proposal: Proposal) => toHex(encodeProposal(proposal)).slice(4);
    const leafNode = bob.group.leaf(0) ?? own.keyPackage.leafNode;
    const psk = { type: 'resumption', usage: 1, groupId: GROUP_ID, epoch: 7n, nonce: zero } as const;
    const text = applicationContent(utf8('never sent in the clear'));
    const framed = { groupId: GROUP_ID, epoch: 1n, sender: { type: 'member', leafIndex: 0 }, content: text } as const;
    const application = {
      message: { wireFormat: 1, framed: { ...framed, authenticatedData: utf8('aad') }, signature: new Uint8Array(64) },
      membershipTag: zero,
    } as const;
    const propose: Proposal = { type: 'group-context-extensions', extensions: [nameExtension('proposed')] };
    return {
      mls_welcome: toHex(welcome),
      mls_group_info: toHex(encodeTls({ wireFormat: 4, groupInfo } as const, writeMlsMessage)),
      mls_key_package: keyPackageMessage(own),
      ratchet_tree: toHex(alice.group.encodeRatchetTree()),
      group_secrets: toHex(encodeTls(secrets, writeGroupSecrets)),
      add_proposal: proposalOf({ type: 'add', keyPackage: own.keyPackage }),
      update_proposal: proposalOf({ type: 'update', leafNode }),
      remove_proposal: proposalOf({ type: 'remove', leafIndex: 609_049_819 }),
      pre_shared_key_proposal: proposalOf({ type: 'psk', psk }),
      re_init_proposal: proposalOf({ type: 'reinit', groupId: GROUP_ID, version: 1, suite: id, extensions: [] }),
      external_init_proposal: proposalOf({ type: 'external-init', kemOutput: zero }),
      group_context_extensions_proposal: proposalOf(propose),
      commit: toHex(content.raw),
      public_message_application: `00010001${toHex(encodeTls(application, writePublicMessage))}`,
      public_message_proposal: toHex(bob.group.createProposal({ proposal: propose, random: bob.random }).message),
      public_message_commit: toHex(commit),
      private_message: toHex(bob.send('hello')),
    };
  });
}
