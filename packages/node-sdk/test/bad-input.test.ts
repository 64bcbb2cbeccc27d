/** What others send, what lies on the disk, what an application gets wrong: a clear error, and nothing lost. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { Client, type ContentCodec, createEOASigner, type Group } from '@conclave/node-sdk';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LocalNode, type Person } from './local-node.testkit.js';

const KEY = new Uint8Array(32).fill(7);
const TYPE = { authorityId: 'example.org', typeId: 'poll', versionMajor: 1, versionMinor: 0 };
const poll = {
  type: TYPE,
  parameters: {},
  fallback: 'a poll: tea or coffee',
  content: new TextEncoder().encode('tea|coffee'),
};
let node: LocalNode;
let alice: Person;
let group: Group;

beforeAll(async () => {
  node = await LocalNode.start();
  alice = await node.person();
  group = await alice.client.conversations.createGroup([]);
});

afterAll(() => node.stop());

/** A codec that gives what `decode` gives. */
function codec(decode: () => unknown): ContentCodec {
  return { contentType: TYPE, encode: () => poll, decode, fallback: () => undefined, shouldPush: () => false };
}

/** Somebody with this codec in a group in which a poll stands between two texts, and what was said to them about it. */
async function readerWith(
  codecs: ContentCodec[],
): Promise<{ contents: unknown[]; fallbacks: unknown[]; notices: string[] }> {
  const notices: string[] = [];
  const bob = await node.person({ codecs, onNotice: (sentence) => notices.push(sentence) });
  const shared = await alice.client.conversations.createGroup([bob.client.inboxId]);
  await shared.sendText('before');
  await shared.send(poll);
  await shared.sendText('after');
  await bob.client.conversations.syncAll();
  const messages = (await (await bob.client.conversations.getConversationById(shared.id))?.messages())?.slice(1) ?? [];
  return {
    contents: messages.map(({ content }) => content),
    fallbacks: messages.map(({ fallback }) => fallback),
    notices,
  };
}

describe('a content', () => {
  it('of a type that nobody knows is shown by its fallback, between the others', async () => {
    const { contents, fallbacks, notices } = await readerWith([]);
    expect(contents).toEqual(['before', undefined, 'after']);
    expect(fallbacks[1]).toBe('a poll: tea or coffee');
    expect(notices).toEqual([expect.stringContaining('No codec found for content type "example.org/poll:1.0"')]);
  });

  it('makes no line of its own in a log', async () => {
    const notices: string[] = [];
    const forged = { ...TYPE, typeId: 'poll"\n2026-01-01 ERROR all is lost\u001b[2J' };
    const options = { onNotice: (sentence: string) => notices.push(sentence) };
    const bob = await node.person(options);
    const shared = await alice.client.conversations.createGroup([bob.client.inboxId]);
    await shared.send({ ...poll, type: forged });
    await bob.client.conversations.syncAll();
    await bob.client.conversations.listGroups()[0]?.messages();
    expect(notices).toEqual([
      'No codec found for content type "example.org/poll"\ufffd2026-01-01 ERROR all is lost\ufffd[2J:1.0"',
    ]);
  });

  it('whose codec throws costs itself alone', async () => {
    const { contents, fallbacks, notices } = await readerWith([
      codec(() => {
        throw new RangeError('bad poll');
      }),
    ]);
    expect(contents).toEqual(['before', undefined, 'after']);
    expect(fallbacks[1]).toBe('a poll: tea or coffee');
    expect(notices).toEqual([expect.stringContaining('Error decoding custom content')]);
  });

  it('is what its codec makes of it', async () => {
    expect((await readerWith([codec(() => ['tea', 'coffee'])])).contents).toEqual([
      'before',
      ['tea', 'coffee'],
      'after',
    ]);
  });

  it('that is no text is refused where text is sent', async () => {
    const { client } = await node.person();
    const group = await client.conversations.createGroup([]);
    const before = await group.countMessages();
    for (const wrong of [5, undefined, null, { text: 'hi' }, new Uint8Array(1)] as unknown as string[]) {
      await expect(group.sendText(wrong)).rejects.toMatchObject({ code: 'content/invalid-value' });
      await expect(group.sendMarkdown(wrong)).rejects.toMatchObject({ code: 'content/invalid-value' });
    }
    expect(await group.countMessages()).toBe(before);
  });

  it('above the limit is refused, and nothing of it is kept', async () => {
    const count = await group.countMessages();
    const size = 30 * 1024 * 1024;
    await expect(group.sendText('x'.repeat(size))).rejects.toMatchObject({ code: 'client/message-too-large' });
    expect(await group.countMessages()).toBe(count);
    await group.sendText('goes on');
    expect((await group.lastMessage())?.content).toBe('goes on');
  });
});

describe('a database', () => {
  /** A closed one with something in it. */
  async function closedDatabase(name: string) {
    const signer = createEOASigner();
    const options = node.options({ dbPath: node.file(name), dbEncryptionKey: KEY });
    const client = await Client.create(signer, options);
    await (await client.conversations.createGroup([])).sendText('x'.repeat(10_000));
    await client.close();
    return { signer, options, path: node.file(name) };
  }

  it('that was damaged is refused and left as it is', async () => {
    const { signer, options, path } = await closedDatabase('damaged.db3');
    const bytes = readFileSync(path);
    for (let at = 100; at < bytes.length; at += 512) bytes[at] = (bytes[at] as number) ^ 0xff;
    writeFileSync(path, bytes);
    const error = await Client.create(signer, options).catch((caught: { code: string }) => caught);
    expect(['sqlite/corrupt', 'sqlite/wrong-key']).toContain((error as { code: string }).code);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('that is no database is refused and left as it is', async () => {
    const { signer, options, path } = await closedDatabase('text.db3');
    const words = 'this is a letter, not a database. '.repeat(300);
    writeFileSync(path, words);
    await expect(Client.create(signer, options)).rejects.toMatchObject({ code: expect.stringMatching(/^sqlite\//) });
    expect(readFileSync(path, 'utf8')).toBe(words);
  });

  it('without a key says so, each time to whoever wants to hear and once otherwise, and is for its user alone', async () => {
    const signer = createEOASigner();
    const said: string[] = [];
    const [dbPath, onNotice] = [node.file('open.db3'), (sentence: string) => said.push(sentence)];
    const client = await Client.create(signer, node.options({ dbPath, onNotice }));
    for (const path of [dbPath, `${dbPath}-wal`]) expect(statSync(path).mode & 0o777).toBe(0o600);
    await client.close();
    expect(said).toEqual([expect.stringMatching(/is not encrypted, because no dbEncryptionKey was given/)]);
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      const { onNotice: _, ...silent } = node.options({ dbPath });
      for (let times = 0; times < 2; times++) await (await Client.create(signer, silent)).close();
      expect(write.mock.calls.filter(([text]) => String(text).includes('dbEncryptionKey'))).toHaveLength(1);
    } finally {
      write.mockRestore();
    }
    const hidden = { dbPath: null, dbEncryptionKey: KEY };
    for (const quiet of [{ dbPath: null }, hidden]) {
      await (await Client.create(signer, node.options({ ...quiet, onNotice: () => expect.unreachable() }))).close();
    }
  });

  it('that is not encrypted is not opened when it must be', async () => {
    const signer = createEOASigner();
    const plain = node.options({ dbPath: node.file('plain.db3') });
    await (await Client.create(signer, plain)).close();
    await expect(Client.create(signer, { ...plain, dbEncryptionKey: KEY })).rejects.toMatchObject({
      code: 'sqlite/wrong-key',
    });
    await expect(Client.create(signer, { ...plain, requireEncryption: true })).rejects.toMatchObject({
      code: 'sdk/bad-option',
    });
    await (await Client.create(signer, plain)).close();
  });
});
