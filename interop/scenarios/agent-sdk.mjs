/**
 * `@xmtp/agent-sdk`, unchanged, on our SDK, with a person who uses the deployed client: commands, replies, reactions, actions, groups, and
 * a node that restarts in the middle.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AGENT } from '../agent-sdk/places.mjs';
import { OWN_NODE } from '../peer/places.mjs';
import { newRealClient, sdk } from '../peer/real-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';

const PROGRAM = join(dirname(dirname(fileURLToPath(import.meta.url))), 'agent-sdk/agent.mjs');

/** Starts the agent; `events` is what it has told. */
function startAgent(url, dbPath) {
  const child = spawn(OWN_NODE, [PROGRAM, url, dbPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const events = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    events.push(...lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)));
  });
  return {
    events,
    stop: () =>
      new Promise((resolve) => {
        child.once('close', resolve);
        child.kill('SIGTERM');
      }),
  };
}

/** The agent kit asks about inboxes at the address of `env: "local"`, whatever `apiUrl` says. */
function forwardLocalPort(url) {
  const { port } = new URL(url);
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    socket.once('error', () => upstream.destroy()).once('close', () => upstream.destroy());
    upstream.once('error', () => socket.destroy()).once('close', () => socket.destroy());
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(5556, '127.0.0.1', resolve));
}

await scenario('@xmtp/agent-sdk on our SDK', async ({ step, node, folder }) => {
  let agent;
  let alice;
  let dm;
  /** Sends and waits for an answer of the agent that fits. */
  const answerTo = async (send, fits, conversation = dm, limitMs = 30_000) => {
    const known = new Set((await conversation.messages()).map(({ id }) => id));
    await send();
    return until(
      'an answer',
      async () => {
        await conversation.sync();
        const fresh = (await conversation.messages()).filter(
          ({ id, senderInboxId }) => !known.has(id) && senderInboxId !== alice.client.inboxId,
        );
        return fresh.find(fits);
      },
      limitMs,
    );
  };

  await step('is installed as it was published', () => {
    ok(existsSync(join(AGENT, 'node_modules/@xmtp/agent-sdk')), `npm run interop:setup sets it up in ${AGENT}`);
  });

  await step('starts', async () => {
    await forwardLocalPort(node.url);
    agent = startAgent(node.url, join(folder, 'agent.db3'));
    alice = await newRealClient({ url: node.url, folder });
    await until('the agent to start', () => agent.events.find(({ event }) => event === 'start'), 120_000);
  });

  await step('answers a text', async () => {
    const [{ inboxId }] = agent.events;
    dm = await alice.client.conversations.createDm(inboxId);
    await answerTo(
      () => dm.sendText('gm'),
      ({ content }) => content === 'echo: gm',
    );
  });

  await step('lists its commands and runs one; a choice comes back as an intent', async () => {
    await answerTo(
      () => dm.sendText('/help'),
      ({ content }) => /`\/choose` - Offers a choice/.test(content?.content),
    );
    const { content } = await answerTo(
      () => dm.sendText('/choose'),
      (message) => sdk.isActions(message),
    );
    deepEqual(
      content.actions.map(({ id }) => id),
      ['left', 'right'],
    );
    await answerTo(
      () => dm.sendIntent({ id: 'fork', actionId: 'left' }),
      (answer) => answer.content === 'went left',
    );
  });

  await step('replies with the address of whom it talks to', async () => {
    const reply = await answerTo(
      () => dm.sendText('who am I'),
      (message) => sdk.isReply(message),
    );
    equal(reply.content.content, alice.wallet.address);
    equal(reply.content.inReplyTo.content, 'who am I');
  });

  await step('reacts, and hears reactions and replies', async () => {
    const id = await dm.sendText('react');
    const reacted = await until('the reaction', async () => {
      await dm.sync();
      return (await dm.messages()).find((message) => message.id === id && message.reactions.length > 0);
    });
    equal(reacted.reactions[0].content.content, '👍');
    const reaction = { reference: id, action: 1, content: '🎉', schema: 1, referenceInboxId: '' };
    await dm.sendReaction(reaction);
    await until('the agent to hear of it', () => agent.events.some(({ content }) => content === '🎉'));
    const reply = { reference: id, content: sdk.encodeText('bold'), referenceInboxId: '' };
    await answerTo(
      () => dm.sendReply(reply),
      ({ content }) => content === '**bold**',
    );
  });

  await step('greets a group that it is added to', async () => {
    const [{ inboxId }] = agent.events;
    const group = await alice.client.conversations.createGroup([inboxId]);
    await answerTo(
      async () => {},
      ({ content }) => content === '**Hello, group!**',
      group,
    );
  });

  await step('goes on after a restart of the node', async () => {
    const starts = () => agent.events.filter(({ event }) => event === 'start').length;
    const before = starts();
    await node.restart();
    await until('the agent to start again', () => starts() > before, 60_000);
    const again = async () => {
      try {
        return await answerTo(
          () => dm.sendText('still there'),
          ({ content }) => content === 'echo: still there',
          dm,
          10_000,
        );
      } catch {
        return false; // the deployed client notices only now that its connection is gone
      }
    };
    await until('an answer', again, 120_000);
  });

  await step('never took a message of its own for somebody’s, and stops', async () => {
    ok(agent.events.filter(({ event }) => event === 'message').every(({ mine }) => mine === false));
    equal(await agent.stop(), 0);
    equal(agent.events.at(-1).event, 'stop');
  });
});
