/** Whoever has a link can make any commit he likes with it. What is more than letting himself in is refused by every member, by name. */
import { toHex } from '@conclave/crypto';
import { customProposal, MlsGroup, type Proposal, PublicGroup } from '@conclave/mls';
import { create, GroupMessageInputSchema } from '@conclave/proto';
import { testWallet } from '@conclave/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { COMPONENT } from '../app-data/component-ids.js';
import { xmtpTypes } from '../app-data/components.js';
import { encodeMembershipEntry } from '../app-data/dictionary.js';
import { encodeMapDelta, INBOX_KEY } from '../app-data/tls-collections.js';
import { registeredInstallation, type TestInstallation, type TestWorld, testWorld } from '../context.testkit.js';
import { createGroup } from '../groups/create.js';
import { groupConfig } from '../groups/live-groups.js';
import { settleChange } from '../groups/settle-change.js';
import { syncGroup } from '../groups/sync.js';
import { fetchKeyPackages } from '../identity/fetch-key-packages.js';
import { applicationIdExtension, KEY_PACKAGE_CAPABILITIES } from '../identity/key-package.js';
import { listLocalCommitLog } from '../store/commit-logs.js';
import { listRejectedEnvelopes } from '../store/rejected-envelopes.js';
import { EXTERNAL_COMMIT_RULES } from '../validation/commit-rule-table.js';
import { openBlob, readBlob } from './group-info-blob.js';
import { decodeInvite } from './invite-link.js';
import { closeInvite, type OpenInviteOptions, openInvite, refreshInvite } from './open-invite.js';

let world: TestWorld;
let alice: TestInstallation;
let bob: TestInstallation;
let mallory: TestInstallation;
let id: string;
let blob: Uint8Array;
let link: string;
const slots = {
  put: async (_: Uint8Array, given: Uint8Array) => {
    blob = given;
  },
  list: async () => [blob],
};
const tested = new Set<string>();

beforeEach(async () => {
  world = testWorld();
  [alice, bob, mallory] = [
    await registeredInstallation(world, testWallet('alice')),
    await registeredInstallation(world, testWallet('bob')),
    await registeredInstallation(world, testWallet('mallory')),
  ];
  id = await createGroup(alice.ctx, [bob.ctx.identity.inboxId]);
  await settleChange(alice.ctx, id, 'enable-app-data', {});
});

const open = async (options?: OpenInviteOptions) => {
  link = await openInvite(alice.ctx, id, slots, options);
};

/** What a joiner does; a test changes one thing. */
interface Attempt {
  who?: TestInstallation;
  /** Undefined leaves the tag out. */
  tag?: Uint8Array | undefined;
  op?: 'insert' | 'update';
  more?: (update: (componentId: number, bytes: Uint8Array) => Proposal) => Promise<Proposal[]> | Proposal[];
}

async function join({ who = mallory, op = 'insert', more = () => [], ...rest }: Attempt = {}): Promise<void> {
  const { ctx } = who;
  const invite = decodeInvite(link);
  const tag = 'tag' in rest ? rest.tag : invite.slot;
  const { inboxId, credential, signatureKey } = ctx.identity;
  const { sequenceId } = ctx.inboxLog.requireLatest(inboxId);
  const groupInfo = PublicGroup.open({
    suite: ctx.suite,
    groupInfo: openBlob(ctx.crypto, invite.key, readBlob(blob)),
    policy: xmtpTypes(ctx.crypto).policy,
  });
  const update = (componentId: number, bytes: Uint8Array): Proposal =>
    customProposal(xmtpTypes(ctx.crypto).appDataUpdate, { componentId, op: 'update', update: bytes });
  const value = encodeMembershipEntry({ sequenceId, failedInstallations: [], admittedVia: tag });
  const { message } = MlsGroup.joinByExternalCommit({
    ...{ suite: ctx.suite, groupInfo, signatureKey, random: ctx.host.random, config: groupConfig(ctx.suite) },
    leaf: { credential, capabilities: KEY_PACKAGE_CAPABILITIES, extensions: [applicationIdExtension(inboxId)] },
    proposals: [
      update(COMPONENT.groupMembership, encodeMapDelta([{ op, key: inboxId, value }], INBOX_KEY)),
      ...(await more(update)),
    ],
  });
  world.node.sendGroupMessages([
    create(GroupMessageInputSchema, { version: { case: 'v1', value: { data: message } } }),
  ]);
}

/** What every member makes of it. */
async function verdicts(): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for (const { ctx } of [alice]) {
    await syncGroup(ctx, id);
    found.push(listRejectedEnvelopes(ctx.db, id).at(-1)?.rule);
  }
  return found;
}
const isIn = (who: TestInstallation): boolean =>
  alice.ctx.liveGroups.get(id).payloads.membership.members.has(who.ctx.identity.inboxId);
async function refused(rule: keyof typeof EXTERNAL_COMMIT_RULES): Promise<void> {
  const { epoch } = alice.ctx.liveGroups.get(id).mls;
  expect(await verdicts()).toEqual([rule]);
  expect(alice.ctx.liveGroups.get(id).mls.epoch).toBe(epoch);
  tested.add(rule);
}

describe('a joiner', () => {
  it('is let in with just that', async () => {
    await open();
    await join();
    expect(await verdicts()).toEqual([undefined]);
    expect(isIn(mallory)).toBe(true);
  });

  it('is kept out where nothing is open', async () => {
    await open();
    const before = blob;
    await closeInvite(alice.ctx, id);
    blob = before;
    await join();
    const lines = listLocalCommitLog(alice.ctx.db, id);
    await refused('join-open');
    // Anybody can leave such a commit: it is no line of the log.
    expect(listLocalCommitLog(alice.ctx.db, id)).toEqual(lines);
  });

  it('is kept out when the time is over, by the clock of the node', async () => {
    await open({ expiresAtNs: world.host.nowNs() + 1_000_000_000n });
    world.host.advance(2_000_000_000n);
    await join();
    await refused('join-expired');
  });

  it('is kept out when the invitation is used up', async () => {
    await open({ maxUses: 1 });
    await join();
    expect(await verdicts()).toEqual([undefined]);
    await refreshInvite(alice.ctx, id, slots);
    await join({ who: await registeredInstallation(world, testWallet('eve')) });
    await refused('join-uses');
  });

  it('brings no installation of somebody who is in', async () => {
    await open();
    const second = await registeredInstallation(world, testWallet('bob'));
    await join({ who: second, op: 'update' });
    await refused('join-once');
  });

  it('changes nothing else', async () => {
    await open();
    await join({ more: (update) => [update(COMPONENT.groupName, new TextEncoder().encode('mine'))] });
    await refused('join-shape');
  });

  it('removes nobody', async () => {
    await open();
    await join({ more: () => [{ type: 'remove', leafIndex: 1 }] });
    await refused('join-shape');
  });

  it('brings nobody else', async () => {
    await open();
    const eve = await registeredInstallation(world, testWallet('eve'));
    const { inboxId, installationIdBytes: installationId } = eve.ctx.identity;
    await join({
      more: async () => {
        const found = await fetchKeyPackages(mallory.ctx, [{ inboxId, installationId }]);
        const accepted = found.get(toHex(installationId));
        if (accepted === undefined || accepted instanceof Error) throw new TypeError('no key package');
        return [{ type: 'add', keyPackage: accepted.keyPackage }];
      },
    });
    await refused('join-alone');
  });

  it('brings all of its installations', async () => {
    await open();
    const second = await registeredInstallation(world, testWallet('mallory'));
    await second.ctx.inboxLog.refresh([second.ctx.identity.inboxId]);
    await join({ who: second });
    await refused('join-alone');
  });

  it('names the invitation', async () => {
    await open();
    await join({ tag: undefined });
    await refused('join-tagged');
  });

  it('is tested against every rule', () => {
    // `external-policy` is on commits of members: commit-rules.test.ts.
    expect(new Set([...tested, 'external-policy'])).toEqual(new Set(Object.keys(EXTERNAL_COMMIT_RULES)));
  });
});
