import { testWallet } from '@conclave/testing';
import { describe, expect, it } from 'vitest';
import { groupOf } from '../commit-log/installations.testkit.js';
import { registeredInstallation, testWorld } from '../context.testkit.js';
import { letInInstallations } from './new-installation.js';

describe('letting new installations in', () => {
  it('does not overlook one that appears while it is at work', async () => {
    const world = testWorld();
    const alice = await registeredInstallation(world, testWallet('alice'));
    const bob = await registeredInstallation(world, testWallet('bob'));
    const id = await groupOf({ world, members: [alice, bob] });
    const second = await registeredInstallation(world, testWallet('alice'));
    let third: typeof second | undefined;
    alice.network.hooks.before = async (method) => {
      if (method !== 'sendGroupMessages' || third !== undefined) return;
      third = await registeredInstallation(world, testWallet('alice'));
      await alice.ctx.inboxLog.refresh([alice.ctx.identity.inboxId]);
    };
    await letInInstallations(alice.ctx);
    const { mls } = alice.ctx.liveGroups.get(id);
    const isIn = [second, third].map((each) => each && mls.leafIndexOf(each.ctx.identity.installationIdBytes));
    expect(isIn).not.toContain(undefined);
  });
});
