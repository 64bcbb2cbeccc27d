import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { company, groupOf, syncAll } from '../commit-log/installations.testkit.js';
import { registeredInstallation, type TestInstallation } from '../context.testkit.js';
import { getConversation } from '../store/conversations.js';
import { queueChange } from './queue-change.js';
import { settleChange, settleIntent } from './settle-change.js';

describe('a change that somebody waits for', () => {
  // Simulator, seed 6712: it was told to have been tried too often.
  it('was given up because its author was removed, also when he is back already', async () => {
    const { world, members } = await company('alice', 'bob');
    const [alice, bob] = members as [TestInstallation, TestInstallation];
    const id = await groupOf({ world, members });
    const carol = await registeredInstallation(world, testWallet('carol'));
    const queued = queueChange(bob.ctx, id, 'update-membership', { add: [carol.ctx.identity.inboxId], remove: [] });
    const [add, remove] = [
      { add: [bob.ctx.identity.inboxId], remove: [] },
      { add: [], remove: [bob.ctx.identity.inboxId] },
    ];
    await settleChange(alice.ctx, id, 'update-membership', remove);
    await syncAll([bob]);
    await settleChange(alice.ctx, id, 'update-membership', add);
    await syncAll([bob]);
    expect(getConversation(bob.ctx.db, id)?.active).toBe(true);
    await expect(settleIntent(bob.ctx, queued)).rejects.toMatchObject({ code: 'client/group-inactive' });
  });
});
