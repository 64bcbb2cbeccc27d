/**
 * Sends what its operator says to everybody who subscribed. The operator's address is in `OPERATOR_ADDRESS`. Whoever writes `/subscribe`
 * is a subscriber; that is kept as the consent to the person, so it survives restarts without a store of its own. (The consent to the conversation
 * would not do: every answer allows it.)
 */
import { Agent, Commands, fromInbox, inDm, only } from '@conclave/agent';
import { ConsentEntityType, ConsentState, IdentifierKind } from '@conclave/node-sdk';

const agent = await Agent.fromEnvironment();
const identifier = process.env.OPERATOR_ADDRESS?.toLowerCase() ?? '';
const identifierKind = IdentifierKind.Ethereum;
const operator = identifier && (await agent.client.fetchInboxIdByIdentifier({ identifier, identifierKind }));
if (!operator) {
  console.error('OPERATOR_ADDRESS must be the address of somebody who is registered');
  await agent.stop();
  process.exit(1);
}

const { preferences, conversations } = agent.client;
const isSubscriber = async (inboxId) =>
  (await preferences.getConsentState(ConsentEntityType.InboxId, inboxId)) === ConsentState.Allowed;
const decide = (inboxId, state) =>
  preferences.setConsentStates([{ entityType: ConsentEntityType.InboxId, entity: inboxId, state }]);

/** DMs of subscribers. */
async function subscribers() {
  const dms = conversations.listDms({ consentStates: [ConsentState.Allowed, ConsentState.Unknown] });
  const wanted = await Promise.all(dms.map(({ peerInboxId }) => isSubscriber(peerInboxId)));
  return dms.filter((_, index) => wanted[index]);
}

const commands = new Commands()
  .add('/subscribe', 'receive announcements', async (ctx) => {
    await decide(ctx.senderInboxId, ConsentState.Allowed);
    await ctx.send('You are subscribed; /unsubscribe ends it.');
  })
  .add('/unsubscribe', 'receive no more announcements', async (ctx) => {
    await decide(ctx.senderInboxId, ConsentState.Unknown);
    await ctx.send('You are no longer subscribed.');
  })
  .add(
    '/broadcast',
    'TEXT to all subscribers',
    async (ctx, text) => {
      if (text === '') return ctx.send('Write the text behind it: /broadcast TEXT');
      const audience = (await subscribers()).filter(({ id }) => id !== ctx.conversation.id);
      const sent = await Promise.allSettled(audience.map((dm) => dm.sendText(text)));
      const failed = sent.filter(({ status }) => status === 'rejected').length;
      await ctx.send(`Sent to ${sent.length - failed} of ${sent.length}.`);
    },
    fromInbox(operator),
  );

agent.use(only(inDm), commands.middleware());
agent.on('start', () => console.log(`listening as ${agent.address}`));

process.once('SIGTERM', () => agent.stop());
await agent.start();
