/** Two people over a real node, with real files: what an application does in its first hour. */
import { spawnSync } from 'node:child_process';
import {
  Client,
  createEOASigner,
  type DecodedMessage,
  DeliveryStatus,
  type Group,
  IdentifierKind,
  type SignatureRequestHandle,
  SignerUnavailableError,
} from '@conclave/node-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNode, type Person, take } from './local-node.testkit.js';

const KEY = new Uint8Array(32).fill(7);

let node: LocalNode;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  node = await LocalNode.start();
  alice = await node.person({ dbPath: node.file('alice.db3'), dbEncryptionKey: KEY });
  bob = await node.person({ dbPath: node.file('bob.db3'), dbEncryptionKey: `0x${'08'.repeat(32)}` });
});

afterAll(() => node.stop());

describe('two people', () => {
  it('know who can be written to', async () => {
    const nobody = createEOASigner().getIdentifier();
    const answers = await alice.client.canMessage([bob.signer.getIdentifier(), nobody]);
    expect(answers).toEqual(
      new Map([
        [bob.signer.getIdentifier().identifier, true],
        [nobody.identifier, false],
      ]),
    );
    expect(await alice.client.fetchInboxIdByIdentifier(bob.signer.getIdentifier())).toBe(bob.client.inboxId);
    expect(await alice.client.fetchInboxIdByIdentifier(nobody)).toBeNull();
  });

  it('talk in a group, rename it, add and remove each other', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId], { groupName: 'Garden' });
    await group.sendText('hello');
    await bob.client.conversations.sync();
    const [bobs] = bob.client.conversations.listGroups() as [Group];
    expect([bobs.id, bobs.name]).toEqual([group.id, 'Garden']);
    await bobs.sync();
    const sentId = await bobs.sendText('hello back');
    await group.sync();
    expect(await textsOf(group)).toEqual(['hello', 'hello back']);
    expect((await group.lastMessage())?.id).toBe(sentId);

    await group.updateName('Orchard');
    await bobs.sync();
    expect(bobs.name).toBe('Orchard');

    const carol = await node.person();
    await group.addMembers([carol.client.inboxId]);
    await bobs.sync();
    expect((await bobs.members()).map(({ inboxId }) => inboxId).sort()).toEqual(
      [alice, bob, carol].map(({ client }) => client.inboxId).sort(),
    );
    await group.removeMembers([bob.client.inboxId]);
    await bobs.sync();
    expect(bobs.isActive).toBe(false);
    await expect(bobs.sendText('let me in')).rejects.toMatchObject({ code: 'client/group-inactive' });
  });

  it('talk to each other alone', async () => {
    const dm = await alice.client.conversations.createDm(bob.client.inboxId);
    await dm.sendText('psst');
    await bob.client.conversations.syncAll();
    const bobs = bob.client.conversations.getDmByInboxId(alice.client.inboxId);
    expect(bobs?.peerInboxId).toBe(alice.client.inboxId);
    expect(await textsOf(bobs as NonNullable<typeof bobs>)).toEqual(['psst']);
    await bobs?.sendText('yes?');
    await dm.sync();
    expect(await textsOf(dm)).toEqual(['psst', 'yes?']);
    const again = await bob.client.conversations.createDmWithIdentifier(alice.signer.getIdentifier());
    expect(again.id).toBe(dm.id);
  });
});

describe('streams', () => {
  it('bring conversations and messages, to callbacks and to loops', async () => {
    const heard: string[] = [];
    const ends: string[] = [];
    const conversations = await bob.client.conversations.stream();
    const messages = await bob.client.conversations.streamAllMessages({
      onValue: (message) => heard.push(String(message.content)),
      onEnd: () => ends.push('end'),
    });
    const group = await alice.client.conversations.createGroup([bob.client.inboxId], { groupName: 'Streamed' });
    const [joined] = await take(conversations, 1);
    expect(joined?.id).toBe(group.id);
    await group.sendText('one');
    await group.sendText('two');
    const texts: unknown[] = [];
    for await (const message of messages) {
      if (typeof message.content === 'string') texts.push(message.content);
      if (texts.length === 2) break;
    }
    expect(texts).toEqual(['one', 'two']);
    expect(heard.filter((text) => text === 'one' || text === 'two')).toEqual(['one', 'two']);
    expect([messages.isDone, ends]).toEqual([true, ['end']]);
  });

  it('of one conversation tell of that one, own messages too', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const other = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const stream = await group.stream();
    await other.sendText('elsewhere');
    await group.sendText('here');
    const [message] = await take(stream, 1);
    expect(message?.content).toBe('here');
  });
});

describe('a database', () => {
  it('keeps the installation over a restart, and opens without a network', async () => {
    const dbPath = node.file('dora.db3');
    const signer = createEOASigner();
    const options = node.options({ dbPath, dbEncryptionKey: KEY });
    const first = await Client.create(signer, options);
    const { inboxId, installationId } = first;
    await first.conversations.createGroup([], { groupName: 'Kept' });
    await first.close();

    const asked: string[] = [];
    const signMessage = (text: string): Uint8Array => {
      asked.push(text);
      return signer.signMessage(text);
    };
    const silent = { ...signer, signMessage };
    const second = await Client.create(silent, options);
    expect([second.inboxId, second.installationId, second.isRegistered]).toEqual([inboxId, installationId, true]);
    expect(asked).toEqual([]);
    await second.close();

    const offline = await Client.build(signer.getIdentifier(), { ...options, apiUrl: 'http://127.0.0.1:9' });
    expect([offline.installationId, offline.isRegistered]).toEqual([installationId, true]);
    expect(offline.conversations.listGroups().map(({ name }) => name)).toEqual(['Kept']);
    await expect(offline.removeAccount(signer.getIdentifier())).rejects.toMatchObject({
      code: 'client/network-unreachable',
    });
    await expect(offline.unsafe_addSignature({} as SignatureRequestHandle)).rejects.toBeInstanceOf(
      SignerUnavailableError,
    );
    await offline.close();
  });

  it('does not open with another key', async () => {
    const options = node.options({ dbPath: node.file('alice.db3'), dbEncryptionKey: new Uint8Array(32).fill(9) });
    const dbPath = node.file('eve.db3');
    const signer = createEOASigner();
    await (await Client.create(signer, { ...options, dbPath })).close();
    await expect(Client.create(signer, { ...options, dbPath, dbEncryptionKey: KEY })).rejects.toMatchObject({
      code: 'sqlite/wrong-key',
    });
    await expect(Client.create(signer, { ...options, dbPath, dbEncryptionKey: '0x0102' })).rejects.toMatchObject({
      code: 'sdk/bad-option',
    });
  });

  it('is shared by the clients of one process, and closed with the last of them', async () => {
    const options = node.options({ dbPath: node.file('shared.db3'), dbEncryptionKey: KEY });
    const signer = createEOASigner();
    const first = await Client.create(signer, options);
    const second = await Client.build(await signer.getIdentifier(), options);
    expect(second.installationId).toBe(first.installationId);
    const ended = new Promise<void>((resolve) => {
      void first.conversations.streamAllMessages({ onEnd: resolve });
    });
    const values = await second.conversations.streamAllMessages();
    await first.close();
    await ended;
    const group = await second.conversations.createGroup([]);
    await group.sendText('still open');
    expect((await values.next()).value?.content).toBe('still open');
    await second.close();
    node.keep(await Client.create(signer, options));
  });

  it('is not shared under another key, nor with another process', async () => {
    const options = node.options({ dbPath: node.file('alice.db3'), dbEncryptionKey: new Uint8Array(32).fill(8) });
    await expect(Client.create(alice.signer, options)).rejects.toMatchObject({
      code: 'sqlite/locked-by-another-process',
    });
    const script = `
      import { openDatabase } from '@conclave/sqlite/node';
      try { openDatabase({ path: process.argv[1], key: new Uint8Array(32).fill(7), exclusive: true }); }
      catch (error) { process.stdout.write(String(error.code)); }`;
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', script, node.file('alice.db3')], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    expect(other.stdout).toBe('sqlite/locked-by-another-process');
  });
});

describe('without a node', () => {
  it('says so, keeps the message and sends it later', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const resume = await node.pause();
    await expect(group.sendText('later')).rejects.toMatchObject({ code: 'client/network-unreachable' });
    expect((await group.lastMessage())?.deliveryStatus).toBe(DeliveryStatus.Unpublished);
    const stranger = { identifier: `0x${'ab'.repeat(20)}`, identifierKind: IdentifierKind.Ethereum };
    await expect(alice.client.canMessage([stranger])).rejects.toMatchObject({ code: 'client/network-unreachable' });
    await resume();
    await group.sync();
    expect((await group.lastMessage())?.deliveryStatus).toBe(DeliveryStatus.Published);
    await bob.client.conversations.syncAll();
    const bobs = (await bob.client.conversations.getConversationById(group.id)) as Group;
    expect(await textsOf(bobs)).toEqual(['later']);
  });
});

async function textsOf(conversation: { messages(): Promise<DecodedMessage[]> }): Promise<unknown[]> {
  return (await conversation.messages()).map(({ content }) => content).filter((content) => typeof content === 'string');
}
