/** What is timed in a page. It runs there, so it names nothing of this file's own; the SDK is `globalThis.sdk`, ours or the deployed one. */
export function installPhases() {
  const now = () => performance.now();
  const sorted = (values) => [...values].sort((a, b) => a - b);
  const quantile = (values, q) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * q))];
  let client;
  globalThis.phases = {
    /** Milliseconds from nothing to a registered client. */
    async create(options, key) {
      const begun = now();
      client = await sdk.Client.create(sdk.createEOASigner(key), options);
      return { ms: now() - begun, inboxId: client.inboxId };
    },
    /** Milliseconds to open what is there. */
    async reopen(options, key) {
      const signer = sdk.createEOASigner(key);
      const identifier = await signer.getIdentifier();
      const begun = now();
      client = await sdk.Client.build(identifier, options);
      return now() - begun;
    },
    async group(inboxIds) {
      return (await client.conversations.createGroup(inboxIds)).id;
    },
    /** Sends one at a time. */
    async sends(groupId, count) {
      const group = await client.conversations.getConversationById(groupId);
      const times = [];
      for (let i = 0; i < count; i++) {
        const begun = now();
        await group.sendText(`${i} ${'x'.repeat(96)}`);
        times.push(now() - begun);
      }
      return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
    },
    async find(groupId) {
      await client.conversations.sync();
      const group = await client.conversations.getConversationById(groupId);
      await group.sync();
    },
    /** Milliseconds to take in what came; how many messages there are then. */
    async catchUp(groupId) {
      const group = await client.conversations.getConversationById(groupId);
      const begun = now();
      await group.sync();
      const ms = now() - begun;
      return { ms, count: (await group.messages()).length };
    },
    /** Notes when each text comes, by the clock that all pages of a machine share. */
    async listen() {
      globalThis.arrivals = new Map();
      await client.conversations.streamAllMessages({
        onValue: ({ content }) => globalThis.arrivals.set(content, Date.now() + (now() % 1)),
      });
    },
    /** Sends texts and notes when the call was made. */
    async speak(groupId, count) {
      const group = await client.conversations.getConversationById(groupId);
      const calls = [];
      for (let i = 0; i < count; i++) {
        const text = `latency ${i} ${Math.random()}`;
        calls.push([text, performance.timeOrigin + now()]);
        await group.sendText(text);
      }
      return calls;
    },
    quantile,
  };
}
