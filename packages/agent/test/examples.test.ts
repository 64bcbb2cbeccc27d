/** The bots of `examples/` as they are run by their operators: programs of their own, on a real node, with people who talk to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningNode, startNode } from '@conclave/node';
import {
  Client,
  createEOASigner,
  type DecodedMessage,
  type Dm,
  type Group,
  generateInboxId,
  IdentifierKind,
} from '@conclave/node-sdk';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const EXAMPLES = join(import.meta.dirname, '../../../examples');
let folder: string;
let node: RunningNode;
const open: (() => Promise<unknown>)[] = [];
let databases = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conclave-examples-'));
  node = await startNode({
    dataDir: join(folder, 'node'),
    grpc: '127.0.0.1:0',
    web: '127.0.0.1:0',
    storage: 'inline',
    logLevel: 'silent',
  });
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

afterAll(async () => {
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a bot and waits until it listens. @returns its inbox id */
async function startBot(name: string, variables: Record<string, string> = {}): Promise<string> {
  const key = () => `0x${randomBytes(32).toString('hex')}`;
  const bot = spawn(process.execPath, [join(EXAMPLES, name, `${name}.mjs`)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: {
      ...process.env,
      XMTP_ENV: 'local',
      XMTP_API_URL: `http://${node.grpcAddress}`,
      XMTP_WALLET_KEY: key(),
      XMTP_DB_ENCRYPTION_KEY: key(),
      XMTP_DB_DIRECTORY: folder,
      ...variables,
    },
  });
  open.push(() => stop(bot));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    const read = (text: string): void => {
      said += text;
      const found = /^listening as (0x[0-9a-f]{40})$/m.exec(said);
      if (found?.[1] !== undefined) resolve(found[1]);
    };
    bot.stdout.setEncoding('utf8').on('data', read);
    bot.stderr.setEncoding('utf8').on('data', read);
    bot.once('close', (code) => reject(new RangeError(`the bot ended with ${code}: ${said}`)));
  });
  return generateInboxId({ identifier: address, identifierKind: IdentifierKind.Ethereum });
}

/** Ends a bot as an operator does; it closes its database. */
function stop(bot: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    bot.once('close', (code) => {
      expect(code).toBe(0);
      resolve();
    });
    bot.kill('SIGTERM');
  });
}

async function person(): Promise<Client> {
  const client = await Client.create(createEOASigner(), {
    env: 'local',
    apiUrl: `http://${node.grpcAddress}`,
    dbPath: join(folder, `${++databases}.db3`),
  });
  open.push(() => client.close());
  return client;
}

/** Says something and waits for the bot's next message there. */
async function ask(client: Client, conversation: Group | Dm, text: string): Promise<DecodedMessage> {
  const answers = await conversation.stream();
  await conversation.sendText(text);
  return next(client, answers);
}

async function next(client: Client, stream: AsyncIterable<DecodedMessage>): Promise<DecodedMessage> {
  for await (const message of stream) {
    if (message.senderInboxId !== client.inboxId) return message;
  }
  throw new RangeError('the stream ended');
}

it('the echo bot answers with the same', async () => {
  const bot = await startBot('echo-bot');
  const alice = await person();
  const dm = await alice.conversations.createDm(bot);
  expect((await ask(alice, dm, 'hello')).content).toMatchObject({ content: 'hello', inReplyTo: { content: 'hello' } });
});

it('the command bot keeps a list', async () => {
  const bot = await startBot('command-bot');
  const alice = await person();
  const dm = await alice.conversations.createDm(bot);
  expect((await ask(alice, dm, 'what?')).content).toMatch(/\/help/);
  expect((await ask(alice, dm, '/help')).content).toBe(
    '/add: THING puts it on the list\n/list: shows the list\n/done: NUMBER takes it off the list',
  );
  expect((await ask(alice, dm, '/add milk')).content).toMatchObject({ content: '✅' });
  expect((await ask(alice, dm, '/add bread')).content).toMatchObject({ content: '✅' });
  expect((await ask(alice, dm, '/done 1')).content).toBe('Done: milk');
  expect((await ask(alice, dm, '/done 7')).content).toMatch(/no such entry/);
  expect((await ask(alice, dm, '/list')).content).toBe('1. bread');
});

it('the broadcast bot sends what its operator says to whoever subscribed', async () => {
  const [operator, alice, bob, carol] = [await person(), await person(), await person(), await person()];
  const bot = await startBot('broadcast-bot', { OPERATOR_ADDRESS: operator.accountIdentifier?.identifier as string });
  const [operators, alices, bobs, carols] = [
    await operator.conversations.createDm(bot),
    await alice.conversations.createDm(bot),
    await bob.conversations.createDm(bot),
    await carol.conversations.createDm(bot),
  ];
  expect((await ask(alice, alices, '/subscribe')).content).toMatch(/You are subscribed/);
  await ask(bob, bobs, '/subscribe');
  // Whoever only asks what there is, or guesses, has subscribed to nothing.
  expect((await ask(carol, carols, '/help')).content).not.toMatch(/broadcast/);
  expect((await ask(carol, carols, '/broadcast from carol')).content).toMatch(/no such command/);
  expect((await ask(bob, bobs, '/unsubscribe')).content).toMatch(/no longer/);
  expect((await ask(alice, alices, '/broadcast nonsense')).content).toMatch(/no such command/);
  const heard = await alices.stream();
  expect((await ask(operator, operators, '/broadcast The ship sails at six.')).content).toBe('Sent to 1 of 1.');
  expect((await next(alice, heard)).content).toBe('The ship sails at six.');
  await bobs.sync();
  expect((await bobs.messages()).map(({ content }) => content)).not.toContain('The ship sails at six.');
});

it('the broadcast bot does not start without an operator', async () => {
  await expect(startBot('broadcast-bot')).rejects.toThrow(/ended with 1: OPERATOR_ADDRESS must be/);
  open.pop();
});

it('the group moderator warns once and then removes', async () => {
  const bot = await startBot('group-moderator', { FORBIDDEN_WORDS: 'spam, c++' });
  const [alice, bob] = [await person(), await person()];
  const group = await alice.conversations.createGroup([bot, bob.inboxId]);
  await group.addAdmin(bot);
  await bob.conversations.sync();
  const bobs = (await bob.conversations.getConversationById(group.id)) as Group;
  await bobs.sync();
  await bobs.sendText('this is fine, and so is spammer');
  expect((await ask(bob, bobs, 'buy SPAM')).content).toMatchObject({ content: expect.stringMatching(/not wanted/) });
  const seen = await group.stream();
  await group.sendText('an admin may say spam');
  await bobs.sendText('c++ now');
  for await (const { content, senderInboxId } of seen) {
    if (senderInboxId === bot && typeof content === 'string') {
      expect(content).toMatch(/Somebody was removed/);
      break;
    }
  }
  expect((await group.members()).map(({ inboxId }) => inboxId).sort()).toEqual([alice.inboxId, bot].sort());
});
