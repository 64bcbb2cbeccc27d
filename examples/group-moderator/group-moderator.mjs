/**
 * Keeps order in groups in which it is an admin: a link, or a word of `FORBIDDEN_WORDS` (separated by commas), is warned about once, and then
 * whoever sends it is removed. Admins may write what they like.
 */
import { Agent, any, fromAdmin, inGroup, matching, not, only } from '@conclave/agent';

const agent = await Agent.fromEnvironment();
const words = (process.env.FORBIDDEN_WORDS ?? 'spam').split(',').map((word) => word.trim());
const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

/** Warnings by group and inbox. */
const warned = new Set();

agent.use(
  only(
    inGroup,
    not(fromAdmin),
    any(matching(/https?:\/\//i), matching(new RegExp(`(^|\\W)(${escaped.join('|')})(\\W|$)`, 'iu'))),
  ),
);
agent.on('text', async (ctx) => {
  const key = `${ctx.conversation.id} ${ctx.senderInboxId}`;
  if (!warned.has(key)) {
    warned.add(key);
    await ctx.reply('That is not wanted here. The next one ends in your removal.');
    return;
  }
  warned.delete(key);
  await ctx.conversation.removeMembers([ctx.senderInboxId]);
  await ctx.send('Somebody was removed for breaking the rules of this group.');
});
agent.on('start', () => console.log(`listening as ${agent.address}`));

process.once('SIGTERM', () => agent.stop());
await agent.start();
