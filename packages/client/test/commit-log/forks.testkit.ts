/** Forks made on purpose, and the commit log worker's time. */
import { fromHex } from '@conclave/crypto';
import type { GroupMessage_V1 } from '@conclave/proto';
import { type Device, idOf, type World } from '@conclave/testing';

/** A little more than the interval of the worker. */
export const ROUND_MS = 301_000;

/** Number of the commit cursor in the table `cursors`. */
const COMMIT_CURSOR = 7;

/**
 * Lets the worker run on these devices, one after the other, `count` times; before each run they look for welcomes, as
 * applications do. Failures of a tick are failures of the test.
 */
export async function commitLogRounds(world: World, devices: readonly Device[], count = 1): Promise<void> {
  for (let round = 0; round < count; round++) {
    world.time.advance(ROUND_MS);
    for (const device of devices) {
      await device.client.conversations.sync();
      const { failures } = await device.client.tick();
      for (const failure of failures) throw failure;
    }
  }
}

/** Ids of the commits of a group at the node, in order. */
export function commitIds(world: World, groupId: string): bigint[] {
  return (world.node.groupMessages.get(groupId) ?? [])
    .filter(({ version }) => (version.value as GroupMessage_V1).isCommit)
    .map(idOf);
}

/** Makes a device believe that it has taken the newest commit of a group, which it has never seen: it is forked from then on. */
export function skipNewestCommit(world: World, device: Device, groupId: string): void {
  const newest = commitIds(world, groupId).at(-1) as bigint;
  device.data
    .prepare('UPDATE cursors SET sequence_id = ? WHERE topic = ? AND kind = ?')
    .run(newest, fromHex(groupId), COMMIT_CURSOR);
}
