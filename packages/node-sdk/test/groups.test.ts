/** Groups as applications shape them: attributes, roles, policies, disappearing messages, lists, push keys. */
import {
  type Client,
  ConsentEntityType,
  ConsentState,
  ConversationType,
  type Group,
  GroupPermissionsOptions,
  ListConversationsOrderBy,
  MetadataField,
  PermissionLevel,
  PermissionPolicy,
  type PermissionPolicySet,
  PermissionUpdateType,
} from '@conclave/node-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNode, type Person, take } from './local-node.testkit.js';

const { Allow, Deny, Admin, SuperAdmin } = PermissionPolicy;

/** Presets as the original shows them. */
const DEFAULT_POLICIES: PermissionPolicySet = {
  addMemberPolicy: Allow,
  removeMemberPolicy: Admin,
  addAdminPolicy: SuperAdmin,
  removeAdminPolicy: SuperAdmin,
  updateGroupNamePolicy: Allow,
  updateGroupDescriptionPolicy: Allow,
  updateGroupImageUrlSquarePolicy: Allow,
  updateMessageDisappearingPolicy: Admin,
  updateAppDataPolicy: Allow,
};
const ADMIN_POLICIES: PermissionPolicySet = {
  addMemberPolicy: Admin,
  removeMemberPolicy: Admin,
  addAdminPolicy: SuperAdmin,
  removeAdminPolicy: SuperAdmin,
  updateGroupNamePolicy: Admin,
  updateGroupDescriptionPolicy: Admin,
  updateGroupImageUrlSquarePolicy: Admin,
  updateMessageDisappearingPolicy: Admin,
  updateAppDataPolicy: Admin,
};

let node: LocalNode;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  node = await LocalNode.start();
  [alice, bob] = [await node.person(), await node.person()];
});

afterAll(() => node.stop());

async function seenBy(client: Client, id: string): Promise<Group> {
  await client.conversations.syncAll();
  return (await client.conversations.getConversationById(id)) as Group;
}

describe('a group', () => {
  it('has what it was created with, and what it is changed to', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId], {
      groupName: 'n',
      groupDescription: 'd',
      groupImageUrlSquare: 'i',
      appData: 'a',
      messageDisappearingSettings: { fromNs: 1n, inNs: 3_600_000_000_000n },
    });
    const bobs = await seenBy(bob.client, group.id);
    const read = ({ name, description, imageUrl, appData }: Group) => [name, description, imageUrl, appData];
    expect(read(bobs)).toEqual(['n', 'd', 'i', 'a']);
    expect(bobs.messageDisappearingSettings()).toEqual({ fromNs: 1n, inNs: 3_600_000_000_000n });
    expect(bobs.isMessageDisappearingEnabled()).toBe(true);
    await group.sendText('gone in an hour');
    const { expiresAt, expiresAtNs } = (await group.lastMessage()) ?? {};
    expect(expiresAt?.getTime()).toBe(Number((expiresAtNs ?? 0n) / 1_000_000n));

    await group.updateName('N');
    await group.updateDescription('D');
    await group.updateImageUrl('I');
    await group.updateAppData('A');
    await group.removeMessageDisappearingSettings();
    await bobs.sync();
    expect(read(bobs)).toEqual(['N', 'D', 'I', 'A']);
    expect(bobs.messageDisappearingSettings()).toEqual({ fromNs: 0n, inNs: 0n });
    expect(bobs.isMessageDisappearingEnabled()).toBe(false);
    await expect(group.updateName('x'.repeat(101))).rejects.toMatchObject({ code: 'client/value-too-long' });
  });

  it('says who made it, when, and who is in it', async () => {
    const group = await alice.client.conversations.createGroupWithIdentifiers([bob.signer.getIdentifier()]);
    expect(await group.metadata()).toEqual({
      creatorInboxId: alice.client.inboxId,
      conversationType: ConversationType.Group,
    });
    expect(group.addedByInboxId).toBe(alice.client.inboxId);
    expect(group.createdAt.getTime()).toBe(Number(group.createdAtNs / 1_000_000n));
    expect(group.topic).toBe(`/xmtp/mls/1/g-${group.id}/proto`);
    const [own] = (await group.members()).filter(({ inboxId }) => inboxId === alice.client.inboxId);
    expect(own).toEqual({
      inboxId: alice.client.inboxId,
      accountIdentifiers: [alice.signer.getIdentifier()],
      installationIds: [alice.client.installationId],
      permissionLevel: PermissionLevel.SuperAdmin,
      consentState: expect.any(Number),
    });
    expect(await group.debugInfo()).toMatchObject({ epoch: expect.any(BigInt), maybeForked: false, forkDetails: '' });
    expect(group.pausedForVersion()).toBeUndefined();
    const nobody = { ...bob.signer.getIdentifier(), identifier: `0x${'99'.repeat(20)}` };
    await expect(group.addMembersByIdentifiers([nobody])).rejects.toMatchObject({ code: 'client/unknown-inbox' });
  });

  it('may begin on this device alone', async () => {
    const group = alice.client.conversations.createGroupOptimistic({ groupName: 'draft' });
    expect(group.name).toBe('draft');
    await group.addMembers([bob.client.inboxId]);
    await group.sendText('now that you are here', true);
    await group.publishMessages();
    const bobs = await seenBy(bob.client, group.id);
    expect([bobs.name, (await bobs.lastMessage())?.content]).toEqual(['draft', 'now that you are here']);
  });

  it('is left by whoever asks to', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const bobs = await seenBy(bob.client, group.id);
    await expect(group.requestRemoval()).rejects.toMatchObject({ code: 'client/leave-refused' });
    expect(bobs.isPendingRemoval()).toBe(false);
    await bobs.requestRemoval();
    expect(bobs.isPendingRemoval()).toBe(true);
  });
});

describe('roles', () => {
  it('are given and taken', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const { inboxId } = bob.client;
    const roles = () => [group.isAdmin(inboxId), group.isSuperAdmin(inboxId)];
    expect([group.listAdmins(), group.listSuperAdmins(), roles()]).toEqual([
      [],
      [alice.client.inboxId],
      [false, false],
    ]);
    await group.addAdmin(inboxId);
    expect([group.listAdmins(), roles()]).toEqual([[inboxId], [true, false]]);
    await group.removeAdmin(inboxId);
    await group.addSuperAdmin(inboxId);
    expect([group.listSuperAdmins().includes(inboxId), roles()]).toEqual([true, [false, true]]);
    await group.removeSuperAdmin(inboxId);
    expect(roles()).toEqual([false, false]);
    const bobs = await seenBy(bob.client, group.id);
    await expect(bobs.addAdmin(inboxId)).rejects.toMatchObject({ code: 'client/permission-denied' });
  });
});

describe('policies', () => {
  it.each([
    [GroupPermissionsOptions.Default, DEFAULT_POLICIES],
    [GroupPermissionsOptions.AdminOnly, ADMIN_POLICIES],
  ] as const)('of preset %d are those of the original', async (permissions, policySet) => {
    const group = await alice.client.conversations.createGroup([], { permissions });
    expect(group.permissions()).toEqual({ policyType: permissions, policySet });
  });

  it('can be chosen one by one, and changed', async () => {
    const customPermissionPolicySet = { ...DEFAULT_POLICIES, addMemberPolicy: Admin, updateGroupNamePolicy: Deny };
    const permissions = GroupPermissionsOptions.CustomPolicy;
    const group = await alice.client.conversations.createGroup([bob.client.inboxId], {
      permissions,
      customPermissionPolicySet,
    });
    expect(group.permissions()).toEqual({ policyType: permissions, policySet: customPermissionPolicySet });
    await expect(group.updateName('x')).rejects.toMatchObject({ code: 'client/permission-denied' });
    await group.updatePermission(PermissionUpdateType.UpdateMetadata, Allow, MetadataField.GroupName);
    await group.updatePermission(PermissionUpdateType.AddMember, Allow);
    await group.updateName('x');
    const bobs = await seenBy(bob.client, group.id);
    expect(bobs.permissions()).toEqual({ policyType: GroupPermissionsOptions.Default, policySet: DEFAULT_POLICIES });
  });

  it('are told of when somebody else has changed them, though no message says so', async () => {
    const group = await alice.client.conversations.createGroup([bob.client.inboxId]);
    const bobs = await seenBy(bob.client, group.id);
    const changes = await bob.client.conversations.streamChanges();
    const before = await bobs.countMessages();
    await group.updatePermission(PermissionUpdateType.AddMember, Admin);
    await bobs.sync();
    expect(await take(changes, 1)).toEqual([group.id]);
    expect(bobs.permissions().policySet.addMemberPolicy).toBe(Admin);
    expect(await bobs.countMessages()).toBe(before);
    await changes.end();
  });

  it('that are none are refused', async () => {
    const group = await alice.client.conversations.createGroup([]);
    const { UpdateMetadata, AddMember } = PermissionUpdateType;
    await expect(group.updatePermission(UpdateMetadata, Allow)).rejects.toMatchObject({ code: 'sdk/bad-option' });
    await expect(group.updatePermission(AddMember, PermissionPolicy.Other)).rejects.toMatchObject({
      code: 'sdk/bad-option',
    });
    await expect(
      alice.client.conversations.createGroup([], { permissions: GroupPermissionsOptions.CustomPolicy }),
    ).rejects.toMatchObject({ code: 'sdk/bad-option' });
  });
});

describe('lists', () => {
  it('hold what is asked for, in the order asked for', async () => {
    const { client } = await node.person();
    const first = await client.conversations.createGroup([]);
    const second = await client.conversations.createGroup([]);
    const dm = await client.conversations.createDm(alice.client.inboxId);
    await first.sendText('newest');
    const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id);
    expect(ids(await client.conversations.list())).toEqual(ids([dm, second, first]));
    expect(ids(await client.conversations.list({ orderBy: ListConversationsOrderBy.LastActivity }))[0]).toBe(first.id);
    expect(ids(client.conversations.listGroups({ limit: 1 }))).toEqual([second.id]);
    expect(ids(client.conversations.listDms())).toEqual([dm.id]);
    expect(ids(await client.conversations.list({ createdAfterNs: first.createdAtNs }))).toEqual(ids([dm, second]));
    second.updateConsentState(ConsentState.Denied);
    expect(ids(client.conversations.listGroups())).toEqual([first.id]);
    expect(ids(await client.conversations.list({ consentStates: [ConsentState.Denied] }))).toEqual([second.id]);
  });

  it('are empty of what does not exist', async () => {
    const { conversations } = alice.client;
    for (const id of ['', 'zz', 'ABCD', '00'.repeat(16)]) {
      expect(await conversations.getConversationById(id)).toBeUndefined();
      expect(conversations.getMessageById(id)).toBeUndefined();
    }
    expect(conversations.getDmByInboxId('00'.repeat(32))).toBeUndefined();
    const nobody = { ...bob.signer.getIdentifier(), identifier: `0x${'99'.repeat(20)}` };
    expect(await conversations.fetchDmByIdentifier(nobody)).toBeUndefined();
  });
});

describe('consent', () => {
  it('is told as it is decided, those of one moment together', async () => {
    const { client } = await node.person();
    const group = await client.conversations.createGroup([]);
    const consents = await client.preferences.streamConsent();
    const updates = await client.preferences.streamPreferences();
    group.updateConsentState(ConsentState.Denied);
    const denied = { entityType: ConsentEntityType.GroupId, entity: group.id, state: ConsentState.Denied };
    const both = [
      { ...denied, state: ConsentState.Allowed },
      { entityType: ConsentEntityType.InboxId, entity: alice.client.inboxId, state: ConsentState.Denied },
    ];
    await client.preferences.setConsentStates(both);
    expect(await take(consents, 2)).toEqual([[denied], both]);
    const told = (await take(updates, 2)).flat();
    expect(told).toEqual([denied, ...both].map((consent) => ({ type: 'ConsentUpdate', consent })));
    expect(await client.preferences.getConsentState(ConsentEntityType.InboxId, alice.client.inboxId)).toBe(
      ConsentState.Denied,
    );
    expect(await client.preferences.getConsentState(ConsentEntityType.InboxId, 'ff'.repeat(32))).toBe(
      ConsentState.Unknown,
    );
    expect(group.consentState()).toBe(ConsentState.Allowed);
  });
});

describe('push keys', () => {
  it('are of conversations only, not of what installations tell each other', async () => {
    const { client } = await node.person({ disableDeviceSync: false });
    const group = await client.conversations.createGroup([]);
    await client.sendSyncRequest();
    expect(Object.keys(client.conversations.hmacKeys())).toEqual([group.id]);
  });

  it('are three for each conversation, 30 days each', async () => {
    const { client } = await node.person();
    const group = await client.conversations.createGroup([]);
    const dm = await client.conversations.createDm(alice.client.inboxId);
    const all = client.conversations.hmacKeys();
    expect(Object.keys(all).sort()).toEqual([group.id, dm.id].sort());
    const [[id, keys = []] = ['', []]] = Object.entries(group.hmacKeys());
    expect(id).toBe(group.id);
    expect(all[id]).toEqual(keys);
    expect(keys.map(({ key }) => key.length)).toEqual([42, 42, 42]);
    const [first = 0n] = keys.map(({ epoch }) => epoch);
    expect(keys.map(({ epoch }) => epoch)).toEqual([first, first + 1n, first + 2n]);
  });
});

describe('direct conversations', () => {
  it('made by both at once are shown as one', async () => {
    const [one, two] = [await node.person(), await node.person()];
    const ones = await one.client.conversations.createDm(two.client.inboxId);
    const twos = await two.client.conversations.createDm(one.client.inboxId);
    expect(ones.id).not.toBe(twos.id);
    await ones.sendText('from one');
    await twos.sendText('from two');
    for (const { client } of [one, two]) await client.conversations.syncAll();
    for (const { client } of [one, two]) {
      const [shown, ...others] = client.conversations.listDms();
      expect(others).toEqual([]);
      const texts = (await shown?.messages())?.map(({ content }) => content);
      expect(texts?.filter((text) => typeof text === 'string')).toEqual(['from one', 'from two']);
      expect((await shown?.duplicateDms())?.map(({ id }) => id)).toEqual(
        [ones.id, twos.id].filter((id) => id !== shown?.id),
      );
      for (const id of [ones.id, twos.id]) {
        expect((await client.conversations.getConversationById(id))?.id).toBe(shown?.id);
      }
      expect(Object.keys(shown?.hmacKeys() ?? {}).sort()).toEqual([ones.id, twos.id].sort());
    }
  });
});
