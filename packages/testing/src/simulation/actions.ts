/** What people do with their devices, and how often. */
import { type BasePolicy, type Conversation, type PolicyTarget, presetPolicies } from '@conclave/client';
import { utf8 } from '@conclave/crypto';
import { create, EncodedContentSchema, toBinary } from '@conclave/proto';
import type { Device } from '../device.js';
import { linkAccount, revokeInstallation, unlinkAccount } from './account-actions.js';
import type { RuledChange } from './group-model.js';
import { conversationsOf } from './invariants.js';
import type { Action, Scene } from './scene.js';
import { StreamRecord } from './stream-record.js';

/** Groups of one simulation. */
const MAX_GROUPS = 4;
/** MLS groups of DMs on one device. */
const MAX_DM_GROUPS = 3;

function textContent(words: string): Uint8Array {
  return toBinary(
    EncodedContentSchema,
    create(EncodedContentSchema, {
      type: { authorityId: 'xmtp.org', typeId: 'text', versionMajor: 1, versionMinor: 0 },
      content: utf8(words),
    }),
  );
}

function anyConversation({ random }: Scene, device: Device, kind?: 'group' | 'dm'): Conversation | undefined {
  return random.pick(
    conversationsOf(device).filter((each) => each.isActive && (kind ?? each.row.kind) === each.row.kind),
  );
}

function others({ inboxIds }: Scene, device: Device): string[] {
  return inboxIds.filter((inboxId) => inboxId !== device.client.inboxId);
}

function membersOf(conversation: Conversation, device: Device): string[] {
  return conversation
    .members()
    .map(({ inboxId }) => inboxId)
    .filter((inboxId) => inboxId !== device.client.inboxId);
}

function say({ journal }: Scene, device: Device, conversation: Conversation): void {
  const messageId = conversation.prepare(textContent(journal.nextWords()));
  journal.utterances.push({ messageId, groupId: conversation.id, device });
}

const send: Action = async (scene, device) => {
  const conversation = anyConversation(scene, device);
  if (conversation === undefined) return;
  say(scene, device, conversation);
  await conversation.publish();
};

const sendSeveral: Action = async (scene, device) => {
  const conversation = anyConversation(scene, device);
  if (conversation === undefined) return;
  for (let left = scene.random.between(2, 6); left > 0; left--) say(scene, device, conversation);
  await conversation.publish();
};

const syncAll: Action = async (_, device) => {
  await device.client.conversations.syncAll(['allowed', 'unknown', 'denied']);
};

const syncWelcomes: Action = async (_, device) => {
  await device.client.conversations.sync();
};

const syncOne: Action = async (scene, device) => {
  await anyConversation(scene, device)?.sync();
};

const tick: Action = async (_, device) => {
  await device.client.tick();
};

/** Makes a group with a few of the others. */
export const createGroup: Action = async (scene, device) => {
  const { random, journal } = scene;
  // Few conversations with much going on in each show more than many quiet ones.
  if ([...journal.conversations.values()].filter(({ kind }) => kind === 'group').length >= MAX_GROUPS) return;
  const preset = random.chance(0.7) ? 'all-members' : 'admin-only';
  const name = journal.nextWords();
  const invited = random.sample(others(scene, device), random.between(0, 4));
  const before = new Set(conversationsOf(device).map(({ id }) => id));
  const note = (): void => {
    if (!device.isRunning) return;
    for (const { id, row } of conversationsOf(device)) {
      if (before.has(id) || row.kind !== 'group' || row.addedByInboxId !== device.client.inboxId) continue;
      if (journal.conversations.has(id)) continue;
      const creatorInboxId = device.client.inboxId;
      journal.conversations.set(id, { id, kind: 'group', creatorInboxId, preset, name, policies: new Map() });
    }
  };
  const making = device.client.conversations.createGroup(invited, { name, permissions: presetPolicies(preset) });
  // It is stored before anything is sent: a crash in between leaves it to be completed later.
  const watching = making.finally(note);
  await watching;
};

/** Writes to one of the others. */
export const createDm: Action = async (scene, device) => {
  const isFull = conversationsOf(device).filter(({ row }) => row.kind === 'dm').length >= MAX_DM_GROUPS;
  const peer = isFull ? undefined : scene.random.pick(others(scene, device));
  if (peer !== undefined) await device.client.conversations.createDm(peer);
};

const rename: Action = async (scene, device) => {
  const key = scene.random.chance(0.7) ? 'group_name' : 'description';
  await anyConversation(scene, device, 'group')?.updateAttribute(key, scene.journal.nextWords());
};

const addMembers: Action = async (scene, device) => {
  const group = anyConversation(scene, device, 'group');
  if (group === undefined) return;
  const members = new Set(membersOf(group, device));
  const candidates = others(scene, device).filter((inboxId) => !members.has(inboxId));
  const added = scene.random.sample(candidates, scene.random.between(1, 3));
  if (added.length > 0) await group.addMembers(added);
};

const removeMember: Action = async (scene, device) => {
  const group = anyConversation(scene, device, 'group');
  const inboxId = group && scene.random.pick(membersOf(group, device));
  if (group !== undefined && inboxId !== undefined) await group.removeMembers([inboxId]);
};

const changeRole: Action = async (scene, device) => {
  const { random } = scene;
  const group = anyConversation(scene, device, 'group');
  if (group === undefined) return;
  const inboxId = random.pick([...membersOf(group, device), device.client.inboxId]) as string;
  const list = random.chance(0.6) ? 'admin' : 'super-admin';
  const action = random.chance(0.7) ? 'add' : 'remove';
  await group.updateAdmins({ list, action, inboxId });
};

const POLICIES: readonly [PolicyTarget, RuledChange][] = [
  ['add-member', 'add-member'],
  ['remove-member', 'remove-member'],
  ['add-admin', 'add-admin'],
  ['remove-admin', 'remove-admin'],
  [{ attribute: 'group_name' }, 'set group_name'],
  [{ attribute: 'description' }, 'set description'],
];

const changePolicy: Action = async (scene, device) => {
  const { random, journal } = scene;
  const group = anyConversation(scene, device, 'group');
  const made = group && journal.conversations.get(group.id);
  if (group === undefined || made === undefined) return;
  const [target, change] = random.pick(POLICIES) as (typeof POLICIES)[number];
  const base = random.pick(['allow', 'admin', 'super-admin', 'deny'] as const) as BasePolicy;
  made.policies.set(change, [...(made.policies.get(change) ?? []), base]);
  await group.updatePermission(target, base);
};

/** So long that nothing of it disappears in a simulation; switching it on and off is what is looked at. */
const VERY_LONG_NS = 3650n * 86_400_000_000_000n;

const setTimer: Action = async (scene, device) => {
  const isOn = scene.random.chance(0.5);
  await anyConversation(scene, device)?.updateDisappearing({ fromNs: isOn ? 1n : 0n, inNs: isOn ? VERY_LONG_NS : 0n });
};

const consent: Action = async (scene, device) => {
  anyConversation(scene, device)?.setConsentState(scene.random.pick(['allowed', 'unknown', 'denied']) ?? 'unknown');
};

const leave: Action = async (scene, device) => {
  await anyConversation(scene, device, 'group')?.requestRemoval();
};

/** Listens from now on. */
export const openStream: Action = async ({ streams }, device) => {
  if (!streams.has(device)) streams.set(device, new StreamRecord(device.name, device.client));
};

const closeStream: Action = async ({ streams }, device) => {
  streams.get(device)?.close();
  streams.delete(device);
};

/** Actions by name, each with its weight: people write much more than they do anything else. */
export const ACTIONS: readonly (readonly [readonly [name: string, run: Action], weight: number])[] = [
  [['send', send], 32],
  [['send-several', sendSeveral], 4],
  [['sync-all', syncAll], 14],
  [['sync-welcomes', syncWelcomes], 5],
  [['sync-one', syncOne], 6],
  [['tick', tick], 10],
  [['create-group', createGroup], 5],
  [['create-dm', createDm], 3],
  [['rename', rename], 5],
  [['add-members', addMembers], 5],
  [['remove-member', removeMember], 4],
  [['change-role', changeRole], 4],
  [['change-policy', changePolicy], 2],
  [['set-timer', setTimer], 2],
  [['consent', consent], 1],
  [['leave', leave], 2],
  [['link-account', linkAccount], 1],
  [['unlink-account', unlinkAccount], 1],
  [['revoke-installation', revokeInstallation], 1],
  [['open-stream', openStream], 5],
  [['close-stream', closeStream], 1],
];
