/** Agents on a real node, with people who talk to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, Commands, fromAdmin, inDm, matching, only } from '@conclave/agent';
import { type RunningNode, startNode } from '@conclave/node';
import {
  type AsyncStreamProxy,
  Client,
  createEOASigner,
  type DecodedMessage,
  type Dm,
  isText,
} from '@conclave/node-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const NODE = { grpc: '127.0.0.1:0', web: '127.0.0.1:0', storage: 'inline', logLevel: 'silent' } as const;

let folder: string;
let node: RunningNode;
const open: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-agent-'));
  node = await startNode({ ...NODE, dataDir: join(folder, 'node') });
});

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

afterAll(async () => {
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

const options = () =>
  ({ env: 'local', apiUrl: `http://${node.grpcAddress}`, dbPath: null, onNotice: () => {} }) as const;

async function newAgent(): Promise<Agent> {
  const agent = await Agent.create(createEOASigner(), options());
  open.push(() => agent.stop());
  return agent;
}

/** A person with a DM to the agent, and what comes back in it. */
async function talkTo(agent: Agent): Promise<{ person: Client; dm: Dm; answers: AsyncStreamProxy<DecodedMessage> }> {
  const person = await Client.create(createEOASigner(), options());
  open.push(() => person.close());
  const dm = await person.conversations.createDm(agent.client.inboxId);
  return { person, dm, answers: await dm.stream() };
}

/** The next message of the agent. */
async function answer(agent: Agent, answers: AsyncStreamProxy<DecodedMessage>): Promise<unknown> {
  for (;;) {
    const { value } = await answers.next();
    if (value === undefined) throw new RangeError('the stream ended');
    if (value.senderInboxId === agent.client.inboxId) return value.content;
  }
}

describe('an agent', () => {
  it('hears texts, answers in their order, and not itself', async () => {
    const agent = await newAgent();
    const heard: string[] = [];
    agent.on('text', async (ctx) => {
      heard.push(ctx.content);
      await ctx.send(`echo: ${ctx.content}`);
    });
    await agent.start();
    const { dm, answers } = await talkTo(agent);
    for (const text of ['one', 'two', 'three']) await dm.sendText(text);
    for (const text of ['one', 'two', 'three']) expect(await answer(agent, answers)).toBe(`echo: ${text}`);
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('replies and reacts to the message, and knows who sent it', async () => {
    const agent = await newAgent();
    agent.on('text', async (ctx) => {
      await ctx.react('👍');
      await ctx.reply((await ctx.senderAddress()) ?? 'nobody');
    });
    await agent.start();
    const { person, dm, answers } = await talkTo(agent);
    const id = await dm.sendText('hello');
    expect(await answer(agent, answers)).toMatchObject({ content: '👍', reference: id });
    expect(await answer(agent, answers)).toMatchObject({
      referenceId: id,
      content: person.accountIdentifier?.identifier,
      inReplyTo: { content: 'hello' },
    });
  });

  it('tells of a group that it was added to', async () => {
    const agent = await newAgent();
    const added = new Promise<string>((resolve) => agent.on('group', ({ name }) => resolve(name)));
    await agent.start();
    const { person } = await talkTo(agent);
    await person.conversations.createGroup([agent.client.inboxId], { groupName: 'harbour' });
    expect(await added).toBe('harbour');
  });

  it('goes on when a listener throws, and says what it threw', async () => {
    const agent = await newAgent();
    const errors: unknown[] = [];
    agent.on('unhandledError', (error) => errors.push(error));
    agent.on('text', () => {
      throw new RangeError('bad listener');
    });
    agent.on('text', (ctx) => ctx.send('heard'));
    await agent.start();
    const { dm, answers } = await talkTo(agent);
    await dm.sendText('x');
    expect(await answer(agent, answers)).toBe('heard');
    expect(errors).toMatchObject([{ message: 'bad listener' }]);
  });

  it('lets a message pass through its middleware, in order', async () => {
    const agent = await newAgent();
    const trace: string[] = [];
    agent.use(
      only(({ message }) => isText(message)),
      async (ctx, next) => {
        trace.push(`before ${String(ctx.content)}`);
        await next();
        await next();
        trace.push('after');
      },
      only(inDm, matching(/^please/)),
    );
    agent.on('text', (ctx) => ctx.send('done'));
    await agent.start();
    const { dm, answers } = await talkTo(agent);
    await dm.sendText('now');
    await dm.sendText('please');
    expect(await answer(agent, answers)).toBe('done');
    await dm.sendText('please again');
    expect(await answer(agent, answers)).toBe('done');
    expect(trace.slice(0, 5)).toEqual(['before now', 'after', 'before please', 'after', 'before please again']);
  });

  it('knows commands, and hides those that are not for everybody', async () => {
    const agent = await newAgent();
    const commands = new Commands()
      .add('/add', 'adds numbers', (ctx, argument) =>
        ctx.send(String(argument.split(' ').reduce((sum, n) => sum + Number(n), 0))),
      )
      .add('/close', 'closes the room', (ctx) => ctx.send('closed'), fromAdmin);
    agent.use(commands.middleware());
    agent.on('text', (ctx) => ctx.send('no command'));
    await agent.start();
    const { dm, answers } = await talkTo(agent);
    for (const [said, wanted] of [
      ['/help', '/add: adds numbers'],
      ['/ADD 1 2', '3'],
      ['/close', 'There is no such command; /help lists those that there are.'],
      ['hello /add', 'no command'],
    ]) {
      await dm.sendText(said as string);
      expect(await answer(agent, answers)).toBe(wanted);
    }
    expect(() => commands.add('/add', 'again', () => {})).toThrow(
      expect.objectContaining({ code: 'agent/bad-command' }),
    );
    expect(() => commands.add('add', 'no slash', () => {})).toThrow(
      expect.objectContaining({ code: 'agent/bad-command' }),
    );
  });

  it('waits for a node that is away for an hour', async () => {
    const hour = await startNode({ ...NODE, dataDir: join(folder, 'hour') });
    let there: RunningNode | undefined = hour;
    open.push(async () => there?.stop());
    const grpc = hour.grpcAddress as string;
    const apiUrl = `http://${grpc}`;
    const agent = await Agent.create(createEOASigner(), { ...options(), apiUrl });
    open.push(() => agent.stop());
    const person = await Client.create(createEOASigner(), { ...options(), apiUrl });
    open.push(() => person.close());
    const failures: unknown[] = [];
    agent.on('unhandledError', (error) => failures.push(error));
    const heard = new Promise<string>((resolve) => agent.on('text', (ctx) => resolve(ctx.content)));
    await agent.start();
    await hour.stop();
    there = undefined;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], shouldAdvanceTime: true });
    try {
      // Each attempt is a real one: time goes on when it has failed.
      for (let minutes = 0; minutes < 60; minutes++) {
        const before = failures.length;
        await vi.advanceTimersByTimeAsync(60_000);
        if (minutes > 10) await vi.waitUntil(() => failures.length > before, { timeout: 5000 });
      }
      there = await startNode({ ...NODE, dataDir: join(folder, 'hour'), grpc });
      await person.conversations.createDm(agent.client.inboxId).then((dm) => dm.sendText('there you are'));
      let text: string | undefined;
      void heard.then((content) => {
        text = content;
      });
      // An attempt may be under way and fail: the pause after it has to pass as well.
      await vi.waitUntil(() => vi.advanceTimersByTimeAsync(5000).then(() => text !== undefined), { timeout: 40_000 });
      expect(text).toBe('there you are');
    } finally {
      vi.useRealTimers();
    }
    expect(failures).not.toContainEqual(expect.objectContaining({ code: 'agent/stream-ended' }));
    // Two streams, an attempt a minute.
    expect(failures.length).toBeLessThan(200);
  });

  it('is stopped by listeners that wait for it, once', async () => {
    const agent = await Agent.create(createEOASigner(), options());
    const log: string[] = [];
    const both: (() => void)[] = [];
    agent.on('text', async (ctx) => {
      // Both listeners are under way when the first one stops the agent.
      await new Promise<void>((resolve) => {
        both.push(resolve);
        if (both.length === 2) for (const go of both) go();
      });
      await ctx.send('bye');
      await agent.stop();
      log.push('stopped');
    });
    const ended = new Promise<void>((resolve) =>
      agent.on('stop', async () => {
        log.push('stop');
        await agent.stop();
        resolve();
      }),
    );
    await agent.start();
    const people = [await talkTo(agent), await talkTo(agent)];
    for (const { dm } of people) await dm.sendText('go away');
    for (const { answers } of people) expect(await answer(agent, answers)).toBe('bye');
    await ended;
    await agent.stop();
    expect(log).toEqual(['stop', 'stopped', 'stopped']);
    expect(() => agent.client.conversations.listDms()).toThrow();
  });

  it('stops for good, after the listeners that are under way', async () => {
    const agent = await Agent.create(createEOASigner(), options());
    const log: string[] = [];
    let begun: () => void = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    agent.on('start', () => void log.push('start'));
    agent.on('text', async (ctx) => {
      begun();
      await ctx.send('late');
      log.push('answered');
    });
    agent.on('stop', () => void log.push('stop'));
    await agent.start();
    const { dm } = await talkTo(agent);
    await dm.sendText('x');
    await started;
    await agent.stop();
    expect(log).toEqual(['start', 'answered', 'stop']);
    await dm.sync();
    expect((await dm.messages()).filter((message) => isText(message)).map(({ content }) => content)).toEqual([
      'x',
      'late',
    ]);
  });
});
