/** The node goes away and comes back. */
import { expectEqual, scenario } from './steps.mjs';
import { world } from './world.mjs';

export const run = () =>
  scenario(
    'A node that goes away',
    async () => {
      const ground = await world();
      ground.expectFaults();
      const pages = {};
      for (const name of ['alice', 'bob']) {
        pages[name] = await ground.page(await ground.profile(name));
        pages[`${name}Facts`] = await pages[name].evaluate(
          ([who, options]) => test.open(who, options),
          [name, ground.options()],
        );
      }
      return Object.assign(ground, pages);
    },
    {
      async 'is told to streams'(ground) {
        const { alice, bob, bobFacts } = ground;
        for (const [name, page] of Object.entries({ alice, bob }))
          await page.evaluate((who) => test.listen(who, { retryDelay: 500, retryAttempts: 100 }), name);
        ground.groupId = await alice.evaluate(async (peer) => {
          const group = await test.clients.get('alice').conversations.createGroup([peer]);
          await group.sendText('before');
          return group.id;
        }, bobFacts.inboxId);
        await bob.evaluate(() => test.texts('bob', 1));
        await ground.pauseNode();
        await bob.waitForFunction(() => test.events('bob').includes('fail'));
      },
      async 'keeps what is sent meanwhile'({ alice, groupId }) {
        const failure = await alice.evaluate((id) => test.failure(() => test.send('alice', id, 'meanwhile')), groupId);
        expectEqual([failure.code, failure.retryable], ['client/network-unreachable', true]);
        const stored = await alice.evaluate(async (id) => {
          const group = await test.clients.get('alice').conversations.getConversationById(id);
          const { content, deliveryStatus } = await group.lastMessage();
          return { content, deliveryStatus };
        }, groupId);
        expectEqual(stored, { content: 'meanwhile', deliveryStatus: 0 });
      },
      async 'lets everything through when it is back'(ground) {
        await ground.resumeNode();
        expectEqual(await ground.bob.evaluate(() => test.texts('bob', 2)), ['before', 'meanwhile']);
        await ground.bob.waitForFunction(() => test.events('bob').includes('restart'));
      },
      async 'is reached again as soon as the browser says that there is a network'({ bob, pauseNode, resumeNode }) {
        const before = await bob.evaluate(() => test.events('bob').length);
        const counted = ([from, name]) =>
          test
            .events('bob')
            .slice(from)
            .filter((each) => each === name).length;
        await pauseNode();
        await bob.waitForFunction(`(${counted})(${JSON.stringify([before, 'fail'])}) === 3`);
        await resumeNode();
        await bob.workers()[0].evaluate(() => self.dispatchEvent(new Event('online')));
        // By itself it would wait for four seconds.
        await bob.waitForFunction(`(${counted})(${JSON.stringify([before, 'restart'])}) === 1`, null, {
          timeout: 2500,
        });
      },
    },
  );
