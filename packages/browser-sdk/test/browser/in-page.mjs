/**
 * What pages of the tests have besides the SDK: `globalThis.test`. It runs in the page, so it names nothing of this file's own.
 */
export function installHelpers() {
  const clients = new Map();
  const streams = new Map();
  const changes = new Map();
  const awaited = [];
  const plain = (message) => ({ id: message.id, content: message.content, sender: message.senderInboxId });
  globalThis.test = {
    clients,
    /** Opens a client under a name; a private key keeps the account over a reload. */
    async open(name, options, key) {
      const signer = sdk.createEOASigner(key);
      const client = await sdk.Client.create(signer, options);
      clients.set(name, client);
      return { inboxId: client.inboxId, installationId: client.installationId, storage: client.storage };
    },
    async close(name) {
      await clients.get(name).close();
      clients.delete(name);
    },
    /** The error's facts of what `work` throws. */
    async failure(work) {
      try {
        await work();
        return 'nothing was thrown';
      } catch (error) {
        const { name, code, retryable, message } = error;
        return { name, code, retryable, message };
      }
    },
    /** Collects what `streamAllMessages` brings, under a name; what happens on the stream too. */
    async listen(name, options = {}) {
      const values = [];
      const events = [];
      const waiting = [];
      const told = (event) => () => events.push(event);
      const stream = await clients.get(name).conversations.streamAllMessages({
        onValue(message) {
          values.push(plain(message));
          for (const wake of waiting.splice(0)) wake();
        },
        onFail: told('fail'),
        onRestart: told('restart'),
        onEnd: told('end'),
        onError: (error) => events.push(`error ${error.code}`),
        ...options,
      });
      streams.set(name, { values, events, waiting, stream });
    },
    /** Resolves when so many text messages have come. */
    async texts(name, count) {
      const { values, waiting } = streams.get(name);
      const texts = () => values.filter(({ content }) => typeof content === 'string').map(({ content }) => content);
      while (texts().length < count) await new Promise((resolve) => waiting.push(resolve));
      return texts();
    },
    events: (name) => streams.get(name).events,
    endStream: (name) => streams.get(name).stream.end(),
    async dm(name, inboxId, text) {
      const dm = await clients.get(name).conversations.createDm(inboxId);
      return dm.sendText(text);
    },
    async rename(name, conversationId, groupName) {
      const group = await clients.get(name).conversations.getConversationById(conversationId);
      await group.updateName(groupName);
    },
    /** Counts how often each conversation is told to have changed. */
    async hearChanges(name) {
      const onValue = (id) => {
        changes.set(id, (changes.get(id) ?? 0) + 1);
        for (const wake of awaited.splice(0)) wake();
      };
      await clients.get(name).conversations.streamChanges({ onValue });
    },
    /** Waits until a conversation was told to have changed so often. */
    async changed(id, count) {
      while ((changes.get(id) ?? 0) < count) await new Promise((resolve) => awaited.push(resolve));
    },
    async send(name, conversationId, text, options) {
      const conversation = await clients.get(name).conversations.getConversationById(conversationId);
      return conversation.sendText(text, options);
    },
    /** Texts of a conversation. */
    async history(name, conversationId, sync = false) {
      const conversation = await clients.get(name).conversations.getConversationById(conversationId);
      if (sync) await conversation.sync();
      const messages = await conversation.messages();
      return messages.map(({ content }) => content).filter((content) => typeof content === 'string');
    },
  };
}
