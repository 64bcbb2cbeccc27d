/** Chats over pipes, against a real node: what one types the other sees. */
import { beforeAll, describe, expect, it } from 'vitest';
import { HOOK_TIMEOUT_MS, type NodeProcess, type Person, people, startNode } from './cli.testkit.js';

let node: NodeProcess;
let alice: Person;
let bob: Person;
let carol: Person;
beforeAll(async () => {
  node = await startNode();
  [alice, bob, carol] = (await people(node.url, 'alice', 'bob', 'carol')) as [Person, Person, Person];
}, HOOK_TIMEOUT_MS);

describe('chat', () => {
  it('carries words both ways, announces what is not open, and goes on after mistakes', async () => {
    const a = alice.chat();
    const b = bob.chat();
    await a.sees(new RegExp(`^You are ${alice.address}$`));
    await a.sees(/^No conversations yet\. /);
    await b.sees(/^No conversations yet\. /);

    // Mistakes end nothing.
    a.say('anybody there?');
    await a.sees(/\[cli\/no-conversation-open\]/);
    a.say('/bogus');
    await a.sees(/\/help lists them\. \(typed=\/bogus\) \[cli\/unknown-command\]/);
    a.say('/open');
    await a.sees(/\(expected=\/open NUMBER\|NAME\|WHOM\) \[cli\/unknown-command\]/);
    a.say('/dm 0x12');
    await a.sees(/\[cli\/not-an-identity\]/);
    a.say('/open 7');
    await a.sees(/\[cli\/unknown-conversation\]/);
    a.say(`/dm ${alice.address}`);
    await a.sees(/\[cli\/own-inbox\]/);
    a.say('/help');
    await a.sees(/^ {2}\/quit {2,}end the chat$/);

    a.say(`/dm ${bob.address}`);
    await a.sees(/^── 0x\w{4}…\w{4} ──$/);
    a.say('hello bob');
    await a.sees(/^\d\d:\d\d {2}you {2}hello bob$/);
    await b.sees(/^· 0x\w{4}…\w{4} begins a conversation with you\. \/open 1$/);
    await b.sees(/^\d\d:\d\d {2}\[1 0x\w{4}…\w{4}\] hello bob$/);

    b.say('/open 1');
    await b.sees(/^· A request: /);
    await b.sees(/hello bob$/);
    b.say('//hello alice');
    await a.sees(/^\d\d:\d\d {2}0x\w{4}…\w{4} {2}\/hello alice$/);
    a.say('/rename x');
    await a.sees(/\[cli\/not-a-group\]/);

    a.say(`/group "Friday club" ${bob.address}`);
    await a.sees(/^── Friday club ── {2}2 members$/);
    await b.sees(/^· 0x\w{4}…\w{4} added you to Friday club\. \/open 2$/);
    a.say('welcome');
    await b.sees(/^\d\d:\d\d {2}\[2 Friday club\] 0x\w{4}…\w{4}: welcome$/);
    b.say('/list');
    await b.sees(/^1 {2}0x\w{4}…\w{4} \(open\) /);
    await b.sees(/^2 {2}Friday club \(1 new\) \(request\) {2}\d\d:\d\d {2}welcome$/);
    b.say('/open friday club');
    await b.sees(/welcome$/);

    // Every change of the group, as both see it.
    a.say('/rename Saturday club');
    await a.sees(/you named the group “Saturday club”$/);
    await b.sees(/0x\w{4}…\w{4} named the group “Saturday club”$/);
    a.say(`/add ${carol.address}`);
    await b.sees(/0x\w{4}…\w{4} added 0x\w{4}…\w{4}$/);
    b.say('/members');
    await b.sees(new RegExp(`^${bob.address} \\(you\\) {2}member, 1 installation$`));
    a.say(`/role ${bob.address} admin`);
    await b.sees(/made you admin$/);
    b.say('/consent');
    await b.sees(/^· Consent of this conversation: unknown\.$/);
    a.say(`/remove ${carol.address}`);
    await b.sees(/0x\w{4}…\w{4} removed 0x\w{4}…\w{4}$/);
    a.say('/leave');
    await a.sees(/\[cli\/super-admin-cannot-leave\]/);
    b.say('/leave');
    await b.sees(/let you leave$/);
    await b.sees(/^· You are no longer in Saturday club\. \/list shows the others\.$/);
    b.say('still here?');
    await b.sees(/\[cli\/no-conversation-open\]/);

    a.say('/history 1');
    await a.sees(/you let 0x\w{4}…\w{4} leave$/);
    a.say('/whoami');
    await a.sees(new RegExp(`^${alice.address} {2}inbox ${alice.inboxId}$`));
    a.say('/quit');
    expect(await a.end()).toBe(0);
    expect(await b.end()).toBe(0);
    expect(a.stderr + b.stderr).toBe('');
  });

  it('speaks JSON, one event a line, and takes lines that were piped in before it was ready', async () => {
    const a = alice.chat(carol.address, '--json');
    a.say('one');
    a.say('two');
    const c = carol.chat('--json');
    expect(await a.event('ready')).toMatchObject({ address: alice.address, inboxId: alice.inboxId });
    const opened = await a.event('opened');
    expect(opened).toMatchObject({ kind: 'dm', peerInboxId: carol.inboxId, messages: expect.any(Array) });
    const { conversationId } = opened;
    const one = await a.event('message');
    expect(one).toMatchObject({ conversationId, isOwn: true, isOpen: true, content: 'one' });
    expect(await a.event('sent')).toEqual({ event: 'sent', messageId: one.messageId, conversationId });
    c.say(`/open ${alice.address}`);
    expect((await c.event('opened')).conversationId).toBe(conversationId);
    a.say('three');
    expect(await c.sees(/"content":"three"/)).toContain('"isOwn":false');
    c.say('/nope');
    expect((await c.event('error')).error).toMatchObject({ code: 'cli/unknown-command', details: { typed: '/nope' } });
    expect(await a.end()).toBe(0);
    expect(await c.end()).toBe(0);
  });

  it('is one conversation when both begin it at the same moment', async () => {
    const both = [bob.chat(carol.address), carol.chat(bob.address)] as const;
    await Promise.all(both.map((chat) => chat.sees(/^── 0x/)));
    both[0].say('ping');
    both[1].say('pong');
    await Promise.all([both[0].sees(/^\d\d:\d\d {2}0x.* {2}pong$/), both[1].sees(/^\d\d:\d\d {2}0x.* {2}ping$/)]);
    both[0].say('/list');
    await both[0].sees(/\(open\)/);
    both[0].say('/quit');
    await Promise.all(both.map((chat) => chat.end()));
    expect((await bob.json('dms')).conversations.filter(peerIs(carol))).toHaveLength(1);
  });

  it('holds its database: a second command is told so', async () => {
    const a = alice.chat();
    await a.sees(/^You are /);
    expect(await alice.failure('whoami')).toEqual([7, 'sqlite/locked-by-another-process']);
    expect(await a.end()).toBe(0);
  });
});

function peerIs({ inboxId }: Person) {
  return ({ peerInboxId }: { peerInboxId: string }): boolean => peerInboxId === inboxId;
}
