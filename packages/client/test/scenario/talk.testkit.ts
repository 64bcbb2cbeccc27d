/** Talking in scenarios: texts in, texts out. */
import type { Client, Conversation } from '@conclave/client';
import { fromUtf8, utf8 } from '@conclave/crypto';
import { create, decodeProto, EncodedContentSchema, toBinary } from '@conclave/proto';
import { type Device, World } from '@conclave/testing';

/** EncodedContent of a text. */
export function text(words: string): Uint8Array {
  return toBinary(
    EncodedContentSchema,
    create(EncodedContentSchema, {
      type: { authorityId: 'xmtp.org', typeId: 'text', versionMajor: 1, versionMinor: 0 },
      content: utf8(words),
    }),
  );
}

/** EncodedContent of a typing notice. */
export function typing(): Uint8Array {
  return toBinary(
    EncodedContentSchema,
    create(EncodedContentSchema, {
      type: { authorityId: 'conclave', typeId: 'typing', versionMajor: 1, versionMinor: 0 },
      content: Uint8Array.of(1),
    }),
  );
}

/** Texts of a conversation, in the order of the network. */
export function textsOf(conversation: Conversation): string[] {
  return conversation
    .messages()
    .filter(({ contentType }) => contentType === 'text')
    .map(({ content }) => fromUtf8(decodeProto(EncodedContentSchema, content).content));
}

/** Kinds of the contents of all messages, the transcript included. */
export function typesOf(conversation: Conversation): string[] {
  return conversation.messages().map(({ contentType }) => contentType);
}

/** The conversation as a device has it. */
export function on(device: Device | Client, id: string): Conversation {
  const client = 'client' in device ? device.client : device;
  const conversation = client.conversations.get(id);
  if (conversation === undefined) throw new RangeError(`no conversation ${id} here`);
  return conversation;
}

/** What all members of a group must agree on. */
export function stateOf(conversation: Conversation) {
  const { epoch, epochAuthenticator } = conversation.debugInfo();
  return {
    epoch,
    epochAuthenticator,
    attributes: Object.fromEntries([...conversation.attributes()].filter(([key]) => !key.startsWith('_'))),
    admins: [...conversation.admins()].sort(),
    superAdmins: [...conversation.superAdmins()].sort(),
    members: conversation
      .members()
      .map(({ inboxId, installationIds }) => `${inboxId} ${[...installationIds].sort().join(' ')}`)
      .sort(),
  };
}

/** Which of these devices have the conversation and are in it. */
export function activeOn(id: string, devices: readonly Device[]): string[] {
  return devices.filter((device) => device.client.conversations.get(id)?.isActive).map(({ name }) => name);
}

/** Two people in a group, with all that comes of its beginning behind them. */
export async function pair() {
  const world = new World();
  const [alice, bob] = await world.people('alice', 'bob');
  const { id } = await alice.client.conversations.createGroup([bob.client.inboxId]);
  await world.settle();
  return { world, alice, bob, id };
}

/** Lets everything that is under way, and what follows of it, come to rest. */
export async function quiet(world: World): Promise<void> {
  for (let i = 0; i < 8; i++) await world.time.idle();
}
