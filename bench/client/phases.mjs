/** What is measured of a client SDK, in terms that Conclave's and the deployed one share. */
const TEXT = 'm'.repeat(100);
const DESCENDING = 1;
const STREAMED = 60;
/** Of calls that change nothing, so that one slow moment does not make the figure. */
const REPEATS = 10;
const WAIT_MS = 20_000;

/** Runs every phase. Sizes count members with their creator. */
export async function phases(tools) {
  const { settings, phase, newClient } = tools;
  await phase('register a client, the first of a process', 1, newClient);
  await registrations(tools);
  for (const size of settings.sizes) await group(tools, size);
  await messages(tools);
  await stream(tools);
  await manyConversations(tools);
  tools.tell('memory of the process at the end', process.memoryUsage.rss() / 2 ** 20, 'MiB');
}

async function registrations({ settings, phase, newClient, databaseBytes, tell }) {
  let last;
  const count = settings.registrations;
  await phase('register a client', count, async () => {
    for (let i = 0; i < count; i++) last = await newClient();
  });
  tell('database of a new client', databaseBytes(last) / 1024, 'KiB');
}

async function group({ settings, phase, newClient, databaseBytes, tell }, size) {
  const creator = await newClient();
  const reader = await newClient();
  const { population, sends } = settings;
  const others = [reader.inboxId, ...population.slice(0, size - 3)];
  const late = population[size - 3];
  const at = `group of ${size}`;
  const made = await phase(`${at}: create with ${size - 2} others`, 1, () =>
    creator.client.conversations.createGroup(others),
  );
  await phase(`${at}: join`, 1, () => reader.client.conversations.sync());
  const seen = await reader.client.conversations.getConversationById(made.id);
  await seen.sync();
  await phase(`${at}: add the last member`, 1, () => made.addMembers([late]));
  await phase(`${at}: process that commit`, 1, () => seen.sync());
  await phase(`${at}: rename`, 1, () => made.updateName('renamed'));
  await phase(`${at}: process the rename`, 1, () => seen.sync());
  await phase(`${at}: list members`, REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) {
      const members = await seen.members();
      if (members.length !== size) throw new Error(`${members.length} members instead of ${size}`);
    }
  });
  await made.sendText(TEXT);
  await phase(`${at}: send a message`, sends, async () => {
    for (let i = 0; i < sends; i++) await made.sendText(TEXT);
  });
  // Conclave's client learns here what the deployed one has asked for after each message.
  await phase(`${at}: take back an own message, catching up`, sends + 1, () => made.sync());
  await phase(`${at}: receive a message, catching up`, sends + 1, () => seen.sync());
  tell(`${at}: database of a member`, databaseBytes(reader) / 1024, 'KiB');
}

async function messages({ settings, phase, newClient, databaseBytes, tell }) {
  const sender = await newClient();
  const receiver = await newClient();
  const made = await sender.client.conversations.createGroup([receiver.inboxId]);
  await receiver.client.conversations.sync();
  const seen = await receiver.client.conversations.getConversationById(made.id);
  await seen.sync();
  const { batch } = settings;
  const before = databaseBytes(receiver);
  await phase('prepare a message, locally', batch, async () => {
    for (let i = 0; i < batch; i++) await made.sendText(TEXT, true);
  });
  await phase(`publish ${batch} prepared messages, each`, batch, () => made.publishMessages());
  await phase(`take back those ${batch} as their sender, each`, batch, () => made.sync());
  await phase(`catch up ${batch} messages, each`, batch, () => seen.sync());
  await phase(`list ${batch} messages, each`, batch, async () => {
    const list = await seen.messages();
    if (list.length < batch) throw new Error(`${list.length} messages instead of ${batch}`);
  });
  await phase(`list the last 50 of ${batch}`, REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await seen.messages({ limit: 50, direction: DESCENDING });
  });
  await phase('sync with nothing new', REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await seen.sync();
  });
  tell('database growth per received message', (databaseBytes(receiver) - before) / batch, 'B');
  const big = 'x'.repeat(1_000_000);
  await phase('send 1 MB', 1, () => made.sendText(big));
  await phase('take back 1 MB as its sender', 1, () => made.sync());
  await phase('receive 1 MB', 1, () => seen.sync());
}

async function stream({ phase, newClient }) {
  const sender = await newClient();
  const receiver = await newClient();
  const made = await sender.client.conversations.createGroup([receiver.inboxId]);
  await receiver.client.conversations.sync();
  const waiting = new Map();
  const open = await receiver.client.conversations.streamAllMessages();
  const read = (async () => {
    for await (const message of open) waiting.get(message.content)?.();
  })();
  const arrival = (text) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${text} did not arrive`)), WAIT_MS);
      waiting.set(text, () => {
        clearTimeout(late);
        resolve();
      });
    });
  const warm = arrival('warm-up');
  await made.sendText('warm-up');
  await warm;
  await phase('stream: from the call of send to the callback, one process', STREAMED, async () => {
    for (let i = 0; i < STREAMED; i++) {
      const arrived = arrival(`stream ${i}`);
      await made.sendText(`stream ${i}`);
      await arrived;
    }
  });
  await open.end();
  await read;
}

async function manyConversations({ sdk, settings, phase, newClient }) {
  const sender = await newClient();
  const receiver = await newClient();
  const { conversations } = settings;
  const made = [];
  await phase('create a group of 2', conversations, async () => {
    for (let i = 0; i < conversations; i++)
      made.push(await sender.client.conversations.createGroup([receiver.inboxId]));
  });
  for (const each of made) {
    await each.sendText('hello');
    await each.sync();
  }
  await phase('process a pending welcome', conversations, () => receiver.client.conversations.sync());
  await phase(`syncAll over ${conversations} groups, a message in each`, 1, () =>
    receiver.client.conversations.syncAll(),
  );
  await phase(`syncAll over ${conversations} groups, nothing new`, REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await receiver.client.conversations.syncAll();
  });
  await phase(`list ${conversations} conversations`, 1, async () => {
    const list = await receiver.client.conversations.list();
    if (list.length !== conversations) throw new Error(`${list.length} conversations instead of ${conversations}`);
  });
  // A second process would wait for the first: ours holds its file alone.
  await receiver.client.close?.();
  await phase(`open that database again and list ${conversations} conversations`, 1, async () => {
    const again = await sdk.Client.build(receiver.wallet.identifier, receiver.options);
    const list = await again.conversations.list();
    if (list.length !== conversations) throw new Error(`${list.length} conversations instead of ${conversations}`);
    await again.close?.();
  });
}
