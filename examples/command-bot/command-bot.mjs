/**
 * A list for each conversation, kept by commands: `/add milk`, `/list`, `/done 1`. No language model is asked. In a group the list is
 * everybody's. It lives in memory; a real bot would store it.
 */
import { Agent, Commands } from '@conclave/agent';

const agent = await Agent.fromEnvironment();

/** Entries by conversation id. */
const lists = new Map();
const listOf = ({ conversation }) => lists.get(conversation.id) ?? lists.set(conversation.id, []).get(conversation.id);
const MAX_ENTRIES = 100;

const commands = new Commands()
  .add('/add', 'THING puts it on the list', async (ctx, thing) => {
    const list = listOf(ctx);
    if (thing === '') return ctx.send('What? For example: /add milk');
    if (list.length === MAX_ENTRIES) return ctx.send('The list is full.');
    list.push(thing);
    return ctx.react('✅');
  })
  .add('/list', 'shows the list', (ctx) => {
    const lines = listOf(ctx).map((thing, index) => `${index + 1}. ${thing}`);
    return ctx.sendMarkdown(lines.join('\n') || '*The list is empty.*');
  })
  .add('/done', 'NUMBER takes it off the list', async (ctx, number) => {
    const [gone] = listOf(ctx).splice(Number(number) - 1, /^[1-9]\d*$/.test(number) ? 1 : 0);
    return ctx.send(gone === undefined ? 'There is no such entry; /list shows them.' : `Done: ${gone}`);
  });

agent.use(commands.middleware());
agent.on('text', (ctx) => ctx.isDm() && ctx.send('I know commands only; /help lists them.'));
agent.on('start', () => console.log(`listening as ${agent.address}`));

process.once('SIGTERM', () => agent.stop());
await agent.start();
