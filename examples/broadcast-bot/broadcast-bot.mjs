/**
 * Sends what its operator says to everybody who subscribed. The operator's address is in `OPERATOR_ADDRESS`. Whoever writes `/subscribe`
 * is a subscriber; that is kept as the consent of the conversation, so it survives restarts without a store of its own.
 */
import { Agent, Commands, inDm, only } from '@conclave/agent';
import { ConsentState } from '@conclave/node-sdk';

const agent = await Agent.fromEnvironment();
const operator = process.env.OPERATOR_ADDRESS?.toLowerCase();
const fromOperator = async (ctx) => (await ctx.senderAddress()) === operator;

/** DMs of subscribers. A DM is denied until its person subscribes. */
const subscribers = () => agent.client.conversations.listDms({ consentStates: [ConsentState.Allowed] });

const commands = new Commands()
  .add('/subscribe', 'receive announcements', async (ctx) => {
    await ctx.send('You are subscribed; /unsubscribe ends it.');
    ctx.conversation.updateConsentState(ConsentState.Allowed);
  })
  .add('/unsubscribe', 'receive no more announcements', async (ctx) => {
    await ctx.send('You are no longer subscribed.');
    ctx.conversation.updateConsentState(ConsentState.Denied);
  })
  .add(
    '/broadcast',
    'TEXT to all subscribers',
    async (ctx, text) => {
      const audience = subscribers().filter(({ id }) => id !== ctx.conversation.id);
      const sent = await Promise.allSettled(audience.map((dm) => dm.sendText(text)));
      const failed = sent.filter(({ status }) => status === 'rejected').length;
      await ctx.send(`Sent to ${sent.length - failed} of ${sent.length}.`);
    },
    fromOperator,
  );

agent.use(only(inDm), commands.middleware());
agent.on('start', () => console.log(`listening as ${agent.address}`));

process.once('SIGTERM', () => agent.stop());
await agent.start();
