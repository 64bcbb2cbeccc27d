/**
 * Rules that one kind of client sets and the other kind is judged by; leaving, which a super admin of the other kind completes; and
 * installations that are shut out, whoever notices. Every step is played twice, with the roles exchanged.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { groupOf, viewOf } from '../peer/crowd.mjs';
import { newRealClient } from '../peer/real-client.mjs';
import { newOwnClient } from '../peer/remote-client.mjs';
import { scenario } from '../peer/scenario.mjs';
import { until } from '../peer/waiting.mjs';

const ALL_CONSENT = [0, 1, 2];
/** PermissionUpdateType, PermissionPolicy and MetadataField of both SDKs. */
const UPDATE = { addMember: 0, removeMember: 1, addAdmin: 2, removeAdmin: 3, metadata: 4 };
const POLICY = { allow: 0, deny: 1, admin: 2, superAdmin: 3 };
const FIELD = { description: 1, name: 2 };

const bytesOf = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));

await scenario('Judged by the other kind', async ({ step, node, folder }) => {
  const where = { url: node.url, folder };
  const make = { real: newRealClient, own: newOwnClient };
  const newParty = async (kind, name, wallet) => {
    const made = await make[kind]({ ...where, ...(wallet && { wallet }) });
    return { ...made, kind, name, inboxId: await made.client.inboxId };
  };
  const sync = async (...parties) => {
    for (const { client } of parties) await client.conversations.syncAll(ALL_CONSENT);
  };
  const parties = {};

  await step('two of each kind register', async () => {
    for (const kind of ['real', 'own']) {
      for (const name of ['chair', 'member']) parties[`${kind} ${name}`] = await newParty(kind, `${kind} ${name}`);
    }
  });

  for (const [kind, otherKind] of [
    ['real', 'own'],
    ['own', 'real'],
  ]) {
    const chair = parties[`${kind} chair`];
    const [same, other] = [parties[`${kind} member`], parties[`${otherKind} member`]];
    const outsider = parties[`${otherKind} chair`];
    const all = [chair, same, other];
    let id;
    const group = (party) => groupOf(party, id);
    /** Everybody holds what the chair holds. */
    const agreed = async () => {
      await sync(...all);
      const expected = await viewOf(chair, id);
      for (const party of all) deepEqual(await viewOf(party, id), expected, party.name);
      return expected;
    };
    /** A forbidden change: whoever tries it learns so, and it takes effect nowhere. */
    const forbidden = async (what, work) => {
      const before = await agreed();
      for (const party of [same, other]) {
        await rejects(async () => work(await group(party), party), `${what} by ${party.name}`);
        await group(party)
          .then((each) => each.sync())
          .catch(() => undefined);
      }
      const { epoch: _, ...kept } = before;
      const { epoch: __, ...now } = await agreed();
      deepEqual(now, kept, `${what} changed something`);
    };

    await step(`${kind} makes a group and takes rights away: both kinds of members are refused`, async () => {
      const made = await chair.client.conversations.createGroup([same.inboxId, other.inboxId], { groupName: 'rules' });
      id = await made.id;
      await agreed();
      await made.updatePermission(UPDATE.metadata, POLICY.admin, FIELD.name);
      await made.updatePermission(UPDATE.addMember, POLICY.deny);
      await agreed();
      await forbidden('a rename', (each) => each.updateName('not mine'));
      await forbidden('an invitation', (each) => each.addMembers([outsider.inboxId]));
      await forbidden('a removal', (each, party) => each.removeMembers([(party === same ? other : same).inboxId]));
      await forbidden('making oneself an admin', (each, party) => each.addSuperAdmin(party.inboxId));
    });

    await step(`${kind} gives rights: a member of the other kind uses them, and loses them`, async () => {
      const made = await group(chair);
      await made.addAdmin(other.inboxId);
      await made.updatePermission(UPDATE.addMember, POLICY.admin);
      await agreed();
      await (await group(other)).updateName('by an admin of the other kind');
      equal((await agreed()).name, 'by an admin of the other kind');
      await (await group(other)).addMembers([outsider.inboxId]);
      await (await group(other)).removeMembers([outsider.inboxId]);
      await agreed();
      await made.removeAdmin(other.inboxId);
      await agreed();
      await forbidden('a rename', (each) => each.updateName('no more'));
    });

    await step(`${kind} lets members of both kinds remove: one of the other kind does`, async () => {
      const made = await group(chair);
      await made.updatePermission(UPDATE.removeMember, POLICY.allow);
      await made.updatePermission(UPDATE.addMember, POLICY.allow);
      await agreed();
      await (await group(other)).removeMembers([same.inboxId]);
      await sync(...all);
      equal(await (await group(same)).isActive, false);
      await (await group(other)).addMembers([same.inboxId]);
      await agreed();
    });

    await step(`the other kind asks to leave, and ${kind} completes it`, async () => {
      await (await group(other)).requestRemoval();
      await until('the leaver to be out', async () => {
        await sync(...all);
        return (await (await group(other)).isActive) === false;
      });
      const left = await (await group(chair)).members();
      ok(!left.some(({ inboxId }) => inboxId === other.inboxId));
      await (await group(chair)).addMembers([other.inboxId]);
      await agreed();
    });

    await step(
      `an installation of ${kind} is shut out by its owner: the other kind takes it out, and it reads nothing more`,
      async () => {
        const lost = await newParty(kind, `${kind} lost`, same.wallet);
        await until('the second installation to be in', async () => {
          await (await group(other)).sendText('a reason to look');
          await sync(lost, ...all);
          return (await group(lost)) !== undefined;
        });
        await (await group(lost)).sync();
        await same.client.revokeInstallations([bytesOf(await lost.client.installationId)]);
        const lostId = await lost.client.installationId;
        await until('the lost installation to be out', async () => {
          await (await group(other)).sendText('another reason to look');
          await sync(...all);
          const members = await (await group(chair)).members();
          return !members.some(({ installationIds }) => installationIds.includes(lostId));
        });
        await (await group(other)).sendText('not for the lost one');
        await sync(lost, ...all).catch(() => undefined);
        const texts = (await (await group(lost)).messages()).map(({ content }) => content);
        ok(!texts.includes('not for the lost one'));
        const theirs = (await (await group(chair)).messages()).map(({ content }) => content);
        ok(theirs.includes('not for the lost one'));
        await agreed();
      },
    );
  }
});
