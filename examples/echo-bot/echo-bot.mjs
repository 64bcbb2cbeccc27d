/** Answers every text with the same text. `node examples/echo-bot/echo-bot.mjs`, with the variables of examples/README.md. */
import { Agent } from '@conclave/agent';

const agent = await Agent.fromEnvironment();

agent.on('text', (ctx) => ctx.reply(ctx.content));
agent.on('start', () => console.log(`listening as ${agent.address}`));

process.once('SIGTERM', () => agent.stop());
await agent.start();
