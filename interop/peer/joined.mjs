/** A conversation as another client sees it. */
import { ok } from 'node:assert/strict';

/** Its texts, in the order in which the client shows them. */
export const textsOf = async (conversation) =>
  (await conversation.messages()).map(({ content }) => content).filter((content) => typeof content === 'string');

/** The conversation, after asking the node for welcomes and messages. */
export async function joined({ client }, id) {
  await client.conversations.sync();
  const conversation = await client.conversations.getConversationById(id);
  ok(conversation, 'the conversation arrived');
  await conversation.sync();
  return conversation;
}
