/**
 * Records an archive and what it holds with the deployed client. Run from the project's root, after `npm run build` and
 * `npm run interop:setup`:
 *
 *   CONCLAVE_OWN_NODE=$(command -v node) "$CONCLAVE_PEER/node24t" vectors/archive/record.mjs vectors/archive
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeProcess } from '../../interop/peer/node-process.mjs';
import { newRealClient, sdk } from '../../interop/peer/real-client.mjs';
import { newWallet } from '../../interop/peer/wallet.mjs';

const target = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'conclave-record-'));
const node = await startNodeProcess(join(folder, 'node'));
const key = new Uint8Array(32).fill(7);
try {
  const wallet = newWallet(new Uint8Array(32).fill(1));
  const { client: alice } = await newRealClient({ url: node.url, folder, wallet });
  const { client: bob } = await newRealClient({ url: node.url, folder });
  const dm = await alice.conversations.createDm(bob.inboxId);
  await dm.sendText('first light');
  await dm.sendMarkdown('**dusk**');
  const group = await alice.conversations.createGroup([bob.inboxId], {
    groupName: 'harbour',
    groupDescription: 'boats only',
    appData: 'app data',
  });
  const question = await group.sendText('who has the key?');
  await bob.conversations.syncAll();
  const bobs = await bob.conversations.getConversationById(group.id);
  await bobs.sendReply({
    reference: question,
    referenceInboxId: alice.inboxId,
    content: sdk.encodeText('under the mat'),
  });
  await bobs.sendReaction({ reference: question, referenceInboxId: alice.inboxId, action: 1, content: '👍', schema: 1 });
  const disappearing = await alice.conversations.createGroup([bob.inboxId], {
    groupName: 'fog',
    messageDisappearingSettings: { fromNs: 1n, inNs: 3_600_000_000_000n },
  });
  await disappearing.sendText('gone in an hour');
  await alice.conversations.syncAll();
  await alice.preferences.setConsentStates([{ entityType: 1, entity: bob.inboxId, state: 2 }]);

  await alice.createArchive(join(target, 'everything.archive'), key);
  const consent = { elements: ['Consent'], excludeDisappearingMessages: false };
  await alice.createArchive(join(target, 'consent.archive'), key, consent);
  const metadata = await alice.archiveMetadata(join(target, 'everything.archive'), key);
  const conversations = [];
  for (const conversation of await alice.conversations.list()) {
    const messages = await conversation.messages();
    conversations.push({
      id: conversation.id,
      name: conversation.name ?? null,
      description: conversation.description ?? null,
      appData: conversation.appData ?? null,
      peerInboxId: conversation.peerInboxId ?? null,
      createdAtNs: String(conversation.createdAtNs),
      consentState: conversation.consentState(),
      messages: messages
        .filter(({ kind }) => kind === 0)
        .map((message) => ({
          id: message.id,
          typeId: message.contentType.typeId,
          senderInboxId: message.senderInboxId,
          sentAtNs: String(message.sentAtNs),
          reactions: message.numReplies === undefined ? [] : message.reactions.map(({ id }) => id),
        })),
    });
  }
  const holds = {
    key: Buffer.from(key).toString('hex'),
    inboxId: alice.inboxId,
    peerInboxId: bob.inboxId,
    exportedAtNs: String(metadata.exportedAtNs),
    backupVersion: metadata.backupVersion,
    elements: metadata.elements,
    conversations,
  };
  writeFileSync(join(target, 'holds.json'), `${JSON.stringify(holds, null, 1)}\n`);
} finally {
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
