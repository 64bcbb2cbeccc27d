/** `group new|add|remove|rename|leave`. */
import type { Group } from '@conclave/node-sdk';
import colors from 'picocolors';
import { findGroup, resolvePeople } from '../resolve.js';
import { type PersonOptions, type World, withSession } from '../session.js';

/** Makes a group with a name and people. */
export async function groupNew(
  name: string,
  whom: readonly string[],
  options: PersonOptions,
  world: World,
): Promise<void> {
  await withSession(options, world, async ({ client }) => {
    const people = await resolvePeople(client, whom);
    const group = await client.conversations.createGroup(
      people.map((p) => p.inboxId),
      { groupName: name },
    );
    world.output.result({ conversationId: group.id, name, inboxIds: people.map((p) => p.inboxId) }, () => [
      `${colors.green('made')} ${name}  ${colors.dim(group.id)}`,
    ]);
  });
}

/** Adds people. */
export function groupAdd(typed: string, whom: readonly string[], options: PersonOptions, world: World): Promise<void> {
  return change(typed, options, world, async (group, client) => {
    const people = await resolvePeople(client, whom);
    await group.addMembers(people.map((p) => p.inboxId));
    return { done: 'added', details: { inboxIds: people.map((p) => p.inboxId) } };
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
    const people = await resolvePeople(client, whom);
    await group.removeMembers(people.map((p) => p.inboxId));
    return { done: 'removed', details: { inboxIds: people.map((p) => p.inboxId) } };
  });
}

/** Gives the group another name. */
export function groupRename(typed: string, name: string, options: PersonOptions, world: World): Promise<void> {
  return change(typed, options, world, async (group) => {
    await group.updateName(name);
    return { done: 'renamed', details: { name } };
  });
}

/** Asks to be removed; a super admin's client completes it. */
export function groupLeave(typed: string, options: PersonOptions, world: World): Promise<void> {
  return change(typed, options, world, async (group) => {
    await group.requestRemoval();
    return { done: 'asked to leave; a super admin’s client completes it', details: { isPendingRemoval: true } };
  });
}

type Client = Parameters<typeof findGroup>[0];

async function change(
  typed: string,
  options: PersonOptions,
  world: World,
  act: (group: Group, client: Client) => Promise<{ done: string; details: Record<string, unknown> }>,
): Promise<void> {
  await withSession(options, world, async ({ client }) => {
    await client.conversations.sync();
    const group = await findGroup(client, typed);
    await group.sync();
    const { done, details } = await act(group, client);
    world.output.result({ conversationId: group.id, ...details }, () => [colors.green(done)]);
  });
}
