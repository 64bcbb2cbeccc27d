/** How long a message takes through a stream, and what it costs both sides. */
import { percentile } from '../../statistics.mjs';
import { groupOfTwo, warmUp } from '../shared.mjs';

const WAIT_MS = 20_000;

export async function run(tools) {
  const { settings, phase, tell, newClient } = tools;
  await warmUp(tools);
  const receiver = await newClient();
  const { made } = await groupOfTwo(await newClient(), receiver);
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
  const pass = async (text) => {
    const arrived = arrival(text);
    const start = performance.now();
    await made.sendText(text);
    await arrived;
    return performance.now() - start;
  };
  for (let i = 0; i < 20; i++) await pass(`warm-up ${i}`);
  const count = settings.counted ? 20 : 200;
  const tookMs = [];
  await phase('stream a message, one process', count, async () => {
    for (let i = 0; i < count; i++) tookMs.push(await pass(`stream ${i}`));
  });
  if (!settings.counted) {
    tell('stream, from the call of send to the callback, p50', percentile(tookMs, 0.5), 'ms');
    tell('stream, from the call of send to the callback, p95', percentile(tookMs, 0.95), 'ms');
  }
  await open.end();
  await read;
}
