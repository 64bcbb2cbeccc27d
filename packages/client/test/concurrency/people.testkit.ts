/**
 * People whose line to the node a test owns: which node it leads to, and what it shows. And what a modified client can send, which
 * ours would not.
 */

import { fromUtf8, toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  create,
  decodeProto,
  EncodedContentSchema,
  type GroupMessage,
  GroupMessageInputSchema,
  QueryGroupMessagesResponseSchema,
  SendGroupMessagesRequestSchema,
} from '@conclave/proto';
import { openDatabase } from '@conclave/sqlite/node';
import { idOf, MemoryNode, memoryNetwork, testWallet } from '@conclave/testing';
import { syncAll } from '../../src/commit-log/installations.testkit.js';
import { openContext } from '../../src/context.js';
import { registerInstallation, type TestInstallation, type TestWorld, testWorld } from '../../src/context.testkit.js';
import { sendMessage } from '../../src/groups/send-message.js';
import { encodeEnvelope } from '../../src/messages/envelope.js';
import type { Network } from '../../src/network/network.js';
import { listMessages } from '../../src/store/message-query.js';
import { text } from '../scenario/talk.testkit.js';

/** One person's line. */
export interface Line {
  /** Where it leads. */
  node: MemoryNode;
  /** What the node shows of a page of group messages. */
  show: (page: readonly GroupMessage[]) => readonly GroupMessage[];
}

/** An installation with a line of its own. */
export type Person = TestInstallation & { readonly line: Line };

/** Everybody of one test. */
export interface Crowd {
  readonly world: TestWorld;
  readonly people: readonly Person[];
}

const asItIs = (page: readonly GroupMessage[]): readonly GroupMessage[] => page;

function networkOf(line: Line): Network {
  const over = new Proxy({} as Network, {
    get: (_, method: keyof Network) => memoryNetwork(line.node)[method],
  });
  const methods = Object.keys(memoryNetwork(line.node)).filter((name) => /^[a-z]+[A-Z]/.test(name));
  const calls = Object.fromEntries(
    methods.map((name) => [
      name,
      (...args: unknown[]) => (over[name as keyof Network] as (...all: unknown[]) => unknown)(...args),
    ]),
  ) as unknown as Network;
  return {
    ...calls,
    queryGroupMessages: async (request, signal) => {
      const { messages, pagingInfo } = await over.queryGroupMessages(request, signal);
      const shown = { messages: [...line.show(messages)], ...(pagingInfo === undefined ? {} : { pagingInfo }) };
      return create(QueryGroupMessagesResponseSchema, shown);
    },
  };
}

/** Registers one person for each name. */
export async function crowd(...names: string[]): Promise<Crowd> {
  const world = testWorld();
  const people: Person[] = [];
  for (const name of names) {
    const line: Line = { node: world.node, show: asItIs };
    const wallet = testWallet(name);
    const db = openDatabase({ path: null });
    const deps = { db, network: networkOf(line), crypto: nodeCrypto, host: world.host };
    const ctx = await openContext(deps, { identifier: wallet.identifier });
    const person: Person = { ctx, db, wallet, network: memoryNetwork(world.node), line };
    await registerInstallation(person);
    people.push(person);
  }
  return { world, people };
}

/** The line shows again what there is. */
export function mend({ line }: Person): void {
  line.show = asItIs;
}

/** The commits among the messages of a group, oldest first. */
export function commitsOf(node: MemoryNode, id: string): GroupMessage[] {
  return (node.groupMessages.get(id) ?? []).filter(({ version }) => version.case === 'v1' && version.value.isCommit);
}

/** Puts bytes on the topic of their group, as anybody can. @returns the id that the node gave */
export function post(node: MemoryNode, id: string, ...payloads: readonly Uint8Array[]): bigint {
  const inputs = payloads.map((data) =>
    create(GroupMessageInputSchema, { version: { case: 'v1', value: { data, senderHmac: new Uint8Array(32) } } }),
  );
  const { messages } = create(SendGroupMessagesRequestSchema, { messages: inputs });
  node.sendGroupMessages(messages);
  return idOf(node.groupMessages.get(id)?.at(-1) as GroupMessage);
}

/** The bytes of a message at the node. */
export function payloadOf(message: GroupMessage): Uint8Array {
  return (message.version.value as { data: Uint8Array }).data;
}

/** A message that a modified client encrypts in whatever epoch it stands, without asking anybody. */
export function encryptedHere({ ctx }: Person, id: string, content: Uint8Array, key: string): Uint8Array {
  const envelope = encodeEnvelope({ content, idempotencyKey: key });
  return ctx.liveGroups.get(id).mls.createApplicationMessage(envelope, ctx.host.random);
}

/** Says something; the texts of a conversation, oldest first. */
export const say = ({ ctx }: Person, id: string, words: string): Promise<string> => sendMessage(ctx, id, text(words));
export function textsAt({ ctx }: Person, id: string): string[] {
  return listMessages(ctx.db, { groupIds: [id], nowNs: ctx.host.nowNs() })
    .filter(({ contentType }) => contentType === 'text')
    .map(({ content }) => fromUtf8(decodeProto(EncodedContentSchema, content).content));
}

/** What people who agree on a group have in common. */
export function stateAt({ ctx }: Person, id: string) {
  const { mls, payloads } = ctx.liveGroups.get(id);
  const { attributes, adminList, superAdminList } = payloads.mutableMetadata;
  return {
    epoch: mls.epoch,
    epochAuthenticator: mls.epochAuthenticator,
    name: attributes.get('group_name'),
    adminList,
    superAdminList: [...superAdminList].sort(),
    members: [...payloads.membership.members.keys()].sort(),
  };
}

/** A second node with the same past; from now on the two know nothing of each other. */
export function secondNode(world: TestWorld): MemoryNode {
  const twin = new MemoryNode(nodeCrypto, () => world.host.nowNs());
  const updates = [...world.node.inboxLogs.values()].flat().sort((a, b) => Number(a.sequenceId - b.sequenceId));
  for (const { update } of updates) twin.publishIdentityUpdate(update);
  for (const bytes of world.node.keyPackages.values()) twin.uploadKeyPackage(bytes);
  const messages = [...world.node.groupMessages.values()].flat().sort((a, b) => Number(idOf(a) - idOf(b)));
  for (const message of messages) {
    const { groupId } = message.version.value as { groupId: Uint8Array };
    post(twin, toHex(groupId), payloadOf(message));
  }
  return twin;
}

/** Takes in everything, on each, twice: the second round brings what the first has caused. */
export async function settle(people: readonly Person[]): Promise<void> {
  await syncAll(people);
  await syncAll(people);
}
