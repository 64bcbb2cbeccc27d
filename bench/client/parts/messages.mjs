/** Many messages between two people. */
import { DESCENDING, groupOfTwo, publishTogether, REPEATS, TEXT, warmUp } from '../shared.mjs';

const PREPARED = 1000;
const PAGE = 50;

export async function run(tools) {
  const { settings, phase, newClient, settledBytes, tell } = tools;
  await warmUp(tools);
  const idle = { sender: await newClient(), receiver: await newClient() };
  await groupOfTwo(idle.sender, idle.receiver);
  const sender = await newClient();
  const receiver = await newClient();
  const { made, seen } = await groupOfTwo(sender, receiver);
  const named = settings.quick ? 2 * PREPARED : 5 * PREPARED;
  // What is counted needs no repetition.
  const total = settings.counted ? PREPARED : named;

  await phase('prepare a message, locally', PREPARED, async () => {
    for (let i = 0; i < PREPARED; i++) await made.sendText(TEXT, true);
  });
  await phase(`publish ${PREPARED} prepared messages, each`, PREPARED, () => made.publishMessages());
  await phase(`take back those ${PREPARED} as their sender, each`, PREPARED, () => made.sync());
  for (let sent = PREPARED; sent < total; sent += PREPARED) await publishTogether(made, PREPARED);
  await made.sync();
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
  const grown = async (name, one, other) =>
    tell(name, ((await settledBytes(one)) - (await settledBytes(other))) / total, 'B');
  const big = 'x'.repeat(1_000_000);
  await grown('database for each received message', receiver, idle.receiver);
  await grown('database for each sent message', sender, idle.sender);

  const { made: wide, seen: wideSeen } = await groupOfTwo(await newClient(), await newClient());
  await phase('send 1 MB', 1, () => wide.sendText(big));
  await phase('take back 1 MB as its sender', 1, () => wide.sync());
  await phase('receive 1 MB', 1, () => wideSeen.sync());
}
