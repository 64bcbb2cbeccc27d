/** Many messages between two people. */
import { DESCENDING, groupOfTwo, PAGE, publishTogether, REPEATS, TEXT, warmUp } from '../shared.mjs';

const PREPARED = 1000;

export async function run(tools) {
  const { settings, phase, newClient, settledBytes, tell } = tools;
  await warmUp(tools);
  const idle = { sender: await newClient(), receiver: await newClient() };
  await groupOfTwo(idle.sender, idle.receiver);
  const grown = async (name, one, other, count) =>
    tell(name, ((await settledBytes(one)) - (await settledBytes(other))) / count, 'B');

  const sender = await newClient();
  const { made, seen } = await groupOfTwo(sender, await newClient());
  await phase('prepare a message, locally', PREPARED, async () => {
    for (let i = 0; i < PREPARED; i++) await made.sendText(TEXT, true);
  });
  await phase(`publish ${PREPARED} prepared messages, each`, PREPARED, () => made.publishMessages());
  await phase(`take back those ${PREPARED} as their sender, each`, PREPARED, () => made.sync());
  await seen.sync();
  await phase('send 1 MB', 1, () => made.sendText('x'.repeat(1_000_000)));
  await phase('take back 1 MB as its sender', 1, () => made.sync());
  await phase('receive 1 MB', 1, () => seen.sync());
  if (!settings.counted) {
    const other = await newClient();
    const { made: lasting } = await groupOfTwo(other, await newClient());
    await publishTogether(lasting, PREPARED);
    await lasting.sync();
    await grown('database for each sent message', other, idle.sender, PREPARED);
  }
  await catchUp(tools, (receiver, total) =>
    grown('database for each received message', receiver, idle.receiver, total),
  );
}

/** What is caught up on comes from Conclave's client, whoever reads it: publishing is not what is measured here. */
async function catchUp({ settings, phase, newClient, newWriter }, done) {
  const named = settings.quick ? 2 * PREPARED : 5 * PREPARED;
  // What is counted needs no repetition.
  const total = settings.counted ? PREPARED : named;
  const receiver = await newClient();
  const writer = await newWriter();
  const { made, seen } = await groupOfTwo(writer, receiver);
  for (let sent = 0; sent < total; sent += PREPARED) await publishTogether(made, PREPARED);
  // It is in the same process: what it does with its own messages later would be taken for the reader's work.
  await made.sync();
  await writer.client.close();
  await phase(`catch up ${named} messages, each`, total, () => seen.sync());
  await phase(`list ${named} messages, each`, total, async () => {
    const list = await seen.messages();
    if (list.length < total) throw new Error(`${list.length} messages instead of ${total}`);
  });
  await phase(`list the ${PAGE} newest of ${named}`, REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await seen.messages({ limit: PAGE, direction: DESCENDING });
  });
  await phase('sync with nothing new', REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await seen.sync();
  });
  if (!settings.counted) await done(receiver, total);
}
