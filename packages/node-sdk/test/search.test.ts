/** What a messenger's screen asks for: the list of conversations with unread ones, and search, on real files. */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { Client, createEOASigner, type Dm, encodeText, type Group } from '@conclave/node-sdk';
import { openDatabase } from '@conclave/sqlite/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNode, type Person } from './local-node.testkit.js';

const KEY = new Uint8Array(32).fill(7);
let node: LocalNode;
let alice: Person;
let bob: Person;
let alices: Dm;
let bobs: Dm;

beforeAll(async () => {
  node = await LocalNode.start();
  alice = await node.person({ dbPath: node.file('alice.db3'), dbEncryptionKey: KEY });
  bob = await node.person();
  alices = await alice.client.conversations.createDm(bob.client.inboxId);
  await alices.sendText('first');
  await bob.client.conversations.syncAll();
  bobs = bob.client.conversations.listDms()[0] as Dm;
});

afterAll(() => node.stop());

describe('the list of conversations', () => {
  const entryOf = async (client: Client, id: string) =>
    (await client.conversations.listEntries()).find(({ conversation }) => conversation.id === id);

  it('has the last message and counts what others wrote', async () => {
    expect(await entryOf(alice.client, alices.id)).toMatchObject({ unreadCount: 0, lastMessage: { content: 'first' } });
    expect(await entryOf(bob.client, bobs.id)).toMatchObject({ unreadCount: 1, lastMessage: { content: 'first' } });
    await alices.sendMarkdown('**second**');
    const id = await alices.sendText('third');
    await alices.sendReaction({ reference: id, referenceInboxId: '', action: 1, content: '👍', schema: 1 });
    await bobs.sync();
    expect((await entryOf(bob.client, bobs.id))?.unreadCount).toBe(3);
  });

  it('counts from the last thing that the reader did', async () => {
    bobs.markRead();
    expect((await entryOf(bob.client, bobs.id))?.unreadCount).toBe(0);
    await bobs.sendText('an answer');
    await alices.sync();
    expect(await entryOf(alice.client, alices.id)).toMatchObject({
      unreadCount: 1,
      lastMessage: { content: 'an answer' },
    });
    await alices.sendReadReceipt();
    expect((await entryOf(alice.client, alices.id))?.unreadCount).toBe(0);
  });

  it('comes with the latest activity first, and takes the options of list', async () => {
    const group = await alice.client.conversations.createGroup([], { groupName: 'empty' });
    await alices.sendText('newest');
    const entries = await alice.client.conversations.listEntries();
    expect(entries.map(({ conversation }) => conversation.id)).toEqual([alices.id, group.id]);
    expect(entries[1]).toMatchObject({ lastMessage: undefined, unreadCount: 0 });
    expect(await alice.client.conversations.listEntries({ limit: 1 })).toHaveLength(1);
  });
});

describe('search', () => {
  let group: Group;
  const found = async (text: string, options = {}) =>
    (await alice.client.conversations.searchMessages(text, options)).map(({ content }) =>
      typeof content === 'object' && content !== null && 'content' in content ? content.content : content,
    );

  beforeAll(async () => {
    group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    for (const text of ['Grüße aus Köln', 'der Hafen von Köln', 'the harbour at night']) await group.sendText(text);
  });

  it('finds all words by their beginnings, whatever case and accents, newest first', async () => {
    expect(await found('koln')).toEqual(['der Hafen von Köln', 'Grüße aus Köln']);
    expect(await found('KÖL haf')).toEqual(['der Hafen von Köln']);
    expect(await found('köln harbour')).toEqual([]);
    expect(await found('')).toEqual([]);
    expect(await found('" OR * -')).toEqual([]);
  });

  it('finds what came since, what others wrote, replies and markdown', async () => {
    await bob.client.conversations.syncAll();
    const theirs = (await bob.client.conversations.getConversationById(group.id)) as Group;
    const reference = await theirs.sendMarkdown('# Lighthouse');
    await theirs.sendReply({ reference, referenceInboxId: '', content: encodeText('the lighthouse is dark') });
    await group.sync();
    expect(await found('lighthouse')).toEqual(['the lighthouse is dark', '# Lighthouse']);
  });

  it('looks at one conversation, and page by page', async () => {
    expect(await found('newest', { conversationId: group.id })).toEqual([]);
    expect(await found('newest', { conversationId: alices.id })).toEqual(['newest']);
    const [first] = await alice.client.conversations.searchMessages('koln', { limit: 1 });
    expect(await found('koln', { sentBeforeNs: first?.sentAtNs })).toEqual(['Grüße aus Köln']);
  });

  it('does not find what was deleted', async () => {
    const id = await group.sendText('a secret anchor');
    await group.sendText('another anchor');
    await group.deleteMessage(id);
    expect(await found('anchor', { limit: 1 })).toEqual(['another anchor']);
    expect(await found('anchor')).toEqual(['another anchor']);
  });

  it('refuses what is too long', async () => {
    await expect(found('x'.repeat(513))).rejects.toMatchObject({ code: 'client/invalid-argument' });
    await expect(found('x', { limit: 0 })).rejects.toMatchObject({ code: 'client/invalid-argument' });
  });

  it('leaves no words in the clear', () => {
    for (const suffix of ['', '-wal']) {
      const bytes = readFileSync(node.file(`alice.db3${suffix}`));
      expect(bytes.includes('harbour') || bytes.includes('hafen') || bytes.includes('lighthouse')).toBe(false);
    }
  });
});

describe('a file of an earlier version', () => {
  /** Brings a file back to version 1. */
  function makeOld(path: string): void {
    const db = openDatabase({ path, key: KEY });
    db.exec(`DROP TRIGGER large_contents_gone; DROP TABLE large_contents; DROP TABLE earlier_states; DROP TABLE passed_welcomes;
      DROP TABLE message_gaps;
      DROP TABLE unsent_preferences; DROP TABLE sync_requests; DROP INDEX conversations_sync;
      DROP TRIGGER message_texts_gone; DROP TABLE message_texts; DROP TABLE message_texts_progress;
      ALTER TABLE conversations DROP COLUMN read_at_ns; ALTER TABLE intents DROP COLUMN welcomed;
      DROP TRIGGER staged_commits_gone; DROP TRIGGER owed_welcomes_gone; DROP TRIGGER intents_gone; DROP TABLE staged_commits; DROP TABLE owed_welcomes;
      ALTER TABLE intents ADD COLUMN staged_commit BLOB; ALTER TABLE intents ADD COLUMN post_commit BLOB;
      DROP TRIGGER unsent_payloads_gone; DROP TRIGGER unsent_intents_gone; DROP TABLE unsent_payloads;
      ALTER TABLE intents ADD COLUMN payload BLOB; CREATE INDEX intents_unsent ON intents (group_id, id) WHERE payload IS NOT NULL;
      ALTER TABLE messages RENAME TO narrow;
      CREATE TABLE messages AS SELECT narrow.*, 'xmtp.org' AS authority_id, '' AS type_id, 1 AS version_major, 0 AS version_minor,
        installation_id AS sender_installation_id, inbox_id AS sender_inbox_id, 0 AS should_push
        FROM narrow JOIN senders ON senders.id = sender_id;
      DROP TABLE narrow; DROP TABLE senders;
      UPDATE schema_version SET version = 1`);
    db.close();
  }

  it('is copied, brought forward, and reads as before', async () => {
    const signer = createEOASigner();
    const options = node.options({ dbPath: node.file('old.db3'), dbEncryptionKey: KEY });
    const first = await Client.create(signer, options);
    const group = await first.conversations.createGroup([]);
    await group.sendText('from before');
    await first.close();
    makeOld(node.file('old.db3'));
    const again = node.keep(await Client.create(signer, options));
    expect(again.installationId).toBe(first.installationId);
    expect(await again.conversations.searchMessages('before')).toHaveLength(1);
    expect(existsSync(node.file('old.db3.v1'))).toBe(true);

    const backup = openDatabase({ path: node.file('old.db3.v1'), key: KEY });
    expect(backup.prepare<{ version: number }>('SELECT version FROM schema_version').get()?.version).toBe(1);
    expect(Number(backup.prepare<{ n: number }>('SELECT count(*) AS n FROM messages').get()?.n)).toBeGreaterThan(0);
    backup.close();
  });

  it('is not touched when a later version wrote it', async () => {
    const signer = createEOASigner();
    const options = node.options({ dbPath: node.file('newer.db3'), dbEncryptionKey: KEY });
    await (await Client.create(signer, options)).close();
    const db = openDatabase({ path: node.file('newer.db3'), key: KEY });
    db.exec('UPDATE schema_version SET version = 99');
    db.close();
    copyFileSync(node.file('newer.db3'), node.file('newer.copy'));
    await expect(Client.create(signer, options)).rejects.toMatchObject({ code: 'client/database-newer' });
    expect(readFileSync(node.file('newer.db3')).equals(readFileSync(node.file('newer.copy')))).toBe(true);
  });
});
