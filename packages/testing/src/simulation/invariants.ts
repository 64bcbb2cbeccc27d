/**
 * What must hold at the end, when the network is kind and everybody is there: nobody has lost or repeated anything, everybody agrees,
 * nobody was let do what the rules forbid, and nobody who was taken out has read on.
 */
import type { Conversation, StoredMessage } from '@conclave/client';
import { peekMlsMessage } from '@conclave/mls';
import type { Device } from '../device.js';
import { TestingError } from '../errors.js';
import type { MemoryNode } from '../network/memory-node.js';
import { GroupModel } from './group-model.js';
import { groupUpdatedOf, isJoining } from './group-updated.js';
import type { Journal } from './journal.js';

type Details = Record<string, string | number | bigint>;

/** @throws TestingError `testing/violation` */
export function violated(invariant: string, details: Details): never {
  throw new TestingError('testing/violation', { invariant, ...details });
}

/** Every conversation of a device, whatever its state. */
export function conversationsOf(device: Device): Conversation[] {
  return device.client.conversations.list({
    consentStates: ['allowed', 'unknown', 'denied'],
    includeDuplicateDms: true,
  });
}

/** Messages of one MLS group in the order in which the device stored them, without those of the DM's other groups. */
function storedIn(conversation: Conversation): StoredMessage[] {
  return conversation
    .messages()
    .filter(({ groupId }) => groupId === conversation.id)
    .sort((a, b) => Number(a.position - b.position));
}

/**
 * Equal epochs are equal groups: compares what a device shows now with what was ever seen. Cheap, for every step.
 */
export function observeEpochs(journal: Journal, device: Device): void {
  for (const conversation of conversationsOf(device)) {
    if (!conversation.isActive) continue;
    const { epoch, epochAuthenticator, maybeForked } = conversation.debugInfo();
    const key = `${conversation.id} ${epoch}`;
    const known = journal.epochs.get(key);
    if (known === undefined) journal.epochs.set(key, { authenticator: epochAuthenticator, seenBy: device.name });
    else if (known.authenticator !== epochAuthenticator) {
      violated('fork', { groupId: conversation.id, epoch, device: device.name, other: known.seenBy });
    }
    // Whoever forges messages can raise the suspicion; the authenticators decide.
    void maybeForked;
  }
}

/** Everything that is checked once, at the end. */
export function checkEnd(journal: Journal, devices: readonly Device[], node: MemoryNode): void {
  for (const device of devices) observeEpochs(journal, device);
  for (const id of journal.conversations.keys()) {
    checkAgreement(id, devices);
    checkTranscript(journal, id, devices);
  }
  for (const device of devices) {
    checkSettled(device);
    for (const conversation of conversationsOf(device)) checkOwnRecord(device, conversation);
  }
  checkDelivery(journal, devices, node);
}

/** All installations that the group names are in it, in one epoch, and agree on everything. */
function checkAgreement(id: string, devices: readonly Device[]): void {
  const active = devices.filter((device) => device.client.conversations.get(id)?.isActive);
  const [first] = active;
  // Who was shut out of an inbox while being alone in a group stays alone in it.
  if (first === undefined || active.every(({ client }) => client.identity.status === 'revoked')) return;
  const states = active.map(
    (device) => [device.name, stateOf(device.client.conversations.get(id) as Conversation)] as const,
  );
  for (const [name, state] of states) {
    if (state !== states[0]?.[1]) violated('agreement', { groupId: id, device: name, other: first.name });
  }
  const members = (first.client.conversations.get(id) as Conversation).members();
  const named = members.flatMap(({ installationIds }) => installationIds);
  const present = new Set(active.map(({ client }) => client.installationId));
  for (const installationId of named) {
    if (!present.has(installationId)) violated('everybody-in', { groupId: id, installationId });
  }
  for (const { name, client } of active) {
    if (!named.includes(client.installationId)) violated('nobody-else-in', { groupId: id, device: name });
  }
  const inboxes = new Set(members.map(({ inboxId }) => inboxId));
  for (const { name, client } of devices) {
    const isMember = inboxes.has(client.inboxId) && client.identity.status === 'registered';
    if (isMember && !present.has(client.installationId)) violated('all-installations', { groupId: id, device: name });
  }
}

function stateOf(conversation: Conversation): string {
  const { epoch, epochAuthenticator } = conversation.debugInfo();
  return JSON.stringify([
    epoch.toString(),
    epochAuthenticator,
    [...conversation.attributes()].sort(),
    [...conversation.admins()].sort(),
    [...conversation.superAdmins()].sort(),
    conversation
      .members()
      .map(({ inboxId, installationIds }) => [inboxId, [...installationIds].sort()])
      .sort(),
  ]);
}

/** The transcripts of all devices tell one story, which the rules allow and which leads to the state that is there. */
function checkTranscript(journal: Journal, id: string, devices: readonly Device[]): void {
  const made = journal.conversations.get(id);
  if (made === undefined) return;
  const entries = new Map<bigint, StoredMessage>();
  for (const device of devices) {
    const conversation = device.client.conversations.get(id);
    for (const message of conversation === undefined ? [] : storedIn(conversation)) {
      if (message.kind === 'membership-change' && message.sequenceId !== undefined && !isJoining(message)) {
        entries.set(message.sequenceId, message);
      }
    }
  }
  const model = new GroupModel(made);
  for (const [sequenceId, message] of [...entries].sort(([a], [b]) => Number(a - b))) {
    const update = groupUpdatedOf(message);
    if (update !== undefined) model.apply(update, sequenceId);
  }
  const witness = devices.map((device) => device.client.conversations.get(id)).find((each) => each?.isActive);
  if (witness === undefined) return;
  const told = [...model.members].sort().join();
  const real = witness
    .members()
    .map(({ inboxId }) => inboxId)
    .sort()
    .join();
  if (told !== real) violated('transcript-members', { groupId: id });
  if (made.kind === 'dm') return;
  for (const [list, actual] of [
    [model.admins, witness.admins()],
    [model.superAdmins, witness.superAdmins()],
  ] as const) {
    if ([...list].sort().join() !== [...actual].sort().join()) violated('transcript-roles', { groupId: id });
  }
  for (const [key, value] of model.attributes) {
    if ((witness.attributes().get(key) ?? '') !== value) violated('transcript-attributes', { groupId: id, key });
  }
}

/** Nothing waits any more. */
function checkSettled(device: Device): void {
  const waiting = device.data
    .prepare<{ kind: number; state: number; attempts: number }>(
      `SELECT i.kind, i.state, i.attempts FROM intents i JOIN conversations c ON c.id = i.group_id
       WHERE c.active = 1 AND i.state IN (1, 2, 3)`,
    )
    .all();
  const [first] = waiting;
  if (first !== undefined) violated('settled', { device: device.name, count: waiting.length, ...first });
}

/** A device's own record of one group: in order, and nothing from when it was not in the group. */
function checkOwnRecord(device: Device, conversation: Conversation): void {
  const own = device.client.installationId;
  let newest = 0n;
  for (const message of storedIn(conversation)) {
    const { sequenceId, senderInstallationId, id, deliveryStatus } = message;
    if (sequenceId === undefined) {
      // Given up because we were out; somebody who is in has nothing without a place.
      if (conversation.isActive && deliveryStatus !== 'failed') {
        violated('placed', { device: device.name, groupId: conversation.id, messageId: id, deliveryStatus });
      }
      continue;
    }
    if (senderInstallationId === own || isJoining(message)) continue;
    if (sequenceId < newest) violated('order', { device: device.name, groupId: conversation.id, messageId: id });
    newest = sequenceId;
  }
  if (conversation.isActive) return;
  const removedAt = cursorOf(conversation, 'commit');
  if (newest > removedAt) violated('reads-on', { device: device.name, groupId: conversation.id, newest, removedAt });
}

function cursorOf(conversation: Conversation, kind: 'commit' | 'application'): bigint {
  return conversation.debugInfo().cursors.find((cursor) => cursor.kind === kind)?.sequenceId ?? 0n;
}

/**
 * Whatever was said and has its place is with everybody who was in the group at that place, and in the epoch that it was said in: what
 * somebody says who has not heard yet of a new member is not for that member.
 */
function checkDelivery(journal: Journal, devices: readonly Device[], node: MemoryNode): void {
  const stretches = new Map<string, Presence | undefined>();
  const presenceOn = (device: Device, groupId: string): Presence | undefined => {
    const key = `${device.name} ${groupId}`;
    if (!stretches.has(key)) {
      const conversation = device.client.conversations.get(groupId);
      stretches.set(key, conversation === undefined ? undefined : presence(conversation));
    }
    return stretches.get(key);
  };
  for (const { messageId, groupId, device: speaker } of journal.utterances) {
    const sequenceId = speaker.client.conversations.message(messageId)?.sequenceId;
    if (sequenceId === undefined) continue;
    const epoch = epochOf(node, groupId, sequenceId);
    for (const device of devices) {
      const stretch = presenceOn(device, groupId);
      if (stretch === undefined) continue;
      const { from, to, fromEpoch } = stretch;
      if (sequenceId <= from || sequenceId > to || epoch < fromEpoch) continue;
      if (device.client.conversations.message(messageId) === undefined) {
        violated('delivery', { device: device.name, speaker: speaker.name, groupId, messageId, sequenceId, from, to });
      }
    }
  }
}

function epochOf(node: MemoryNode, groupId: string, sequenceId: bigint): bigint {
  const envelope = node.groupMessages.get(groupId)?.find((each) => each.version.value?.id === sequenceId);
  return peekMlsMessage(envelope?.version.value?.data ?? new Uint8Array(0)).epoch ?? 0n;
}

/** A stretch of the order of one group. */
interface Presence {
  /** After this one. */
  readonly from: bigint;
  readonly to: bigint;
  readonly fromEpoch: bigint;
}

/** The last stretch of the order during which the device was in the group. */
function presence(conversation: Conversation): Presence {
  const joined = storedIn(conversation)
    .filter(isJoining)
    .map(({ sequenceId }) => sequenceId ?? 0n);
  const from = joined.reduce((last, each) => (each > last ? each : last), 0n);
  const to = conversation.isActive ? 2n ** 62n : cursorOf(conversation, 'commit');
  const beginning = conversation.debugInfo().localCommitLog.findLast(({ commitKind }) => commitKind === 'welcome');
  return { from, to, fromEpoch: beginning?.appliedEpoch ?? 0n };
}
