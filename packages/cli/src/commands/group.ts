/** `group new|add|remove|rename|role|leave`. */
import type { Client, Group } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { queueing } from '../queued.js';
import { findGroup, resolvePeople, resolvePerson } from '../resolve.js';
import { leaveGroup, parseRole, setRole } from '../roles.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/** Makes a group with a name and people. */
export async function groupNew(
  name: string,
  whom: readonly string[],
  options: PersonOptions,
  world: World,
): Promise<void> {
  await withSession(options, world, 'first', async ({ client }) => {
    const inboxIds = await resolvePeople(client, whom);
    const group = await world.output.during('Letting everybody in …', () =>
      client.conversations.createGroup(inboxIds, { groupName: name }),
    );
    world.output.result({ conversationId: group.id, name: group.name, inboxIds }, () => [
      `${colors.green('made')}  ${colors.dim(group.id)}`,
    ]);
  });
}

/** Adds people. */
export function groupAdd(typed: string, whom: readonly string[], options: PersonOptions, world: World): Promise<void> {
  return change(typed, options, world, async (group, client) => {
    const inboxIds = await resolvePeople(client, whom);
    await queueing(() => group.addMembers(inboxIds));
    return { done: 'added', value: { inboxIds } };
  });
}

/** Removes people. */
export function groupRemove(
  typed: string,
  whom: readonly string[],
  options: PersonOptions,
  world: World,
): Promise<void> {
  return change(typed, options, world, async (group, client) => {
    const inboxIds = await resolvePeople(client, whom);
    await queueing(() => group.removeMembers(inboxIds));
    return { done: 'removed', value: { inboxIds } };
  });
}

/** Gives the group another name. */
export function groupRename(typed: string, name: string, options: PersonOptions, world: World): Promise<void> {
  return change(typed, options, world, async (group) => {
    await queueing(() => group.updateName(name));
    return { done: 'renamed', value: { name: group.name } };
  });
}

/** Gives a member another role. */
export async function groupRole(
  typed: string,
  whom: string,
  wanted: string,
  options: PersonOptions,
  world: World,
): Promise<void> {
  const role = parseRole(wanted);
  await change(typed, options, world, async (group, client) => {
    const inboxId = await resolvePerson(client, whom);
    await setRole(group, inboxId, role);
    return { done: `now ${role}`, value: { inboxId, role } };
  });
}

/** Asks to be removed; a super admin's client completes it. */
export function groupLeave(typed: string, options: PersonOptions, world: World): Promise<void> {
  return change(typed, options, world, async (group, client) => {
    await leaveGroup(group, client.inboxId);
    return { done: 'asked to leave; a super admin’s client completes it', value: { isPendingRemoval: true } };
  });
}

async function change(
  typed: string,
  options: PersonOptions,
  world: World,
  act: (group: Group, client: Client) => Promise<{ done: string; value: Record<string, unknown> }>,
): Promise<void> {
  await withSession(options, world, 'try', async ({ client }) => {
    const group = await findGroup(client, typed);
    const { done, value } = await world.output.during('Waiting for the node …', () => act(group, client));
    world.output.result({ conversationId: group.id, ...value }, () => [colors.green(done)]);
  });
}
