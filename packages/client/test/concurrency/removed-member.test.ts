/** What a member can still do after he was removed: with an honest client that does not know yet, and with a modified one. */
import { create, DeleteMessageSchema, EncodedContentSchema, toBinary } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { groupOf, rename } from '../../src/commit-log/installations.testkit.js';
import { settleChange } from '../../src/groups/settle-change.js';
import { syncGroup } from '../../src/groups/sync.js';
import { validDeletions } from '../../src/messages/deletion.js';
import { getMessage } from '../../src/store/messages.js';
import { listRejectedEnvelopes } from '../../src/store/rejected-envelopes.js';
import { text } from '../scenario/talk.testkit.js';
import { crowd, encryptedHere, type Person, post, say, settle, stateAt, textsAt } from './people.testkit.js';

/** Bob was a super admin and is demoted and removed; he has not read it. */
async function bobRemovedUnaware() {
  const { world, people } = await crowd('alice', 'bob', 'carol');
  const [alice, bob, carol] = people as [Person, Person, Person];
  const id = await groupOf({ world, members: people });
  const inboxId = bob.ctx.identity.inboxId;
  await settleChange(alice.ctx, id, 'update-admin-list', { list: 'super-admin', action: 'add', inboxId });
  await settle(people);
  const first = await say(carol, id, "carol's word");
  const own = await say(bob, id, "bob's own word");
  await settle(people);
  await settleChange(alice.ctx, id, 'update-admin-list', { list: 'super-admin', action: 'remove', inboxId });
  await settleChange(alice.ctx, id, 'update-membership', { add: [], remove: [inboxId] });
  await settle([alice, carol]);
  return { world, people, alice, bob, carol, id, first, own };
}

const reasons = ({ ctx }: Person, id: string) =>
  listRejectedEnvelopes(ctx.db, id).map(({ code, rule }) => (rule === undefined ? code : `${code} ${rule}`));

function deletionOf(messageId: string): Uint8Array {
  return toBinary(
    EncodedContentSchema,
    create(EncodedContentSchema, {
      type: { authorityId: 'xmtp.org', typeId: 'deleteMessage', versionMajor: 1, versionMinor: 0 },
      content: toBinary(DeleteMessageSchema, create(DeleteMessageSchema, { messageId })),
    }),
  );
}

describe('a removed super admin who goes on from the old epoch', () => {
  it('removes nobody and renames nothing: his commits are for an epoch that is over', async () => {
    const { world, alice, bob, carol, id } = await bobRemovedUnaware();
    const before = stateAt(alice, id);
    const { mls } = bob.ctx.liveGroups.get(id);
    const leaves = [alice, carol].map(({ ctx }) => mls.leafIndexOf(ctx.identity.installationIdBytes) as number);
    for (const leafIndex of leaves) {
      const { message } = mls.createCommit({ proposals: [{ type: 'remove', leafIndex }], random: bob.ctx.host.random });
      post(world.node, id, message);
    }
    await settle([alice, carol]);
    expect(stateAt(alice, id)).toEqual(before);
    expect(stateAt(carol, id)).toEqual(before);
    expect(reasons(carol, id)).toEqual(['mls/wrong-epoch', 'mls/wrong-epoch']);
  });

  it('deletes no message, neither those of others nor his own', async () => {
    const { world, alice, bob, carol, id, first, own } = await bobRemovedUnaware();
    post(world.node, id, encryptedHere(bob, id, deletionOf(first), '1'), encryptedHere(bob, id, deletionOf(own), '2'));
    await settle([alice, carol]);
    for (const { ctx } of [alice, carol]) {
      const messages = [first, own].map((messageId) => getMessage(ctx.db, messageId) as never);
      expect(validDeletions(ctx.db, messages).size).toBe(0);
    }
  });

  it('is not heard, though the others still hold the keys of his epoch', async () => {
    const { world, alice, bob, carol, id } = await bobRemovedUnaware();
    post(world.node, id, encryptedHere(bob, id, text('after my removal'), '3'));
    await settle([alice, carol]);
    for (const one of [alice, carol]) {
      expect(textsAt(one, id)).toEqual(["carol's word", "bob's own word"]);
      expect(reasons(one, id)).toEqual(['client/message-invalid sender-is-member']);
    }
  });

  it('is told by his own client as soon as it reads, and reads nothing of what comes after', async () => {
    const { alice, bob, carol, id } = await bobRemovedUnaware();
    await say(carol, id, 'among us');
    await settle([alice, carol]);
    await syncGroup(bob.ctx, id);
    expect(textsAt(bob, id)).not.toContain('among us');
    await expect(say(bob, id, 'hello?')).rejects.toMatchObject({ code: 'client/group-inactive' });
  });
});

describe('a message of a member', () => {
  it('sent before he learned of his removal, but behind it in the order, is not shown; his client says that it failed', async () => {
    const { alice, bob, carol, id } = await bobRemovedUnaware();
    // An honest client that has not asked for news: it encrypts for the epoch that it knows.
    const late = await say(bob, id, 'sent in good faith').catch(() => undefined);
    await syncGroup(bob.ctx, id);
    await settle([alice, carol]);
    for (const one of [alice, carol]) expect(textsAt(one, id)).toEqual(["carol's word", "bob's own word"]);
    const stored = late === undefined ? undefined : getMessage(bob.ctx.db, late);
    expect(stored?.deliveryStatus).not.toBe('published');
  });

  it('that stands before his removal in the order stays, also for those who read it later', async () => {
    const { alice, bob, carol, id } = await (async () => {
      const { world, people } = await crowd('alice', 'bob', 'carol');
      const [one, two, three] = people as [Person, Person, Person];
      return { alice: one, bob: two, carol: three, id: await groupOf({ world, members: people }) };
    })();
    await say(bob, id, 'my last word');
    const remove = [bob.ctx.identity.inboxId];
    await settleChange(alice.ctx, id, 'update-membership', { add: [], remove });
    await rename('without bob', id, [alice]);
    await settle([carol]);
    expect(textsAt(carol, id)).toEqual(['my last word']);
    expect(textsAt(alice, id)).toEqual(['my last word']);
  });
});

describe('a member who was removed and added again before he read of it', () => {
  it('goes on from his return, also when he first read what was said meanwhile', async () => {
    const { alice, bob, carol, id } = await bobRemovedUnaware();
    await settleChange(alice.ctx, id, 'update-membership', { add: [bob.ctx.identity.inboxId], remove: [] });
    await rename('bob is back', id, [alice]);
    await settle([carol]);
    await say(carol, id, 'welcome back');
    await rename('a last change', id, [alice]);

    // Removal, return and all that follows in one answer, before the welcome.
    await syncGroup(bob.ctx, id);
    await settle([alice, bob, carol]);

    expect(stateAt(bob, id)).toEqual(stateAt(alice, id));
    expect(textsAt(bob, id)).toEqual(["carol's word", "bob's own word", 'welcome back']);
    const answer = await say(bob, id, 'glad to be here');
    await settle([alice, carol]);
    for (const one of [alice, carol]) expect(getMessage(one.ctx.db, answer)?.id).toBe(answer);
  });
});
