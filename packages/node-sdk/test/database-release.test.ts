/** Letting go of the database file and taking it up again, on a real file and a real node. */
import { Client, createEOASigner, type Dm } from '@conclave/node-sdk';
import { openDatabase } from '@conclave/sqlite/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalNode, type Person, take } from './local-node.testkit.js';

const KEY = new Uint8Array(32).fill(7);
let node: LocalNode;
let alice: Person;
let bob: Person;
let dm: Dm;
let bobsDm: Dm;

beforeAll(async () => {
  node = await LocalNode.start();
  alice = await node.person();
  bob = await node.person({ dbPath: node.file('bob.db3'), dbEncryptionKey: KEY });
  dm = await alice.client.conversations.createDm(bob.client.inboxId);
  await dm.sendText('before');
  await bob.client.conversations.syncAll();
  bobsDm = bob.client.conversations.listDms()[0] as Dm;
});

afterAll(() => node.stop());

const released = expect.objectContaining({ code: 'sqlite/released' });

it('frees the file, says so to whoever asks, and goes on where it was', async () => {
  const { client } = bob;
  await client.dropLocalDatabaseConnection();
  await client.dropLocalDatabaseConnection();
  await expect(bobsDm.messages()).rejects.toThrow(released);
  await expect(bobsDm.sendText('no')).rejects.toThrow(released);
  const other = openDatabase({ path: node.file('bob.db3'), key: KEY, exclusive: true });
  expect(other.prepare('SELECT count(*) AS n FROM installation').get()).toEqual({ n: 1 });
  other.close();
  await dm.sendText('meanwhile');
  await client.reconnectLocalDatabase();
  await client.reconnectLocalDatabase();
  await bobsDm.sync();
  await bobsDm.sendText('after');
  await dm.sync();
  const texts = (await dm.messages()).map(({ content }) => content).filter((content) => typeof content === 'string');
  expect(texts).toEqual(['before', 'meanwhile', 'after']);
});

it('keeps streams open, which tell what came meanwhile', async () => {
  const stream = await bob.client.conversations.streamAllMessages();
  await bob.client.dropLocalDatabaseConnection();
  await dm.sendText('in the dark');
  await bob.client.reconnectLocalDatabase();
  await dm.sendText('in the light');
  expect((await take(stream, 2)).map(({ content }) => content)).toEqual(['in the dark', 'in the light']);
});

it('can be closed meanwhile, and opened anew', async () => {
  const signer = createEOASigner();
  const options = node.options({ dbPath: node.file('closed.db3') });
  const first = await Client.create(signer, options);
  await first.dropLocalDatabaseConnection();
  await first.close();
  const again = node.keep(await Client.create(signer, options));
  expect(again.installationId).toBe(first.installationId);
});

it('leaves a database in memory alone', async () => {
  await alice.client.dropLocalDatabaseConnection();
  await alice.client.reconnectLocalDatabase();
  expect((await dm.messages()).length).toBeGreaterThan(0);
});
