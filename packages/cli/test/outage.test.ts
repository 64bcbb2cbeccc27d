/** A node that goes away and comes back: nothing is lost, and people are told once. */
import { beforeAll, describe, expect, it } from 'vitest';
import { conclave, HOOK_TIMEOUT_MS, type NodeProcess, type Person, people, startNode } from './cli.testkit.js';

let node: NodeProcess;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  node = await startNode();
  [alice, bob] = (await people(node.url, 'alice', 'bob')) as [Person, Person];
  await alice.json('group', 'new', 'Friday club', bob.address);
  await alice.json('send', bob.address, 'before');
  await bob.json('dms');
}, HOOK_TIMEOUT_MS);

describe('node start', () => {
  it('refuses a port that is taken, and says which', async () => {
    const { code, stdout, stderr } = await conclave([
      'node',
      'start',
      '--data',
      `${alice.db}-node`,
      '--grpc',
      node.address,
    ]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`\\(address=${node.address}\\) \\[node/address-in-use\\]\\n$`));
    const nowhere = await conclave(['node', 'start']);
    expect([nowhere.code, nowhere.stdout]).toEqual([2, '']);
    expect(nowhere.stderr).toContain('[node/invalid-setting]');
  });
});

describe('without the node', () => {
  it('commands say so, queue what they can, and a later one sends it', async () => {
    expect(await node.stop()).toBe(0);
    const [sent, unread] = await Promise.all([
      alice.run('send', bob.address, 'in the dark', '--json'),
      bob.failure('dms'),
    ]);
    expect(sent.code).toBe(4);
    expect(JSON.parse(sent.stderr).error).toMatchObject({
      code: 'cli/message-queued',
      retryable: true,
      details: { messageId: expect.stringMatching(/^[0-9a-f]{64}$/), conversationId: expect.any(String) },
    });
    expect(unread).toEqual([4, 'cli/node-unreachable']);

    expect(await alice.failure('group', 'rename', 'Friday club', 'Saturday club')).toEqual([4, 'cli/change-queued']);
    const { messages } = await alice.json('messages', bob.address, '--no-sync', '--limit', '1');
    expect(messages).toEqual([expect.objectContaining({ content: 'in the dark', deliveryStatus: 'unpublished' })]);
    expect((await alice.run('messages', bob.address, '--no-sync')).stdout).toMatch(/in the dark {2}\(waiting\)\n$/);

    await node.start();
    await alice.json('dms');
    expect((await bob.json('messages', alice.address, '--limit', '1')).messages).toEqual([
      expect.objectContaining({ content: 'in the dark' }),
    ]);
    expect((await bob.json('groups')).conversations).toEqual([expect.objectContaining({ name: 'Saturday club' })]);
  });

  it('a chat goes on: said once, queued, said once when it is back, sent', async () => {
    const a = alice.chat(bob.address);
    await a.sees(/in the dark$/);
    await node.stop();
    await a.sees(/^· The node does not answer\./);
    a.say('typed in the dark');
    await a.sees(/^\d\d:\d\d {2}you {2}typed in the dark$/);
    a.say('/list');
    await a.sees(/\(open\)/);
    // Somebody else starts a chat meanwhile, with what is stored.
    const b = bob.chat(alice.address);
    await b.sees(/^· The node does not answer\./);
    await b.sees(/in the dark$/);
    b.say('also in the dark');
    await b.sees(/you {2}also in the dark$/);

    await node.start();
    await Promise.all([
      a.seesAll(/^· The node answers again\.$/, / {2}also in the dark$/),
      b.seesAll(/^· The node answers again\.$/, / {2}typed in the dark$/),
    ]);
    expect([...a.rest, ...b.rest].filter((line) => line.includes('does not answer'))).toEqual([]);
    a.say('in the light');
    await b.sees(/in the light$/);
    expect(await a.end()).toBe(0);
    expect(await b.end()).toBe(0);
  });

  it('what is still queued when a chat ends goes out with the next one', async () => {
    await node.stop();
    const a = alice.chat(bob.address);
    await a.sees(/^· The node does not answer\./);
    await a.sees(/in the light$/);
    a.say('for later');
    await a.sees(/you {2}for later$/);
    const ended = a.end();
    await a.sees(/^· A message waits and goes out with the next chat/);
    expect(await ended).toBe(0);
    await node.start();
    const again = alice.chat();
    await again.sees(/for later$/);
    expect(await again.end()).toBe(0);
    expect((await bob.json('messages', alice.address, '--limit', '1')).messages).toEqual([
      expect.objectContaining({ content: 'for later' }),
    ]);
  });
});
