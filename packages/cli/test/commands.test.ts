/** Conversations by one-off commands: what they print for programs, and how they fail. */
import { beforeAll, describe, expect, it } from 'vitest';
import { conclave, HOOK_TIMEOUT_MS, type NodeProcess, type Person, people, startNode } from './cli.testkit.js';

const ID = /^[0-9a-f]{32}$/;
const MESSAGE_ID = /^[0-9a-f]{64}$/;
const NS = /^\d{19}$/;
const NOBODY = `0x${'0'.repeat(39)}7`;

let node: NodeProcess;
let alice: Person;
let bob: Person;
let carol: Person;
beforeAll(async () => {
  node = await startNode();
  [alice, bob, carol] = (await people(node.url, 'alice', 'bob', 'carol')) as [Person, Person, Person];
}, HOOK_TIMEOUT_MS);

describe('a direct conversation', () => {
  let conversationId: string;

  it('begins with a message', async () => {
    const sent = await alice.json('send', bob.address, 'hello', 'bob');
    expect(sent).toEqual({
      messageId: expect.stringMatching(MESSAGE_ID),
      conversationId: expect.stringMatching(ID),
    });
    conversationId = sent.conversationId;
    // The same person by inbox id is the same conversation.
    expect((await alice.json('send', bob.inboxId, '\u001b[2J boo\nbob  I agree')).conversationId).toBe(conversationId);
  });

  it('is a request to the other, who lists and reads it', async () => {
    const { conversations } = await bob.json('dms');
    expect(conversations).toEqual([
      {
        kind: 'dm',
        conversationId,
        createdAtNs: expect.stringMatching(NS),
        isActive: true,
        consentState: 'unknown',
        peerInboxId: alice.inboxId,
        peerAddress: alice.address,
      },
    ]);
    const { messages, ...rest } = await bob.json('messages', alice.address, '--limit', '2');
    expect(rest).toEqual({ conversationId });
    expect(messages).toEqual([
      {
        messageId: expect.stringMatching(MESSAGE_ID),
        conversationId,
        senderInboxId: alice.inboxId,
        sentAtNs: expect.stringMatching(NS),
        deliveryStatus: 'published',
        contentType: 'xmtp.org/text:1.0',
        content: 'hello bob',
      },
      expect.objectContaining({ content: '\u001b[2J boo\nbob  I agree' }),
    ]);
  });

  it('shows a person text that cannot harm the terminal or look like another message', async () => {
    const { stdout } = await bob.run('messages', alice.address, '--no-sync');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^\d\d:\d\d {2}0x\w{4}…\w{4} {2}\ufffd\[2J boo\n {7}bob {2}I agree$/m);
  });

  it('is searched by words', async () => {
    const { messages } = await bob.json('search', 'HELL', 'bob', '--in', alice.address);
    expect(messages).toEqual([expect.objectContaining({ content: 'hello bob', conversationId })]);
    const { stdout } = await bob.run('search', 'boo', '--no-sync');
    expect(stdout).toMatch(
      new RegExp(
        `^${conversationId.slice(0, 8)}  0x\\w{4}…\\w{4}  \\d\\d:\\d\\d  0x\\w{4}…\\w{4}  .*boo bob +I agree\\n$`,
      ),
    );
    expect(await bob.json('search', 'goodbye', '--no-sync')).toEqual({ messages: [] });
  });

  it('has messages that their author edits and deletes', async () => {
    const { messageId } = await alice.json('send', bob.address, 'at eigth');
    expect(await alice.json('edit', messageId, 'at', 'eight')).toEqual({
      messageId,
      conversationId,
      requestId: expect.stringMatching(MESSAGE_ID),
    });
    const { messages } = await bob.json('search', 'eight');
    expect(messages).toEqual([
      expect.objectContaining({ messageId, content: 'at eight', editedAtNs: expect.stringMatching(NS) }),
    ]);
    expect(await bob.failure('edit', messageId, 'at nine')).toEqual([5, 'client/permission-denied']);
    expect(await alice.failure('edit', messageId.slice(0, 3), 'at nine')).toEqual([6, 'cli/unknown-message']);
    const beginning = messageId.slice(0, 12);
    expect(await alice.json('edit', beginning.toUpperCase(), 'at ten')).toMatchObject({ messageId });
    expect(await alice.json('delete', beginning)).toMatchObject({ messageId, conversationId });
    expect(await bob.json('search', 'eight')).toEqual({ messages: [] });
    expect(await bob.failure('delete', 'f'.repeat(64))).toEqual([6, 'cli/unknown-message']);
  });

  it('has members and consent', async () => {
    const { members } = await bob.json('members', conversationId.slice(0, 8), '--no-sync');
    expect(members.map(({ inboxId }: { inboxId: string }) => inboxId).sort()).toEqual(
      [alice.inboxId, bob.inboxId].sort(),
    );
    expect(members[0]).toEqual({
      inboxId: expect.any(String),
      accountIdentifiers: [expect.stringMatching(/^0x[0-9a-f]{40}$/)],
      installationIds: [expect.stringMatching(MESSAGE_ID)],
      permissionLevel: 'member',
    });
    expect(await bob.json('consent', alice.address)).toEqual({ conversationId, consentState: 'unknown' });
    expect(await bob.json('consent', alice.address, 'denied')).toEqual({ conversationId, consentState: 'denied' });
    expect(await bob.json('dms', '--no-sync')).toEqual({ conversations: [] });
    expect((await bob.json('dms', '--no-sync', '--all')).conversations).toHaveLength(1);
    // Whoever asks for a denied conversation by name gets what is new in it.
    await alice.json('send', bob.address, 'are you there');
    const { messages } = await bob.json('messages', alice.address);
    expect(messages.at(-1)).toMatchObject({ content: 'are you there' });
  });
});

describe('a group', () => {
  let conversationId: string;

  it('is made, grows, changes its name and shrinks', async () => {
    const made = await alice.json('group', 'new', 'Friday club', bob.address);
    expect(made).toEqual({ conversationId: expect.stringMatching(ID), name: 'Friday club', inboxIds: [bob.inboxId] });
    conversationId = made.conversationId;
    expect(await alice.json('group', 'add', 'friday club', carol.address)).toEqual({
      conversationId,
      inboxIds: [carol.inboxId],
    });
    expect(await alice.json('send', 'Friday club', 'welcome')).toMatchObject({ conversationId });
    expect(await alice.json('group', 'rename', conversationId.slice(0, 6), 'Saturday club')).toEqual({
      conversationId,
      name: 'Saturday club',
    });
    const { conversations } = await carol.json('groups');
    expect(conversations).toEqual([
      {
        kind: 'group',
        conversationId,
        createdAtNs: expect.stringMatching(NS),
        isActive: true,
        consentState: 'unknown',
        name: 'Saturday club',
        memberCount: 3,
      },
    ]);
    expect((await carol.run('messages', 'Saturday club', '--no-sync')).stdout).toMatch(
      /added you\n.*welcome\n.*named the group “Saturday club”\n$/,
    );
  });

  it('keeps to its permissions', async () => {
    expect(await bob.failure('group', 'remove', 'Saturday club', carol.address)).toEqual([
      5,
      'client/permission-denied',
    ]);
    expect(await alice.failure('group', 'leave', 'Saturday club')).toEqual([5, 'cli/super-admin-cannot-leave']);
    expect(await alice.failure('group', 'add', bob.address, carol.address)).toEqual([5, 'cli/not-a-group']);
  });

  it('is left once the role is passed on, and completed by the one who has it', async () => {
    expect(await alice.json('group', 'role', 'Saturday club', bob.address, 'super-admin')).toEqual({
      conversationId,
      inboxId: bob.inboxId,
      role: 'super-admin',
    });
    await alice.json('group', 'role', 'Saturday club', alice.address, 'member');
    expect(await alice.json('group', 'leave', 'Saturday club')).toEqual({ conversationId, isPendingRemoval: true });
    const desk = bob.chat('Saturday club');
    await desk.sees(/you let 0x\w{4}…\w{4} leave/);
    expect(await desk.end()).toBe(0);
    expect((await alice.json('groups')).conversations).toEqual([
      expect.objectContaining({ conversationId, isActive: false }),
    ]);
    expect(await alice.failure('send', 'Saturday club', 'wait')).toEqual([5, 'client/group-inactive']);
    expect(await bob.json('group', 'remove', 'Saturday club', carol.inboxId)).toEqual({
      conversationId,
      inboxIds: [carol.inboxId],
    });
    expect(await bob.failure('group', 'remove', 'Saturday club', carol.inboxId)).toEqual([6, 'client/not-a-member']);
  });

  it('may share its name with another: then the id is asked for', async () => {
    await bob.json('group', 'new', 'Saturday club');
    expect(await bob.failure('send', 'saturday club', 'which one')).toEqual([6, 'cli/ambiguous-conversation']);
  });

  it('cannot take the place of an id by its name', async () => {
    const target = (await bob.json('group', 'new', 'Monday club')).conversationId as string;
    const typed = target.slice(0, 8);
    const trap = (await carol.json('group', 'new', typed, bob.inboxId)).conversationId as string;
    const { code, stderr } = await bob.run('send', typed, 'a secret');
    expect(code).toBe(6);
    expect(stderr).toContain(`${target.slice(0, 8)} “Monday club”`);
    expect(stderr).toContain(`${trap.slice(0, 8)} “${typed}”`);
    expect((await bob.json('send', target.slice(0, 12), 'a secret')).conversationId).toBe(target);
  });
});

describe('mistakes', () => {
  it.each([
    [
      ['send', '0x12', 'hi'],
      [2, 'cli/not-an-identity'],
    ],
    [
      ['send', NOBODY, 'hi'],
      [6, 'cli/unknown-person'],
    ],
    [
      ['send', 'nobody', 'hi'],
      [6, 'cli/unknown-conversation'],
    ],
    [
      ['send', 'nobody', ' '],
      [2, 'cli/usage'],
    ],
    [
      ['messages', 'nobody', '--limit', '0'],
      [2, 'cli/usage'],
    ],
    [
      ['search', ' '],
      [2, 'cli/usage'],
    ],
    [
      ['consent', 'nobody', 'maybe'],
      [2, 'cli/usage'],
    ],
    [
      ['group', 'role', 'x', 'y', 'king'],
      [2, 'cli/usage'],
    ],
    [
      ['dms', '--bogus'],
      [2, 'cli/usage'],
    ],
    [
      ['send', 'nobody'],
      [2, 'cli/usage'],
    ],
  ])('%j: %j', async (args, expected) => {
    expect(await carol.failure(...args)).toEqual(expected);
  });

  it('a conversation with oneself', async () => {
    expect(await carol.failure('send', carol.address, 'hi')).toEqual([2, 'cli/own-inbox']);
  });

  it('the wrong words, in the words of the parser', async () => {
    const { code, stdout, stderr } = await conclave(['bogus']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe("error: unknown command 'bogus'\n(--help shows how)\n");
  });
});
