/** Installations in groups, for the tests of the commit log: contexts, so that the tests may look into their tables. */
import { fromHex, type SignaturePrivateKey } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  type CommitLogEntry,
  CommitResult,
  create,
  PlaintextCommitLogEntrySchema,
  PublishCommitLogRequestSchema,
  toBinary,
} from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import type { ClientContext } from '../context.js';
import { registeredInstallation, type TestInstallation, type TestWorld, testWorld } from '../context.testkit.js';
import { createDm, createGroup } from '../groups/create.js';
import { settleChange } from '../groups/settle-change.js';
import { syncGroup } from '../groups/sync.js';
import { NS_PER_SECOND } from '../host.js';
import { commitLogSigner } from '../payloads/mutable-metadata.js';
import type { ConsentState } from '../store/consent.js';
import { setConsent } from '../store/consent.js';
import { listSubscribable } from '../store/conversation-query.js';
import { syncWelcomes } from '../welcomes/receive.js';
import { runCommitLog } from './worker.js';

/** Several installations, each of an inbox of its own. */
export interface Company {
  readonly world: TestWorld;
  readonly members: readonly TestInstallation[];
}

/** Registers one installation for each name. */
export async function company(...names: string[]): Promise<Company> {
  const world = testWorld();
  const members: TestInstallation[] = [];
  for (const name of names) members.push(await registeredInstallation(world, testWallet(name)));
  return { world, members };
}

/** Welcomes and messages, on each. */
export async function syncAll(members: readonly TestInstallation[]): Promise<void> {
  for (const { ctx } of members) {
    await syncWelcomes(ctx);
    for (const id of listSubscribable(ctx.db)) await syncGroup(ctx, id);
  }
}

/** Records what a user thinks of a conversation. */
export function consent({ ctx }: TestInstallation, entity: string, state: ConsentState = 'allowed'): void {
  setConsent(ctx.db, [{ entityType: 'conversation', entity, state, consentedAtNs: ctx.host.nowNs() }]);
}

/** A group of the first with the others, whom all have accepted. */
export async function groupOf({ world, members }: Company): Promise<string> {
  const [first, ...others] = members as [TestInstallation, ...TestInstallation[]];
  const id = await createGroup(
    first.ctx,
    others.map(({ ctx }) => ctx.identity.inboxId),
  );
  world.host.advance(NS_PER_SECOND);
  await syncAll(members);
  for (const member of others) consent(member, id);
  return id;
}

/** A DM of the first two, which both have accepted. */
export async function dmOf({ members }: Company): Promise<string> {
  const [one, two] = members as [TestInstallation, TestInstallation];
  const id = await createDm(one.ctx, two.ctx.identity.inboxId);
  await syncAll(members);
  consent(two, id);
  return id;
}

/** Sets an attribute, and everybody takes the commit in. */
export async function setAttribute(
  member: TestInstallation,
  id: string,
  attribute: string,
  value: string,
  all: readonly TestInstallation[],
): Promise<void> {
  await settleChange(member.ctx, id, 'metadata-update', { attribute, value });
  await syncAll(all);
}

/** Makes the first member's change a commit that all of these take in. */
export function rename(name: string, id: string, all: readonly TestInstallation[]): Promise<void> {
  return setAttribute(all[0] as TestInstallation, id, 'group_name', name, all);
}

/** One round of the worker on each. */
export async function runAll(members: readonly TestInstallation[]): Promise<void> {
  for (const { ctx } of members) await runCommitLog(ctx);
}

/** The key of the conversation's log, which every member knows. */
export function sharedKey(ctx: ClientContext, id: string): SignaturePrivateKey {
  const seed = commitLogSigner(ctx.liveGroups.get(id).payloads.mutableMetadata);
  return ctx.crypto.signaturePrivateKey(seed as Uint8Array);
}

/** Any key. */
export function strangersKey(): SignaturePrivateKey {
  return nodeCrypto.signaturePrivateKey(nodeCrypto.random(32));
}

/** What a hostile writer may put into a line. */
export interface ForgedLine {
  readonly groupId?: Uint8Array;
  readonly commitSequenceId: bigint;
  readonly lastEpochAuthenticator?: Uint8Array;
  readonly commitResult?: CommitResult;
  readonly appliedEpochNumber?: bigint;
  readonly appliedEpochAuthenticator?: Uint8Array;
}

/** Writes a line into the log of a group, signed with a key. */
export function forge(world: TestWorld, id: string, key: SignaturePrivateKey, line: ForgedLine): void {
  const groupId = fromHex(id);
  const serializedCommitLogEntry = toBinary(
    PlaintextCommitLogEntrySchema,
    create(PlaintextCommitLogEntrySchema, {
      groupId,
      lastEpochAuthenticator: new Uint8Array(32),
      commitResult: CommitResult.APPLIED,
      appliedEpochNumber: 1n,
      appliedEpochAuthenticator: new Uint8Array(32).fill(9),
      ...line,
    }),
  );
  const signature = { bytes: key.sign(serializedCommitLogEntry), publicKey: key.publicKey };
  world.node.publishCommitLog([
    create(PublishCommitLogRequestSchema, { groupId, serializedCommitLogEntry, signature }),
  ]);
}

/** The log of a group as it stands at the node. */
export function logAtNode(world: TestWorld, id: string): readonly CommitLogEntry[] {
  return world.node.commitLogs.get(id) ?? [];
}
