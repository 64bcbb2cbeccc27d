/**
 * An agent as applications write it with `@xmtp/agent-sdk`, which is imported unchanged from the folder that `setup.mjs` filled and
 * finds our SDK in place of the deployed one. Its node is the argument. Prints one JSON object a line: what happened to it.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AGENT } from './places.mjs';

const module = pathToFileURL(join(AGENT, 'node_modules/@xmtp/agent-sdk/dist/index.js')).href;
const { Agent, CommandRouter, PerformanceMonitor, createSigner, createUser, filter } = await import(module);

const [apiUrl, dbPath] = process.argv.slice(2);
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const agent = await Agent.create(createSigner(createUser()), { env: 'local', apiUrl, dbPath });
const router = new CommandRouter({ helpCommand: '/help' });
router.command('/choose', 'Offers a choice', async (ctx) => {
  const actions = [
    { id: 'left', label: 'Left' },
    { id: 'right', label: 'Right' },
  ];
  await ctx.conversation.sendActions({ id: 'fork', description: 'Which way?', actions });
});
const monitor = new PerformanceMonitor({});
agent.use(monitor.middleware());
agent.use(router.middleware());

agent.on('text', async (ctx) => {
  if (ctx.message.content === 'who am I') await ctx.sendTextReply(await ctx.getSenderAddress());
  else if (ctx.message.content === 'react') await ctx.sendReaction('👍');
  else if (ctx.isDm()) await ctx.conversation.sendText(`echo: ${ctx.message.content}`);
});
agent.on('intent', (ctx) => ctx.conversation.sendText(`went ${ctx.message.content.actionId}`));
agent.on('reply', (ctx) => ctx.conversation.sendMarkdown(`**${ctx.message.content.content}**`));
agent.on('reaction', (ctx) => tell({ event: 'reaction', content: ctx.message.content.content }));
agent.on('group', (ctx) => ctx.conversation.sendMarkdown('**Hello, group!**'));
agent.on('message', (ctx) => tell({ event: 'message', mine: filter.fromSelf(ctx.message, ctx.client) }));
agent.on('unhandledError', (error) => tell({ event: 'error', message: String(error) }));
agent.on('start', () => tell({ event: 'start', address: agent.address, inboxId: agent.client.inboxId }));
agent.on('stop', () => tell({ event: 'stop' }));

await agent.start();
process.once('SIGTERM', async () => {
  monitor.shutdown();
  await agent.stop();
  await agent.client.close();
  process.exit(0);
});
