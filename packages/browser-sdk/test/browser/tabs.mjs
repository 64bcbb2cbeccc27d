/** Several tabs of one profile are one client: in step, and without a gap when the tab that works is closed. */
import { expectEqual, scenario } from './steps.mjs';
import { world } from './world.mjs';

const KEY = `0x${'5'.repeat(64)}`;
const DORAS_KEY = `0x${'6'.repeat(64)}`;

export const run = () =>
  scenario(
    'Three tabs of one profile',
    async () => {
      const ground = await world();
      const profile = await ground.profile('alice');
      const other = await ground.page(await ground.profile('bob'));
      const bob = await other.evaluate((options) => test.open('bob', options), ground.options());
      const tabs = [];
      for (let i = 0; i < 3; i++) tabs.push(await ground.page(profile));
      return Object.assign(ground, { profile, other, bob, tabs });
    },
    {
      async 'are one installation'(ground) {
        const { tabs } = ground;
        const facts = await Promise.all(
          tabs.map((tab) =>
            tab.evaluate(([options, key]) => test.open('alice', options, key), [ground.options(), KEY]),
          ),
        );
        expectEqual(new Set(facts.map(({ installationId }) => installationId)).size, 1, 'installations');
        ground.alice = facts[0];
        const workers = tabs.map((tab) => tab.workers().length);
        expectEqual(workers.sort(), [0, 0, 1], 'workers of the tabs');
      },
      async 'all hear what one says and what comes'({ tabs, other, alice, bob }) {
        for (const tab of tabs) await tab.evaluate(() => test.listen('alice'));
        const { groupId } = await tabs[1].evaluate(async (peer) => {
          const group = await test.clients.get('alice').conversations.createGroup([peer]);
          await group.sendText('from the second tab');
          return { groupId: group.id };
        }, bob.inboxId);
        await other.evaluate(() => test.listen('bob'));
        await other.evaluate(
          (id) =>
            test.clients
              .get('bob')
              .conversations.syncAll()
              .then(() => test.send('bob', id, 'from bob')),
          groupId,
        );
        for (const tab of tabs) {
          expectEqual(await tab.evaluate(() => test.texts('alice', 2)), ['from the second tab', 'from bob']);
        }
        Object.assign(alice, { groupId });
      },
      async 'go on when the one that works is closed'({ tabs, alice, other }) {
        const index = tabs.findIndex((tab) => tab.workers().length > 0);
        const [leader] = tabs.splice(index, 1);
        for (const tab of tabs) await tab.evaluate(() => test.hearChanges('alice'));
        await leader.evaluate((id) => test.rename('alice', id, 'Harbour'), alice.groupId);
        for (const tab of tabs) await tab.evaluate((id) => test.changed(id, 1), alice.groupId);
        await leader.close();
        // What the one that is gone had stored may not have been told: it is told by the next.
        for (const tab of tabs) await tab.evaluate((id) => test.changed(id, 2), alice.groupId);
        await other.evaluate((id) => test.send('bob', id, 'after the first'), alice.groupId);
        await tabs[0].evaluate((id) => test.send('alice', id, 'from who is left'), alice.groupId);
        for (const tab of tabs) {
          const texts = await tab.evaluate(() => test.texts('alice', 4));
          expectEqual(texts.slice(0, 2), ['from the second tab', 'from bob']);
          expectEqual([...texts.slice(2)].sort(), ['after the first', 'from who is left']);
        }
        expectEqual(tabs.map((tab) => tab.workers().length).sort(), [0, 1], 'workers of the tabs');
      },
      async 'repeat what was under way, once'({ tabs, alice, other }) {
        const leaderIndex = tabs.findIndex((tab) => tab.workers().length > 0);
        const follower = tabs[1 - leaderIndex];
        const [leader] = tabs.splice(leaderIndex, 1);
        const sending = follower.evaluate(
          (id) => Promise.all(['a', 'b', 'c', 'd'].map((text) => test.send('alice', id, `burst ${text}`))),
          alice.groupId,
        );
        await leader.close();
        expectEqual(new Set(await sending).size, 4, 'messages');
        const texts = await other.evaluate((id) => test.history('bob', id, true), alice.groupId);
        const burst = texts.filter((text) => text.startsWith('burst'));
        expectEqual([...burst].sort(), ['burst a', 'burst b', 'burst c', 'burst d']);
      },
      async 'open again after a reload, without asking the node'({ tabs, alice, options, apiUrl }) {
        const [tab] = tabs;
        await tab.reload();
        await tab.waitForFunction(() => globalThis.isReady === true);
        const { installHelpers } = await import('./in-page.mjs');
        await tab.evaluate(installHelpers);
        const facts = await tab.evaluate(([given, key]) => test.open('alice', given, key), [options({ apiUrl }), KEY]);
        expectEqual(facts.installationId, alice.installationId);
        const calls = await tab.evaluate(() => test.clients.get('alice').debugInformation.apiIdentityStatistics());
        expectEqual(String(calls.getInboxIds), '0', 'questions for the inbox id');
        expectEqual((await tab.evaluate((id) => test.history('alice', id), alice.groupId)).length, 8);
      },
      async 'hand over when a client is closed'({ tabs, profile, page, options, alice }) {
        const [first] = tabs;
        const second = await page(profile);
        await second.evaluate(([given, key]) => test.open('alice', given, key), [options(), KEY]);
        await first.evaluate(() => test.close('alice'));
        expectEqual((await second.evaluate((id) => test.history('alice', id), alice.groupId)).length, 8);
        const closed = await first.evaluate(() => test.clients.size);
        expectEqual(closed, 0);
      },
      async 'are served once each, also when they come one after the other'(ground) {
        const { profile, page, options } = ground;
        const given = options({ dbPath: 'one-after-the-other' });
        const tabs = [];
        for (let i = 0; i < 3; i++) {
          const tab = await page(profile);
          await tab.evaluate(([all, key]) => test.open('dora', all, key), [given, DORAS_KEY]);
          tabs.push(tab);
        }
        const [, second, third] = tabs;
        await second.evaluate(() => test.listen('dora'));
        const { groupId, groups } = await second.evaluate(async () => {
          const { conversations } = test.clients.get('dora');
          const { id } = await conversations.createGroup([]);
          return { groupId: id, groups: (await conversations.listGroups()).length };
        });
        expectEqual(groups, 1, 'groups');
        await third.evaluate((id) => test.send('dora', id, 'from the third'), groupId);
        expectEqual(await second.evaluate(() => test.texts('dora', 1)), ['from the third']);
        Object.assign(ground, { doras: tabs, dorasGroup: groupId });
      },
      async 'are forgotten when they are closed before their answer has come'(ground) {
        const { doras, profile, page, options } = ground;
        const [worker] = doras[0].workers();
        await worker.evaluate(() => {
          self.rejections = [];
          self.addEventListener('unhandledrejection', ({ reason }) => self.rejections.push(String(reason)));
        });
        const leaving = await page(profile);
        const given = [options({ dbPath: 'one-after-the-other' }), DORAS_KEY];
        await leaving.evaluate(([all, key]) => test.open('dora', all, key), given);
        await ground.pauseNode();
        await leaving.evaluate(
          () =>
            void test.clients
              .get('dora')
              .conversations.sync()
              .catch(() => {}),
        );
        await leaving.close();
        // Asked afterwards, by a tab that waits for its answer.
        await doras[0].evaluate(() => test.failure(() => test.clients.get('dora').conversations.sync()));
        await ground.resumeNode();
        expectEqual(await worker.evaluate(() => self.rejections), []);
        // Chromium writes failed requests to the console by itself.
        const others = ground.faults.filter((fault) => !fault.includes('net::ERR_'));
        ground.faults.splice(0, Infinity, ...others);
      },
      async 'refuse an account that the database is not for'({ doras, options }) {
        const given = [options({ dbPath: 'one-after-the-other' }), DORAS_KEY.replaceAll('6', '9')];
        const refused = await doras[1].evaluate(([all, key]) => test.failure(() => test.open('erin', all, key)), given);
        expectEqual([refused.code, refused.retryable], ['browser/other-account', false]);
      },
      async 'go on when the worker fails and lives on'({ doras, dorasGroup }) {
        const [first, second] = doras;
        // What nobody catches is told to the page as an error; by itself it ends no worker.
        const [worker] = first.workers();
        // Else its successor waits for the database in vain.
        const ended = worker.waitForEvent('close');
        await worker.evaluate(() => {
          setTimeout(() => {
            throw new Error('uncaught');
          });
        });
        await ended;
        const history = await first.evaluate((id) => test.history('dora', id), dorasGroup);
        expectEqual(history, ['from the third']);
        await second.evaluate((id) => test.send('dora', id, 'after the failure'), dorasGroup);
        expectEqual(await second.evaluate(() => test.texts('dora', 2)), ['from the third', 'after the failure']);
      },
    },
  );
