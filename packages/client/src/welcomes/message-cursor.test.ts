import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { company, groupOf, rename, syncAll } from '../commit-log/installations.testkit.js';
import { registeredInstallation, type TestInstallation } from '../context.testkit.js';
import { groupReadCursor } from '../store/cursors.js';
import { letIn } from './counterfeit.testkit.js';
import { syncWelcomes } from './receive.js';

describe('the commit that a welcome names', () => {
  it.each([
    ['that the node has not given yet', 1000n],
    ['at the end of all numbers', 2n ** 63n - 1n],
  ])('is not believed when it is one %s', async (_, claimed) => {
    const { world, members } = await company('alice', 'mallory');
    const [alice, mallory] = members as [TestInstallation, TestInstallation];
    const dave = await registeredInstallation(world, testWallet('dave'));
    const id = await groupOf({ world, members });
    await letIn(world, mallory, id, dave, claimed);
    expect(await syncWelcomes(dave.ctx)).toEqual([id]);
    await rename('harbour', id, [alice, dave]);
    expect(dave.ctx.liveGroups.get(id).payloads.mutableMetadata.attributes.get('group_name')).toBe('harbour');
  });

  it('is where reading begins when the node has it', async () => {
    const { world, members } = await company('alice', 'bob');
    const id = await groupOf({ world, members });
    const dave = await registeredInstallation(world, testWallet('dave'));
    const newest = () => world.node.groupMessages.get(id)?.at(-1)?.version.value?.id as bigint;
    await letIn(world, members[1] as TestInstallation, id, dave, newest() + 1n);
    await syncWelcomes(dave.ctx);
    expect(groupReadCursor(dave.ctx.db, id)).toBe(newest());
    await syncAll([members[0] as TestInstallation]);
  });
});
