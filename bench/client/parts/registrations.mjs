/** New clients: what each costs in time, memory and disk. */
export async function run({ settings, newClient, settledBytes, memoryMiB, phase, tell }) {
  tell('memory with the SDK loaded', memoryMiB().now, 'MiB');
  await phase('register a client, the first of a process', 1, newClient);
  const first = memoryMiB().now;
  tell('memory with one client', first, 'MiB');
  const count = settings.quick ? 5 : 20;
  let last;
  await phase('register a client', count, async () => {
    for (let i = 0; i < count; i++) last = await newClient();
  });
  tell('memory for each further client', (memoryMiB().now - first) / count, 'MiB');
  tell('database of a new client', (await settledBytes(last)) / 1024, 'KiB');
}
